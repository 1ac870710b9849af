import { provider as cloudkitty } from '../../functions/cloudkitty/index.ts';
import { loadMapping } from '../../lib/mapping/load.ts';
import type { Metric } from '../../lib/models/metric.ts';
import type { Provider } from '../../lib/provider.ts';
import { HOUR, parseInstant } from '../../lib/time.ts';
import { startCloudKitty } from '../../simulators/cloudkitty/server.ts';
import type { AnswerSubject, Served } from '../r05-answers.ts';
import { jsonMutations } from '../r05-mutations.ts';

const DAY_READ = { start: Date.UTC(2026, 10, 20), end: Date.UTC(2026, 10, 21) };
const NOW = DAY_READ.end + 10 * HOUR;
const projects = ['alpha', 'empty'];

const types = ['compute', 'network.outgoing.bytes', 'volume.size', 'image.size', 'ip.floating'];
const asItCame = loadMapping(
  types.map((type, at) => `${type}:\n  name: metric-${at}\n`).join(''),
  'as-it-came.yaml',
);

const room = cloudkitty as unknown as Provider<unknown, unknown>;
const { metrics: stream } = room.streams;
if (!stream) throw new Error('CloudKitty has no metrics');

/** A bad design: it takes every quantity as it parses. */
const unchecked: AnswerSubject['unchecked'] = {
  ...room,
  streams: {
    metrics: {
      ...stream,
      normalize(raw) {
        const row = raw as { vol?: { qty?: string } };
        const [record] = stream.normalize({ ...row, vol: { ...row.vol, qty: '0' } });
        const value = Number(row.vol?.qty);
        return record ? [{ ...record, variables: { ...record.variables, value } }] : [];
      },
    },
  },
};

export const cloudKittyAnswers: AnswerSubject = {
  room,
  mapping: asItCame,
  cells: DAY_READ,
  partition: await partition(),
  now: NOW,
  start: async (seed) => {
    const cloud = await startCloudKitty({
      seed,
      projects,
      // More than a page of a day's points.
      servers: 22,
      wireNow: Date.now,
      planNow: () => NOW,
    });
    const project_ids = cloud.projects.slice(0, 1).map(({ id }) => id);
    return { credentials: { ...cloud.credentials, project_ids }, close: () => cloud.close() };
  },
  keyOf: ({ method, url }) => `${method} ${url.pathname}${url.search.replace(/\w{32}/g, 'id')}`,
  isUsage: (key) => key.includes('/v2/dataframes') && key.includes('limit=1000'),
  mutations: [
    ...jsonMutations({
      amount: 'qty',
      anchor: 'vol',
      fields: ['begin', 'end', 'unit', 'price', 'project_id', 'id', 'flavor_name'],
      array: 'dataframes',
    }),
    {
      name: 'an error with 200',
      of: (_, chance) => chance.pick(['{"message":"no"}', '{"faultstring":"no"}', '{"error":{"code":401}}']),
    },
    {
      name: 'a total',
      of: (text, chance) =>
        text.replace(/"total": ?\d+/, `"total":${chance.pick(['1e400', '-1', '"7"', 'null', '999999'])}`),
    },
  ],
  falsehoodIn,
  unchecked,
};

async function partition(): Promise<string> {
  const cloud = await startCloudKitty({ projects });
  await cloud.close();
  return cloud.projects[0]?.id ?? '';
}

interface Naive {
  readonly begin: number | null;
  readonly end: number | null;
  readonly quantity: number;
}

/** Holds what was delivered against a second, naive reading of what was served. */
function falsehoodIn(metrics: readonly Metric[], counted: number, pages: readonly Served[]): string | null {
  const rows: Naive[] = [];
  for (const page of pages) {
    const read = rowsIn(page.text());
    if (read === null) return 'delivered, although a page cannot be read';
    rows.push(...read);
  }
  const valid = new Set(rows.map(({ begin, end, quantity }) => `${begin} ${end} ${quantity}`));
  const invented = metrics
    .map(({ time, end, value }) => `${time} ${end} ${value}`)
    .find((one) => !valid.has(one));
  if (invented !== undefined) return `delivered what no point says: ${invented}`;
  const due = rows.filter(({ begin }) => begin === null || (begin >= DAY_READ.start && begin < DAY_READ.end));
  return counted === due.length ? null : `${counted} points are accounted for, of ${due.length}`;
}

function rowsIn(text: string): Naive[] | null {
  try {
    const { dataframes } = JSON.parse(text) as {
      dataframes: {
        period?: { begin?: unknown; end?: unknown };
        usage: Record<string, { vol?: { qty?: unknown } }[]>;
      }[];
    };
    return dataframes.flatMap(({ period, usage }) =>
      Object.values(usage).flatMap((points) =>
        points.map((point) => ({
          begin: instant(period?.begin),
          end: instant(period?.end),
          quantity: amount(point?.vol?.qty),
        })),
      ),
    );
  } catch {
    return null;
  }
}

function instant(text: unknown): number | null {
  return typeof text === 'string' ? parseInstant(text) : null;
}

function amount(raw: unknown): number {
  const text = typeof raw === 'number' || typeof raw === 'string' ? String(raw) : '';
  return /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
}
