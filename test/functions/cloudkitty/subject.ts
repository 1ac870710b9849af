import { mapping, provider } from '../../../functions/cloudkitty/index.ts';
import { DAY } from '../../../lib/time.ts';
import { startCloudKitty } from '../../../simulators/cloudkitty/server.ts';
import type { ContractSubject } from '../../support/contract-cases.ts';

const NOW = Date.UTC(2026, 10, 21, 10);
const start = Date.UTC(2026, 10, 18);
const PAGE = 1000;
/** So many that a day takes several pages. */
const SERVERS = 45;
const projects = ['alpha', 'beta', 'empty'];

interface Frames {
  total: number;
  dataframes?: { usage: Record<string, { vol: { qty: unknown } }[]> }[];
}

function changed(body: string, change: (frames: Frames) => void): string {
  const parsed = JSON.parse(body) as Frames;
  change(parsed);
  return JSON.stringify(parsed);
}

const { id: partition } = await projectOf();

/** CloudKitty, as the contract suite needs it. */
export const subject: ContractSubject = {
  // What the suite does not know of a provider, it does not look at.
  provider: provider as unknown as ContractSubject['provider'],
  mapping,
  now: NOW,
  partition,
  cell: { start, end: start + DAY },
  emptyCell: { start: Date.UTC(2025, 10, 10), end: Date.UTC(2025, 10, 11) },
  start: async ({ forbidden = false }) => {
    const cloud = await startCloudKitty({
      planNow: () => NOW,
      wireNow: Date.now,
      projects,
      servers: SERVERS,
      since: Date.UTC(2026, 0, 1),
      faults: forbidden ? ['no-permission'] : [],
    });
    const credentials = { ...cloud.credentials, project_ids: [partition] };
    const { password } = cloud.credentials as { password?: string };
    return { url: cloud.url, credentials, secrets: [password ?? ''], close: () => cloud.close() };
  },
  moved: (credentials, to) => ({ ...credentials, url: to.href }),
  wrong: (credentials) => ({ ...credentials, password: 'not-the-password-of-this-account' }),
  pageOf: ({ url }) => {
    const { limit, offset } = Object.fromEntries(url.searchParams);
    return url.pathname === '/v2/dataframes' && Number(limit) === PAGE ? Number(offset) / PAGE + 1 : null;
  },
  fatal: {
    status: 400,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ message: 'Invalid data' }),
  },
  withoutArray: (body) => changed(body, (frames) => delete frames.dataframes),
  withBadRow: (body) =>
    changed(body, ({ dataframes: [frame] = [] }) => {
      const [point] = frame?.usage.compute ?? [];
      if (point) point.vol.qty = 'NaN';
    }),
};

/** Ids come of the seed: every simulator has the same. */
async function projectOf(): Promise<{ readonly id: string }> {
  const cloud = await startCloudKitty({ projects });
  await cloud.close();
  return cloud.projects[0] ?? { id: '' };
}
