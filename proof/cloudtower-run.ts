import { provider as cloudtower, mapping } from '../functions/cloudtower/index.ts';
import { loadMapping } from '../lib/mapping/load.ts';
import type { Metric } from '../lib/models/metric.ts';
import type { Provider } from '../lib/provider.ts';
import { runMetrics } from '../lib/run.ts';
import { type Interval, type Millis, SECOND } from '../lib/time.ts';
import type { CloudTowerOptions } from '../simulators/cloudtower/options.ts';
import { oracle, type TrueUse } from '../simulators/cloudtower/oracle.ts';
import { startCloudTower } from '../simulators/cloudtower/server.ts';
import { memorySink, memoryState } from './memory.ts';

export type Room = Provider<unknown, unknown>;

const whole = cloudtower as unknown as Room;

/** Ours, without the measurements, which samples have no part in. */
export const room: Room = {
  ...whole,
  streams: whole.streams.metrics ? { metrics: { ...whole.streams.metrics, async *fetch() {} } } : {},
};

/** A tower that is looked at now and then. */
export interface Watch {
  readonly room: Room;
  readonly options: CloudTowerOptions;
  /** When it was looked at; the clock of the tower stands there. */
  readonly looks: readonly Millis[];
  readonly poll: Millis;
}

/** What was delivered, held against what truly was; seconds over all machines and volumes. */
export interface Comparison {
  readonly truth: number;
  /** In the right state, to the second. */
  readonly right: number;
  /** Delivered as there, with a part that is said not to be known. */
  readonly partly: number;
  /** Not delivered: within a gap of its cluster; and between two samples, as a finding says. */
  readonly inGaps: number;
  readonly found: number;
  /** Not delivered, and nothing says so. */
  readonly silent: number;
  /** Delivered in a state that it was not in, or when it was not there at all. */
  readonly wrong: number;
  readonly invented: number;
  readonly wrongNamed: readonly string[];
}

/** Runs the watch and compares all of its cells. */
export async function watched({ looks, options, poll, room }: Watch): Promise<Comparison> {
  let now = looks[0] ?? 0;
  const tower = await startCloudTower({ ...options, now: () => now });
  const sink = memorySink();
  const state = memoryState();
  const gaps: { start: string; end: string; why: string }[] = [];
  const findings = new Map<string, number>();
  try {
    for (now of looks) {
      const report = await runMetrics(
        room,
        {
          id: 'acme',
          customer: null,
          resource: null,
          credentials: tower.credentials,
          credentialsPath: 'credentials',
          strictCredentials: true,
          poll: poll / SECOND,
        },
        {
          clock: { plan: () => now, wire: Date.now },
          signal: new AbortController().signal,
          log: { write: () => {}, level: 'error' },
          loopback: true,
          random: () => 0,
        },
        { mapping: loadMapping(mapping, 'mapping.yaml'), sink, state, seed: null },
      );
      gaps.push(...report.gaps);
      for (const { what, id, millis } of report.windows.flatMap((window) => window.findings ?? [])) {
        const sort = /^a (machine|volume) came or went/.exec(what)?.[1];
        if (sort) findings.set(`${sort} ${id}`, (findings.get(`${sort} ${id}`) ?? 0) + (millis ?? 0));
      }
    }
  } finally {
    await tower.close();
  }
  const metrics = [...sink.cells.values()].flat();
  const cells = { start: looks[0] ?? 0, end: Math.floor((looks.at(-1) ?? 0) / 3_600_000) * 3_600_000 };
  return compared(options, cells, metrics, { gaps, findings });
}

interface Silence {
  readonly gaps: readonly { readonly start: string; readonly end: string; readonly why: string }[];
  /** By what came or went, and the id it is told by: `machine 1d2c…`. */
  readonly findings: ReadonlyMap<string, Millis>;
}

/** A delivered stretch: how long it was there, and what is said of it. */
interface Told extends Interval {
  readonly status: string | null;
  readonly vcpuTime: number | null;
  readonly memoryTime: number | null;
  readonly sizeTime: number | null;
}

function compared(
  options: CloudTowerOptions,
  cells: Interval,
  metrics: readonly Metric[],
  silence: Silence,
): Comparison {
  const told = stretchesOf(metrics);
  const truth = oracle(options, cells);
  const sums = { truth: 0, right: 0, partly: 0, inGaps: 0, found: 0, silent: 0, wrong: 0, invented: 0 };
  const wrongNamed: string[] = [];
  const untold = new Map<string, number>();
  const there = new Map<string, number>();
  for (const use of truth) {
    const length = lengthOf(use.period);
    sums.truth += length;
    there.set(use.id, (there.get(use.id) ?? 0) + length);
    let covered = 0;
    for (const one of told.get(use.id) ?? []) {
      const both = lengthOf(overlap(one, use.period));
      if (both === 0) continue;
      covered += both;
      const verdict = judge(use, one);
      sums[verdict] += both;
      if (verdict === 'wrong')
        wrongNamed.push(`${use.kind} ${use.id} at ${new Date(one.start).toISOString()}`);
    }
    const gap = uncoveredIn(use, told.get(use.id) ?? [], silence.gaps);
    sums.inGaps += gap;
    untold.set(use.id, (untold.get(use.id) ?? 0) + length - covered - gap);
  }
  const names = new Map(truth.map((use) => [use.id, namesOf(use, truth)]));
  for (const [id, length] of untold) {
    const all = names.get(id)?.map((name) => silence.findings.get(name) ?? 0) ?? [];
    const said = Math.min(length, Math.max(0, ...all));
    sums.found += said;
    sums.silent += length - said;
  }
  for (const [id, stretches] of told) {
    const all = stretches.reduce((sum, one) => sum + lengthOf(overlap(one, cells)), 0);
    const real = truth
      .filter((use) => use.id === id)
      .reduce(
        (sum, use) => sum + stretches.reduce((inner, one) => inner + lengthOf(overlap(one, use.period)), 0),
        0,
      );
    sums.invented += all - real;
  }
  const seconds = Object.fromEntries(Object.entries(sums).map(([name, sum]) => [name, sum / SECOND]));
  return { ...(seconds as unknown as typeof sums), wrongNamed };
}

/**
 * The findings that speak of a thing: by the id that it is delivered with, or, when no look showed it, by what the
 * audit names: its own id in the tower, or its machine.
 */
function namesOf({ kind, id, towerId, machines }: TrueUse, truth: readonly TrueUse[]): string[] {
  if (kind === 'vm') return [`machine ${id}`, `machine ${towerId}`];
  const owners = new Set(truth.filter((use) => machines.includes(use.towerId)).map((use) => use.id));
  return [
    ...[id, towerId, ...owners].map((name) => `volume ${name}`),
    ...machines.map((name) => `machine ${name}`),
  ];
}

function judge(use: TrueUse, one: Told): 'right' | 'partly' | 'wrong' {
  const length = lengthOf(one) / SECOND;
  const is = (time: number | null, amount: number) =>
    time === null || Math.abs(time - amount * length) < 1e-6 * amount * length + 1e-6;
  if (use.kind === 'volume')
    return one.sizeTime === null ? 'partly' : is(one.sizeTime, use.size) ? 'right' : 'wrong';
  if (one.status === 'UNKNOWN') return 'partly';
  if ((one.status === 'RUNNING') !== use.running) return 'wrong';
  if (!use.running) return 'right';
  if (!is(one.vcpuTime, use.vcpu) || !is(one.memoryTime, use.memory)) return 'wrong';
  return one.vcpuTime === null || one.memoryTime === null ? 'partly' : 'right';
}

/** The lines of one stretch put together again. */
function stretchesOf(metrics: readonly Metric[]): Map<string, Told[]> {
  const byId = new Map<string, Map<string, Told>>();
  for (const { attributes, end, kind, metric, provider_id, time, value } of metrics) {
    if (!['vm', 'vm_running', 'vm_running_vcpu', 'vm_running_memory', 'volume', 'volume_size'].includes(kind))
      continue;
    const stretches = byId.get(provider_id) ?? new Map<string, Told>();
    byId.set(provider_id, stretches);
    const key = `${time} ${end}`;
    const before = stretches.get(key) ?? {
      start: time,
      end,
      status: null,
      vcpuTime: null,
      memoryTime: null,
      sizeTime: null,
    };
    stretches.set(key, {
      ...before,
      status: typeof attributes.status === 'string' ? attributes.status : null,
      ...(metric === 'vm-running-vcpu-time' ? { vcpuTime: value } : {}),
      ...(metric === 'vm-running-memory-time' ? { memoryTime: value } : {}),
      ...(metric === 'volume-size-time' ? { sizeTime: value } : {}),
    });
  }
  return new Map([...byId].map(([id, stretches]) => [id, [...stretches.values()]]));
}

/** How much of a true stretch lies in gaps of its cluster and in nothing that was told. */
function uncoveredIn(use: TrueUse, told: readonly Interval[], gaps: Silence['gaps']): number {
  const own = gaps.filter(({ why }) => why.includes(use.cluster) || why.startsWith('before the first'));
  const parts = own.map(({ start, end }) =>
    overlap({ start: Date.parse(start), end: Date.parse(end) }, use.period),
  );
  const distinct = [...new Map(parts.map((part) => [part.start, part])).values()].filter(
    (part) => lengthOf(part) > 0,
  );
  return distinct.reduce(
    (sum, part) =>
      sum + lengthOf(part) - told.reduce((inner, one) => inner + lengthOf(overlap(one, part)), 0),
    0,
  );
}

function overlap(a: Interval, b: Interval): Interval {
  return { start: Math.max(a.start, b.start), end: Math.min(a.end, b.end) };
}

function lengthOf({ start, end }: Interval): number {
  return Math.max(0, end - start);
}
