import { mapping, provider } from '../../../functions/cloudstack/index.ts';
import { DAY } from '../../../lib/time.ts';
import { startCloudStack } from '../../../simulators/cloudstack/server.ts';
import type { ContractSubject } from '../../support/contract-cases.ts';

const NOW = Date.UTC(2026, 10, 21, 10);
const start = Date.UTC(2026, 10, 18);
/** Small, so that a day takes several pages. */
const PAGE = 40;

type Body = Record<string, { count?: number; usagerecord?: { rawusage: string }[] }>;

function changed(body: string, change: (inner: Body[string]) => void): string {
  const parsed = JSON.parse(body) as Body;
  for (const inner of Object.values(parsed)) change(inner);
  return JSON.stringify(parsed);
}

/** CloudStack, as the contract suite needs it. */
export const subject: ContractSubject = {
  // What the suite does not know of a provider, it does not look at.
  provider: provider as unknown as ContractSubject['provider'],
  mapping,
  now: NOW,
  cell: { start, end: start + DAY },
  emptyCell: { start: Date.UTC(2025, 10, 10), end: Date.UTC(2025, 10, 11) },
  start: async ({ forbidden = false }) => {
    const cloud = await startCloudStack({
      now: () => NOW,
      wireNow: Date.now,
      maxPageSize: PAGE,
      role: forbidden ? 'user' : 'root-admin',
    });
    const { api_key, secret_key } = cloud.credentials as { api_key: string; secret_key: string };
    return {
      url: cloud.url,
      credentials: cloud.credentials,
      secrets: [api_key, secret_key],
      close: () => cloud.close(),
    };
  },
  moved: (credentials, to) => ({ ...credentials, url: new URL('/client/api', to).href }),
  wrong: (credentials) => ({ ...credentials, secret_key: 'not-the-secret-key-of-this-account' }),
  pageOf: ({ url }) => {
    const { command, page, pagesize } = Object.fromEntries(url.searchParams);
    return command === 'listUsageRecords' && Number(pagesize) <= PAGE ? Number(page) : null;
  },
  fatal: {
    status: 431,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ listusagerecordsresponse: { errorcode: 431, errortext: 'Unable to execute' } }),
  },
  withoutArray: (body) => changed(body, (inner) => delete inner.usagerecord),
  withBadRow: (body) =>
    changed(body, ({ usagerecord: [row] = [] }) => {
      if (row) row.rawusage = 'NaN';
    }),
};
