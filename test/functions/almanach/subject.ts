import { mapping, provider } from '../../../functions/almanach/index.ts';
import { HOUR } from '../../../lib/time.ts';
import { startAlmanach } from '../../../simulators/almanach/index.ts';
import type { ContractSubject } from '../../support/contract-cases.ts';

const NOW = Date.UTC(2026, 8, 12);
const start = Date.UTC(2026, 8, 9, 10);
/** The simulator's first project. */
const project = await firstProject();

/** Almanach, as the contract suite needs it: without pages, and without permissions. */
export const subject: ContractSubject = {
  // What the suite does not know of a provider, it does not look at.
  provider: provider as unknown as ContractSubject['provider'],
  mapping,
  now: NOW,
  partition: project,
  pages: 1,
  permissions: false,
  cell: { start, end: start + HOUR },
  emptyCell: { start: Date.UTC(2025, 10, 10), end: Date.UTC(2025, 10, 10, 1) },
  start: async () => {
    const cloud = await startAlmanach({ now: () => NOW });
    const { token } = cloud.credentials as { token?: string };
    return {
      url: cloud.url,
      credentials: { ...cloud.credentials, project_ids: [project] },
      secrets: [token ?? ''],
      close: () => cloud.close(),
    };
  },
  moved: (credentials, to) => ({ ...credentials, url: to.href }),
  wrong: (credentials) => ({ ...credentials, token: 'not-the-key-of-this-server' }),
  pageOf: ({ url }) => (url.pathname.endsWith('/entities') ? 1 : null),
  fatal: {
    status: 400,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ error: 'Invalid parameter or payload' }),
  },
  withoutArray: () => '{}',
  withBadRow: (body) => {
    const rows = JSON.parse(body) as { entity_type: string; end: string | null; size?: unknown }[];
    const bad = rows.find(({ entity_type, end }) => entity_type === 'volume' && end === null);
    if (bad) bad.size = 'NaN';
    return JSON.stringify(rows);
  },
};

async function firstProject(): Promise<string> {
  const cloud = await startAlmanach({ now: () => NOW });
  await cloud.close();
  return cloud.projects[0]?.id ?? '';
}
