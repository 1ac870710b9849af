import { tlsOf } from '../../lib/credentials.ts';
import { handlers } from '../../lib/handler.ts';
import { keystoneSecrets } from '../../lib/keystone.ts';
import { defineProvider } from '../../lib/provider.ts';
import mapping from '../../mappings/almanach.yaml';
import { almanachClient } from './client.ts';
import { resourcesStream } from './inventory.ts';
import { endOfUsage, normalizeUsage, startOfUsage } from './normalize.ts';
import { almanachPolicy } from './policy.ts';
import { settleUsage } from './settle.ts';
import { almanachConfig } from './types.ts';
import { fetchUsage } from './usage.ts';
import { verifyAccess } from './verify.ts';

/** OpenStack Almanach v1, with its private key or behind Keystone. One partition for each project. */
export const provider = defineProvider({
  name: 'almanach',
  config: almanachConfig,
  origins: ({ auth_url, url }) => [url, auth_url].filter((one) => one !== undefined && one !== null),
  tls: tlsOf,
  secrets: ({ auth_url: _, token, ...login }) => [...(token ? [token] : []), ...keystoneSecrets(login)],
  // The server answers one request after the other (sheet 1.1).
  concurrency: 1,
  defaults: { skew: 600, lookback: 3 * 86_400 },
  connect: almanachClient,
  policy: almanachPolicy,
  partitions: (client, known) => client.projects(known),
  verify: verifyAccess,
  streams: {
    metrics: {
      fetch: fetchUsage,
      normalize: normalizeUsage,
      startOf: startOfUsage,
      endOf: endOfUsage,
      belongs: 'overlap',
      settle: settleUsage,
    },
    resources: resourcesStream,
  },
});

export { mapping };

export const { getResources, getMetrics, validateCredentials } = handlers(provider, mapping);
