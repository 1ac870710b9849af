import { provider as cloudtower } from '../../functions/cloudtower/index.ts';
import { loadMapping } from '../../lib/mapping/load.ts';
import type { Metric } from '../../lib/models/metric.ts';
import type { MetricsStream, Provider } from '../../lib/provider.ts';
import { HOUR } from '../../lib/time.ts';
import { startCloudTower } from '../../simulators/cloudtower/server.ts';
import type { AnswerSubject, Served } from '../r05-answers.ts';
import { jsonMutations } from '../r05-mutations.ts';

const NOW = Date.UTC(2026, 10, 21, 10);
const CELL = { start: NOW - HOUR, end: NOW };

type Whole = Provider<unknown, unknown>;
const room = cloudtower as unknown as Whole;
const kinds = [
  'cpu_usage',
  'memory_usage',
  'disk_read_rate',
  'disk_write_rate',
  'disk_read_iops',
  'disk_write_iops',
];
const mapping = loadMapping(
  [...kinds, 'network_in_rate', 'network_out_rate'].map((kind) => `vm_${kind}: {name: raw}\n`).join(''),
  'raw.yaml',
);

/** Takes every mean as it parses: a text is a number, and nothing is no number. */
function unchecked(stream: MetricsStream<unknown>): MetricsStream<unknown> {
  return {
    ...stream,
    async *fetch(client, request) {
      for await (const { rows } of stream.fetch(client, request))
        yield { rows: rows.map((row) => ({ mean: 1e30, count: 1, coverage: 1, ...(row as object) })) };
    },
  };
}

const fields = [
  'metric_name',
  '_vm',
  '_mac',
  'unit',
  'dropped',
  'points',
  't',
  'step',
  'sample_streams',
  'labels',
];

/** Measurements: the amounts of samples are told by the proof of samples (R19). */
export const cloudTowerAnswers: AnswerSubject = {
  room,
  mapping,
  cells: CELL,
  partition: 'all',
  now: NOW,
  start: (seed) => startCloudTower({ seed, vms: 3, now: () => NOW }),
  keyOf: ({ body, url }) => `${url.pathname} ${url.pathname.endsWith('/login') ? '' : body}`,
  isUsage: (key) => key.includes('-metrics'),
  mutations: jsonMutations({ amount: 'v', anchor: 't', fields, array: 'sample_streams' }),
  falsehoodIn,
  asksByInventory: true,
  tellsOfRows: true,
  unchecked: {
    ...room,
    streams: room.streams.metrics ? { metrics: unchecked(room.streams.metrics) } : {},
  },
};

/**
 * Every delivered mean lies between the points that were served, and every stream that can be read is accounted for: a
 * plain reading of the answers knows both.
 */
function falsehoodIn(metrics: readonly Metric[], counted: number, pages: readonly Served[]): string | null {
  const streams: Stream[] = [];
  for (const page of pages) {
    const read = streamsIn(page.text());
    if (read === null) return 'delivered, although an answer cannot be read';
    if (read === 'dropped') return null;
    streams.push(...read);
  }
  const values = streams.flatMap(({ points }) => points);
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const wrong = metrics.find(({ value }) => !(value >= least - 1e-6 && value <= most + 1e-6));
  if (wrong) return `delivered a mean that no points have: ${wrong.value}`;
  const due = new Set(
    streams.flatMap(({ name, points, vm }) => (points.length > 0 ? [`${name} ${vm}`] : [])),
  );
  return counted >= due.size ? null : `${counted} streams are accounted for, of ${due.size}`;
}

interface Stream {
  readonly name: string;
  readonly vm: string;
  /** Values within the cell. */
  readonly points: readonly number[];
}

/** The streams of rates and levels; counters stand in for them at most. */
function streamsIn(text: string): Stream[] | 'dropped' | null {
  try {
    const all = JSON.parse(text) as { data: Record<string, unknown> }[];
    if (!Array.isArray(all)) return null;
    if (all.some(({ data }) => data.dropped === true)) return 'dropped';
    return all.flatMap(({ data }) => {
      const streams = (data.sample_streams ?? []) as { labels: Record<string, unknown>; points: unknown }[];
      return streams.flatMap(({ labels, points }) => {
        const [name, vm] = [labels.metric_name, labels._vm];
        const known = typeof name === 'string' && typeof vm === 'string' && vm !== '';
        if (!known || !/^(elf|vmware)_vm_(?!.*_bytes$)/.test(name)) return [];
        return [{ name, vm, points: valuesIn(points) }];
      });
    });
  } catch {
    return null;
  }
}

function valuesIn(points: unknown): number[] {
  const all = (Array.isArray(points) ? points : []) as { t?: unknown; v?: unknown }[];
  return all.flatMap(({ t, v }) => {
    const inside = typeof t === 'number' && t >= CELL.start && t < CELL.end;
    return inside && typeof v === 'number' && Number.isFinite(v) ? [v] : [];
  });
}
