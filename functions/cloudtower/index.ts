import { tlsOf } from '../../lib/credentials.ts';
import { handlers } from '../../lib/handler.ts';
import { defineProvider } from '../../lib/provider.ts';
import mapping from '../../mappings/cloudtower.yaml';
import { cloudTowerClient } from './client.ts';
import { resourcesStream } from './inventory.ts';
import { normalizeMeasurement, startOfMeasurement } from './normalize.ts';
import { observeTower } from './observe.ts';
import { fetchPerformance } from './performance.ts';
import { cloudTowerPolicy } from './policy.ts';
import { settleCell } from './settle.ts';
import { statusStream } from './status.ts';
import { cloudTowerConfig } from './types.ts';
import { verifyAccess } from './verify.ts';

/** SmartX CloudTower, from 2.0 on, through its operation API. */
export const provider = defineProvider({
  name: 'cloudtower',
  config: cloudTowerConfig,
  origins: (config) => [config.url],
  tls: tlsOf,
  secrets: ({ api_key, password }) => [api_key, password].filter((one) => one != null),
  concurrency: 1,
  defaults: { skew: 0, lookback: 0 },
  connect: cloudTowerClient,
  policy: cloudTowerPolicy,
  verify: verifyAccess,
  streams: {
    metrics: {
      observe: observeTower,
      fetch: fetchPerformance,
      normalize: normalizeMeasurement,
      startOf: startOfMeasurement,
      belongs: 'start',
      settle: settleCell,
    },
    resources: resourcesStream,
    status: statusStream,
  },
});

export { mapping };

export const { getResources, getMetrics, getStatus, validateCredentials } = handlers(provider, mapping);
