import { tlsOf } from '../../lib/credentials.ts';
import { handlers } from '../../lib/handler.ts';
import { keystoneSecrets } from '../../lib/keystone.ts';
import { defineProvider } from '../../lib/provider.ts';
import mapping from '../../mappings/cloudkitty.yaml';
import { cloudKittyClient } from './client.ts';
import { normalizeSpend, normalizeUsage, settleSpend, settleUsage, startOfRow } from './normalize.ts';
import { cloudKittyPolicy, projectsOf, settledUntil } from './policy.ts';
import { fetchSpend, fetchUsage } from './rated.ts';
import { cloudKittyConfig } from './types.ts';
import { verifyAccess } from './verify.ts';

/** OpenStack CloudKitty from 5 (Ocata) on, through Keystone: rated usage, and what it cost. */
export const provider = defineProvider({
  name: 'cloudkitty',
  config: cloudKittyConfig,
  origins: ({ auth_url, url }) => (url ? [auth_url, url] : [auth_url]),
  tls: tlsOf,
  secrets: keystoneSecrets,
  currency: ({ currency }) => currency,
  concurrency: 2,
  defaults: { skew: 6 * 3600, lookback: 3 * 86_400 },
  connect: cloudKittyClient,
  policy: cloudKittyPolicy,
  partitions: projectsOf,
  settledUntil,
  verify: verifyAccess,
  streams: {
    metrics: {
      fetch: fetchUsage,
      normalize: normalizeUsage,
      startOf: startOfRow,
      belongs: 'start',
      settle: settleUsage,
    },
    spend: {
      fetch: fetchSpend,
      normalize: normalizeSpend,
      startOf: startOfRow,
      belongs: 'start',
      settle: settleSpend,
    },
  },
});

export { mapping };

export const { getMetrics, getSpend, validateCredentials } = handlers(provider, mapping);
