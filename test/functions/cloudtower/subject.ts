import { mapping, provider } from '../../../functions/cloudtower/index.ts';
import { HOUR } from '../../../lib/time.ts';
import { startCloudTower } from '../../../simulators/cloudtower/server.ts';
import type { ContractSubject } from '../../support/contract-cases.ts';

const NOW = Date.UTC(2026, 10, 21, 10, 10);
const start = Date.UTC(2026, 10, 21, 9);

type Metrics = { data: { sample_streams: { points: { v: unknown }[] }[] } }[];

const questions = new Map<string, number>();

/** Every run asks the same questions in the same order. */
function pageOf(path: string, body: string): number | null {
  if (!path.endsWith('-metrics')) return null;
  const { vms } = JSON.parse(body) as { vms: { id_in: string[] } };
  const question = `${path} ${vms.id_in[0]}`;
  const page = questions.get(question) ?? questions.size + 1;
  questions.set(question, page);
  return page;
}

/**
 * CloudTower, as the contract suite needs it. Usage has no history, so that what a first run tells of a cell are its
 * measurements: one question for each of three sets of machines, in the order in which they are asked.
 */
export const subject: ContractSubject = {
  provider: provider as unknown as ContractSubject['provider'],
  mapping,
  now: NOW,
  pages: 3,
  cell: { start, end: start + HOUR },
  emptyCell: { start: Date.UTC(2025, 10, 10), end: Date.UTC(2025, 10, 10, 1) },
  start: async ({ forbidden = false }) => {
    const tower = await startCloudTower({
      now: () => NOW,
      vms: 11,
      seed: 2,
      faults: forbidden ? ['no-permission'] : [],
    });
    return {
      url: tower.url,
      credentials: tower.credentials,
      secrets: [String(tower.credentials.password), 'eyJ.'],
      close: () => tower.close(),
    };
  },
  moved: (credentials, to) => ({ ...credentials, url: to.origin }),
  wrong: (credentials) => ({ ...credentials, password: 'not-the-password-of-this-account' }),
  pageOf: ({ body, url }) => pageOf(url.pathname, body),
  fatal: {
    status: 400,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ message: 'INVALID_METRIC_ATTRIBUTES', status: 400, path: '/get-vm-metrics' }),
  },
  withoutArray: () => '{}',
  withBadRow: (text) => {
    const metrics = JSON.parse(text) as Metrics;
    const point = metrics[0]?.data.sample_streams[0]?.points[0];
    if (point) point.v = 'NaN';
    return JSON.stringify(metrics);
  },
};
