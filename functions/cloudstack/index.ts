import { tlsOf } from '../../lib/credentials.ts';
import { handlers } from '../../lib/handler.ts';
import { defineProvider } from '../../lib/provider.ts';
import mapping from '../../mappings/cloudstack.yaml';
import { cloudStackClient } from './client.ts';
import { logsStream } from './events.ts';
import { resourcesStream } from './inventory.ts';
import { normalizeUsage, settleUsage, startOfUsage } from './normalize.ts';
import { cloudStackPolicy } from './policy.ts';
import { statusStream } from './status.ts';
import { cloudStackConfig } from './types.ts';
import { fetchUsage } from './usage.ts';
import { verifyAccess } from './verify.ts';

/** Apache CloudStack 4.18 and later, through its API keys. */
export const provider = defineProvider({
  name: 'cloudstack',
  config: cloudStackConfig,
  origins: (config) => [config.url],
  tls: tlsOf,
  secrets: (config) => [config.api_key, config.secret_key],
  concurrency: 4,
  defaults: { skew: 3 * 3600, lookback: 3 * 86_400 },
  connect: cloudStackClient,
  policy: cloudStackPolicy,
  verify: verifyAccess,
  streams: {
    metrics: {
      fetch: fetchUsage,
      normalize: normalizeUsage,
      startOf: startOfUsage,
      belongs: 'start',
      settle: settleUsage,
    },
    resources: resourcesStream,
    status: statusStream,
    logs: logsStream,
  },
});

export { mapping };

export const { getResources, getMetrics, getStatus, getLogs, validateCredentials } = handlers(
  provider,
  mapping,
);
