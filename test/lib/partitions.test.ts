import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { InvalidCredentials, MalformedResponse, NoBillingReport } from '../../lib/errors.ts';
import { defineGrid } from '../../lib/grid.ts';
import { server } from '../../lib/models/server.ts';
import type { SpendRecord } from '../../lib/models/spend-record.ts';
import type { Gap, Provider } from '../../lib/provider.ts';
import { runPlan, runStream, type StreamName, type SyncOptions } from '../../lib/run.ts';
import { fileSink } from '../../lib/sink/file.ts';
import { valueSink } from '../../lib/sink/value.ts';
import { eventState } from '../../lib/state/event.ts';
import { fileState } from '../../lib/state/file.ts';
import { DAY, formatInstant, HOUR, type Interval, type Millis } from '../../lib/time.ts';
import {
  heldPlatform,
  type MemoryCloud,
  memoryCloud,
  memoryMapping,
  memorySubject,
} from '../support/memory-cloud.ts';

/** A cloud of several projects, with money; what an amount is on a day is said by the test. */
type Cloud = Provider<{ token: string }, MemoryCloud>;

const T0 = Date.UTC(2026, 10, 1);
let folder: string;
let amounts: Record<string, [id: string, amount: string][]>;
let broken: string[];
let settledUntil: Record<string, Millis>;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'usage-sync-partitions-'));
  amounts = { 'alpha 2026-11-01': [['vm', '0.1']], 'beta 2026-11-01': [['vm', '2']] };
  broken = [];
  settledUntil = {};
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const cloudOf = (changes: Partial<Cloud> = {}): Cloud => ({
  ...memoryCloud(defineGrid(1440, 'UTC')).provider,
  currency: () => 'EUR',
  partitions: async () => ['alpha', 'beta'],
  settledUntil: async (_, partition) => settledUntil[partition] ?? null,
  streams: {
    resources: {
      collect: async (_, { partition }) => {
        if (broken.includes(partition)) throw new MalformedResponse(`${partition} cannot be read`);
        return { items: [server({ id: `of ${partition}`, name: 'a' })], notes: [] };
      },
    },
    spend: {
      async *fetch(_, { partition, span }) {
        if (broken.includes(partition)) throw new NoBillingReport(`${partition} was never rated`);
        for (let day = span.start; day < span.end; day += DAY) {
          const rows = amounts[`${partition} ${formatInstant(day).slice(0, 10)}`] ?? [];
          yield { rows: rows.map(([id, amount]) => ({ id, amount, day })) };
        }
      },
      normalize: (raw) => [spendOf(raw as { id: string; amount: string; day: Millis })],
      startOf: (raw) => (raw as { day: Millis }).day,
      belongs: 'start',
      settle: (records) => ({ records, duplicates: 0 }),
    },
  },
  ...changes,
});

function spendOf(raw: { id: string; amount: string; day: Millis }): SpendRecord {
  if (!/^-?[\d.]+$/.test(raw.amount)) throw new MalformedResponse(`${raw.id}: amount: not a number`);
  return {
    resource: { id: raw.id },
    kind: 'instance',
    period: { start: raw.day, end: raw.day + HOUR },
    amount: raw.amount,
    tenant: null,
    raw,
  };
}

const run = (name: StreamName, days: number, options: SyncOptions = {}, cloud = cloudOf()) =>
  runStream(
    cloud,
    name,
    memorySubject,
    heldPlatform(T0 + days * DAY),
    { mapping: memoryMapping, sink: fileSink(folder), state: fileState(join(folder, 'state')), seed: T0 },
    options,
  );
const text = (file: string) => readFileSync(join(folder, file), 'utf8');

describe('spend', () => {
  it('is one document for each project and day, added up exactly and printed with its digits', async () => {
    amounts['alpha 2026-11-01'] = [
      ['vm', '0.1'],
      ['vm', '0.2'],
      ['disk', '0.000000000000000000001'],
      ['free', '0'],
    ];
    const report = await run('spend', 1);
    expect(text('spend/acme/alpha/2026-11-01.json')).toBe(
      [
        '{"currency":"EUR","spend_date":"2026-11-01","items":[',
        '{"remote_id":"disk","resource_type":"instance","amount":0.000000000000000000001},',
        '{"remote_id":"free","resource_type":"instance","amount":0},',
        '{"remote_id":"vm","resource_type":"instance","amount":0.3}',
        '],"amount":0.300000000000000000001}\n',
      ].join('\n'),
    );
    expect(report.windows.map(({ partition, amount }) => [partition, amount])).toEqual([
      ['alpha', '0.300000000000000000001'],
      ['beta', '2'],
    ]);
  });

  it('is in the manifest, so that it can be proved', async () => {
    const sink = fileSink(folder);
    const target = { mapping: memoryMapping, sink, state: fileState(join(folder, 'state')), seed: T0 };
    await runStream(cloudOf(), 'spend', memorySubject, heldPlatform(T0 + DAY), target);
    await sink.close();
    expect(Object.keys(JSON.parse(text('manifest.json')).cells)).toEqual([
      'spend/acme/alpha/2026-11-01.json',
      'spend/acme/beta/2026-11-01.json',
    ]);
  });

  it('says both amounts of a day that was rated again', async () => {
    await run('spend', 1);
    amounts['alpha 2026-11-01'] = [['vm', '0.25']];
    const { windows } = await run('spend', 1, { range: { start: T0, end: T0 + DAY } });
    expect(windows.map(({ changed, amount, amount_before }) => [changed, amount, amount_before])).toEqual([
      [true, '0.25', '0.1'],
      [false, '2', undefined],
    ]);
  });

  it('is final by project', async () => {
    settledUntil = { alpha: T0 + DAY, beta: T0 };
    const { windows } = await run('spend', 1);
    expect(windows.map(({ settled }) => settled)).toEqual([true, false]);
  });

  it('leaves a day that was never rated where it is, and the other project alone', async () => {
    broken = ['beta'];
    const report = await run('spend', 2);
    expect(report.failures).toMatchObject([{ partition: 'beta', exc_type: 'NoBillingReport' }]);
    expect(report.windows.map(({ partition }) => partition)).toEqual(['alpha', 'alpha']);
    expect(report.last_update).toBe('2026-11-01T00:00:00Z'); // the slowest decides
  });

  it('quarantines an amount that is none; the day is incomplete, not cheaper in silence', async () => {
    amounts['alpha 2026-11-01'] = [
      ['vm', '1'],
      ['odd', 'NaN'],
    ];
    const { windows } = await run('spend', 1);
    expect(windows[0]).toMatchObject({ quarantined: 1, amount: '1' });
    expect(text('quarantine/acme/alpha/20261101T000000Z_20261102T000000Z.spend.ndjson')).toMatch(/"odd"/);
  });

  it('gives a caller without a sink the oldest day only, of all projects', async () => {
    const sink = valueSink();
    const target = { mapping: memoryMapping, sink, state: eventState(T0), seed: T0 };
    const report = await runStream(cloudOf(), 'spend', memorySubject, heldPlatform(T0 + 3 * DAY), target);
    expect(sink.spend).toMatchObject({ spend_date: '2026-11-01', amount: '2.1' });
    expect(report).toMatchObject({ status: 'continue', last_update: '2026-11-02T00:00:00Z' });
  });

  it('has a plan', async () => {
    const state = fileState(join(folder, 'state'));
    await run('spend', 1);
    const plans = await runPlan(cloudOf(), memorySubject, heldPlatform(T0 + 2 * DAY), state, {}, 'spend');
    expect(plans.map(({ partition, cells }) => [partition, cells.length])).toEqual([
      ['alpha', 2],
      ['beta', 2],
    ]);
  });
});

it('tells the provider which partitions were read before', async () => {
  const told: (readonly string[])[] = [];
  const cloud = cloudOf({
    partitions: async (_, known) => {
      told.push(known);
      return ['alpha'];
    },
  });
  await run('spend', 1, {}, cloud);
  await run('spend', 2, {}, cloud);
  await run('resources', 2, {}, cloud);
  expect(told).toEqual([[], ['alpha'], []]);
});

describe('inventories of several projects', () => {
  it('are files of their own, and fail alone', async () => {
    broken = ['alpha'];
    const report = await run('resources', 1);
    expect(report).toMatchObject({ status: 'done', failures: [{ partition: 'alpha' }] });
    expect(report.notes).toEqual(['beta: 1 resources']);
    expect(text('resources/acme/beta/latest.ndjson')).toMatch(/of beta/);
  });

  it('fail as one when none can be taken', async () => {
    broken = ['alpha', 'beta'];
    await expect(run('resources', 1)).rejects.toThrow('alpha cannot be read');
  });

  it('are not tried when their list is refused, nor for a while', async () => {
    const refused = cloudOf({
      partitions: async () => {
        throw new InvalidCredentials('no');
      },
    });
    await expect(run('resources', 1, {}, refused)).rejects.toMatchObject({ name: 'InvalidCredentials' });
    await expect(run('resources', 1)).rejects.toThrow('not asked again before');
    await expect(run('resources', 1, { retryNow: true })).resolves.toMatchObject({ status: 'done' });
  });
});

describe('a cloud without history', () => {
  const gap: Gap = { start: T0, end: T0 + HOUR, why: 'it was not looked at' };
  /** Remembers when it looked; a cell that no look fell into is a gap. */
  const sampled = (looks: Millis[] = []): Cloud => {
    const provider = memoryCloud().provider;
    const { metrics } = provider.streams;
    if (!metrics) throw new Error('no metrics');
    return {
      ...provider,
      streams: {
        metrics: {
          ...metrics,
          observe: async (_, { memory, now }) => {
            looks.push(now);
            return { seen: [...((memory as { seen: Millis[] } | null)?.seen ?? []), now] };
          },
          settle: (_, cell, memory) => ({ records: [], duplicates: 0, ...gapsOf(cell, memory) }),
        },
      },
    };
  };
  const gapsOf = (cell: Interval, memory: unknown) => {
    const { seen } = memory as { seen: Millis[] };
    const found = seen.some((at) => at >= cell.start && at < cell.end);
    return found ? {} : { gaps: [{ ...gap, start: cell.start, end: cell.end }] };
  };

  it('is looked at in every run, whatever is due, and remembers', async () => {
    const cloud = sampled();
    const at = (hours: number) => run('metrics', hours / 24, {}, cloud);
    await at(0.25);
    await expect(at(0.75)).resolves.toMatchObject({
      status: 'nothing_due',
      next_due: formatInstant(T0 + HOUR), // the next cell; the next look would be later
    });
    await expect(at(1.25)).resolves.toMatchObject({ gaps: [], windows: [{ records: 0 }] });
  });

  it('reports what it was not looked at as a gap, and keeps it', async () => {
    const report = await run('metrics', 2 / 24, {}, sampled());
    expect(report.gaps).toEqual([
      { start: formatInstant(T0), end: formatInstant(T0 + 2 * HOUR), why: gap.why },
    ]);
    const stored = await fileState(join(folder, 'state')).peek({
      account: 'acme',
      stream: 'metrics',
      partition: 'all',
    });
    expect(stored.cells.map(({ gaps }) => gaps)).toEqual([
      [gap],
      [{ ...gap, start: T0 + HOUR, end: T0 + 2 * HOUR }],
    ]);
  });
});
