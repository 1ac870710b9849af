import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  DeliveryError,
  InconsistentListing,
  InvalidConfig,
  InvalidCredentials,
  MalformedResponse,
  ProviderUnavailable,
} from '../../lib/errors.ts';
import { defineGrid } from '../../lib/grid.ts';
import { runMetrics, type SyncOptions } from '../../lib/run.ts';
import { fileSink } from '../../lib/sink/file.ts';
import type { Sink } from '../../lib/sink/sink.ts';
import { valueSink } from '../../lib/sink/value.ts';
import { eventState } from '../../lib/state/event.ts';
import { fileState } from '../../lib/state/file.ts';
import { DAY, formatInstant, HOUR } from '../../lib/time.ts';
import {
  heldPlatform,
  type MemoryCloud,
  memoryCloud,
  memoryMapping,
  memorySubject,
} from '../support/memory-cloud.ts';

const T0 = Date.UTC(2026, 10, 1);
let folder: string;
let cloud: MemoryCloud;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'usage-sync-'));
  cloud = memoryCloud();
  cloud.rows = hourlyRows(0, 48);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const hourlyRows = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, at) => ({
    id: `vm-${at % 3}`,
    start: T0 + (from + at) * HOUR,
    end: T0 + (from + at + 1) * HOUR,
    amount: from + at + 1,
  }));

interface Run extends SyncOptions {
  at?: number;
  seed?: number | null;
  signal?: AbortSignal;
  sink?: Sink;
  subject?: Partial<typeof memorySubject>;
}

const sync = ({ at = 5, seed = T0, signal, sink, subject, ...options }: Run = {}) =>
  runMetrics(
    cloud.provider,
    { ...memorySubject, ...subject },
    heldPlatform(T0 + at * HOUR, signal),
    { mapping: memoryMapping, sink: sink ?? fileSink(folder), state: fileState(join(folder, 'state')), seed },
    options,
  );

const delivered = () =>
  readdirSync(join(folder, 'metrics/acme/all'))
    .sort()
    .flatMap((name) =>
      readFileSync(join(folder, 'metrics/acme/all', name), 'utf8')
        .split('\n')
        .filter(Boolean),
    )
    .map((line) => JSON.parse(line) as { value: number; key: string });
const total = () => delivered().reduce((sum, { value }) => sum + value, 0);

describe('syncStream', () => {
  it('delivers every complete cell once and moves the checkpoint behind them', async () => {
    const report = await sync({ at: 5.5 });
    expect(report).toMatchObject({ status: 'done', last_update: formatInstant(T0 + 5 * HOUR) });
    expect(report.windows.map(({ records }) => records)).toEqual([1, 1, 1, 1, 1]);
    expect(total()).toBe(2 * (1 + 2 + 3 + 4 + 5));
  });

  it('has nothing due a second time, and goes on where it ended', async () => {
    await sync({ at: 5 });
    await expect(sync({ at: 5 })).resolves.toMatchObject({
      status: 'nothing_due',
      windows: [],
      last_update: formatInstant(T0 + 5 * HOUR),
    });
    await sync({ at: 7 });
    expect(total()).toBe(2 * 28);
  });

  it('reads the lookback again and says what changed', async () => {
    await sync({ at: 6, subject: { lookback: 7200 } });
    cloud.rows = cloud.rows.map((row) => (row.start === T0 + 5 * HOUR ? { ...row, amount: 100 } : row));
    const report = await sync({ at: 7, subject: { lookback: 7200 } });
    expect(report.windows.map(({ start, changed }) => [start, changed])).toEqual([
      [formatInstant(T0 + 4 * HOUR), false],
      [formatInstant(T0 + 5 * HOUR), true],
      [formatInstant(T0 + 6 * HOUR), false],
    ]);
    expect(total()).toBe(2 * (1 + 2 + 3 + 4 + 5 + 100 + 7));
  });

  it('does not write a cell that did not change', async () => {
    await sync({ at: 3, subject: { lookback: 7200 } });
    const files = () =>
      readdirSync(join(folder, 'metrics/acme/all')).map(
        (name) => statSync(join(folder, 'metrics/acme/all', name)).mtimeMs,
      );
    const before = files();
    const report = await sync({ at: 4, subject: { lookback: 7200 } });
    expect(report.windows).toHaveLength(3);
    expect(files().slice(0, 3)).toEqual(before);
  });

  it('writes a cell again whose file was lost', async () => {
    await sync({ at: 3 });
    const [name = ''] = readdirSync(join(folder, 'metrics/acme/all'));
    rmSync(join(folder, 'metrics/acme/all', name));
    await sync({ at: 3, range: { start: T0, end: T0 + 3 * HOUR } });
    expect(total()).toBe(12);
  });

  it('keeps the checkpoint before a cell that the sink did not take', async () => {
    const sink = fileSink(folder);
    let cells = 0;
    const failing: Sink = {
      ...sink,
      deliver: async (batch) => {
        cells += 1;
        if (cells === 3) throw new Error('the disk is full');
        return sink.deliver(batch);
      },
    };
    await expect(sync({ sink: failing })).rejects.toThrow('the disk is full');
    const report = await sync();
    expect(report.windows.map(({ start }) => start)[0]).toBe(formatInstant(T0 + 2 * HOUR));
    expect(total()).toBe(30);
  });

  it('quarantines one odd record, delivers the rest, and reads the cell again', async () => {
    cloud.rows.push({ id: 'odd', start: T0 + HOUR, end: T0 + 2 * HOUR, amount: null });
    const first = await sync({ at: 3 });
    expect(first.windows.map(({ quarantined }) => quarantined)).toEqual([0, 1, 0]);
    const quarantine = join(folder, 'quarantine/acme/all');
    const [name = ''] = readdirSync(quarantine);
    expect(JSON.parse(readFileSync(join(quarantine, name), 'utf8'))).toMatchObject({
      exc_type: 'MalformedResponse',
      raw: { id: 'odd' },
    });

    cloud.rows = cloud.rows.map((row) => (row.id === 'odd' ? { ...row, amount: 50 } : row));
    const second = await sync({ at: 4 });
    expect(second.windows.map(({ start }) => start)).toContain(formatInstant(T0 + HOUR));
    expect(readdirSync(quarantine)).toEqual([]);
    expect(total()).toBe(2 * (1 + 2 + 3 + 4 + 50));
  });

  it('fails on quarantine when strict', async () => {
    cloud.rows.push({ id: 'odd', start: T0 + HOUR, end: T0 + 2 * HOUR, amount: null });
    await expect(sync({ at: 3, subject: { strict: true } })).rejects.toThrow(MalformedResponse);
  });

  it('fails the window when many records are odd', async () => {
    cloud.rows.push(...hourlyRows(1, 4).map((row) => ({ ...row, amount: null })));
    await expect(sync({ at: 5 })).rejects.toThrow('records cannot be read');
  });

  it('counts duplicates, keeps conflicting rows apart, and names what is not mapped', async () => {
    const [row] = cloud.rows;
    if (!row) throw new Error('no row');
    cloud.rows.push(row, { ...row, amount: 7 }, { ...row, id: 'x', kind: 'OTHER' });
    const { windows } = await sync({ at: 1 });
    expect(windows).toMatchObject([{ duplicates: 1, conflicting: 1, dropped: { unmapped: { OTHER: 1 } } }]);
    expect(new Set(delivered().map(({ key }) => key)).size).toBe(2);
    expect(total()).toBe(2 * (1 + 7));
  });

  it('gives the same bytes whatever order the rows come in', async () => {
    const read = () =>
      readdirSync(join(folder, 'metrics/acme/all')).map((name) =>
        readFileSync(join(folder, 'metrics/acme/all', name), 'utf8'),
      );
    cloud.rows.push(...cloud.rows.map((row) => ({ ...row, id: `${row.id}-b` })));
    await sync({ at: 5 });
    const before = read();
    cloud.rows.reverse();
    const report = await sync({ at: 5, range: { start: T0, end: T0 + 5 * HOUR } });
    expect(report.windows.some(({ changed }) => changed)).toBe(false);
    expect(read()).toEqual(before);
  });

  it('walks a listing that moved once more, and fails the second time', async () => {
    let walks = 0;
    cloud.onFetch = () => {
      walks += 1;
      if (walks === 1) throw new InconsistentListing('moved');
    };
    await sync({ at: 1 });
    expect(walks).toBe(2);
    cloud.onFetch = () => {
      throw new InconsistentListing('moved');
    };
    await expect(sync({ at: 2 })).rejects.toThrow(InconsistentListing);
  });

  it('commits what is complete and answers continue when time is up', async () => {
    const time = new AbortController();
    const sink = fileSink(folder);
    let cells = 0;
    const slow: Sink = {
      ...sink,
      deliver: async (batch) => {
        cells += 1;
        if (cells === 2) time.abort(new Error('time is up'));
        return sink.deliver(batch);
      },
    };
    const report = await sync({ at: 48, signal: time.signal, sink: slow });
    expect(report.status).toBe('continue');
    expect(report.windows.length).toBeLessThan(48);
    await sync({ at: 48 });
    expect(total()).toBe(48 * 49);
  });

  it('answers busy while another holds the partition', async () => {
    const lease = await fileState(join(folder, 'state')).acquire({
      account: 'acme',
      stream: 'metrics',
      partition: 'all',
    });
    await expect(sync()).resolves.toMatchObject({ status: 'busy', windows: [] });
    await lease?.release();
    await expect(sync()).resolves.toMatchObject({ status: 'done' });
  });

  it('refuses a grid that changed until the range is rewritten, and destroys nothing', async () => {
    await sync({ at: 48 });
    cloud.grid = defineGrid(1440, 'UTC');
    await expect(sync({ at: 48 })).rejects.toThrow(InvalidConfig);
    await expect(sync({ at: 48 })).rejects.toThrow('60 minutes in UTC to 1440 minutes in UTC');
    const report = await sync({ at: 48, regrid: true });
    expect(report.windows.map(({ start }) => start)).toEqual([formatInstant(T0), formatInstant(T0 + DAY)]);
    expect(total()).toBe(48 * 49);
    expect(readdirSync(join(folder, 'superseded/acme/all/001'))).toHaveLength(48);
  });

  it('asks again only after a wait when credentials were refused, unless they changed or it is told to', async () => {
    let asked = 0;
    cloud.onFetch = () => {
      asked += 1;
      throw new InvalidCredentials('no such key');
    };
    await expect(sync({ at: 2 })).rejects.toThrow(InvalidCredentials);
    await expect(sync({ at: 2.5 })).rejects.toThrow('not asked again before');
    expect(asked).toBe(1);
    await expect(sync({ at: 2.5, retryNow: true })).rejects.toThrow('no such key');
    cloud.onFetch = () => {};
    await expect(sync({ at: 2.5, subject: { credentials: { token: 'changed' } } })).resolves.toMatchObject({
      status: 'done',
    });
  });

  it('remembers nothing of a run that another overtook', async () => {
    const overtaken = new DeliveryError('another took over', { code: 'STALE_WRITER' });
    const refusing: Sink = { ...fileSink(folder), deliver: () => Promise.reject(overtaken) };
    await expect(sync({ sink: refusing })).rejects.toMatchObject({ code: 'STALE_WRITER' });
    const key = { account: 'acme', stream: 'metrics', partition: 'all' };
    expect((await fileState(join(folder, 'state')).peek(key)).failure).toBeNull();
    await expect(sync()).resolves.toMatchObject({ status: 'done' });
  });

  it('tries a failure that may pass again at the next run', async () => {
    cloud.onFetch = () => {
      throw new ProviderUnavailable('down');
    };
    await expect(sync({ at: 2 })).rejects.toThrow(ProviderUnavailable);
    cloud.onFetch = () => {};
    await expect(sync({ at: 2 })).resolves.toMatchObject({ status: 'done' });
  });

  it('works from the newest cell backwards when asked, and misses nothing', async () => {
    const report = await sync({ at: 6, order: 'fresh-first' });
    expect(report.windows[0]?.start).toBe(formatInstant(T0 + 5 * HOUR));
    expect(report.last_update).toBe(formatInstant(T0 + 6 * HOUR));
    expect(total()).toBe(42);
  });

  it('names an empty cell between full ones as open, and settles it when it fills', async () => {
    cloud.rows = cloud.rows.filter(({ start }) => start !== T0 + 2 * HOUR);
    const settings = { subject: { lookback: 3600 } };
    const first = await sync({ at: 30, ...settings });
    expect(first.windows.filter(({ settled }) => !settled).map(({ start }) => start)).toContain(
      formatInstant(T0 + 2 * HOUR),
    );
    cloud.rows = hourlyRows(0, 48);
    const second = await sync({ at: 31, ...settings });
    expect(second.windows.find(({ start }) => start === formatInstant(T0 + 2 * HOUR))).toMatchObject({
      changed: true,
      settled: true,
      reasons: ['read again: empty between full cells'],
    });
  });

  it('refuses a damaged or newer state and leaves it as it is', async () => {
    await sync({ at: 2 });
    const file = join(folder, 'state/acme/metrics/all.json');
    for (const [text, code] of [
      ['{"v":1,', 'STATE_DAMAGED'],
      ['{"v":2}', 'STATE_NEWER'],
    ] as const) {
      writeFileSync(file, text);
      await expect(sync({ at: 3 })).rejects.toMatchObject({ name: 'StateUnavailable', code });
      expect(readFileSync(file, 'utf8')).toBe(text);
    }
  });
});

describe('without a store', () => {
  const run = (seed: number | null, at: number) => {
    const sink = valueSink();
    const target = { mapping: memoryMapping, sink, state: eventState(seed), seed };
    return runMetrics(
      cloud.provider,
      { ...memorySubject, lookback: 86_400 },
      heldPlatform(T0 + at * HOUR),
      target,
    ).then((report) => ({ report, sink }));
  };

  it('gives each cell after last_update once, and the next last_update', async () => {
    const { report, sink } = await run(T0 + 2 * HOUR, 5.2);
    expect(sink.metrics.map(({ value }) => value)).toEqual([6, 8, 10]);
    expect(report.last_update).toBe(formatInstant(T0 + 5 * HOUR));
  });

  it('gives nothing and the same last_update when nothing is due', async () => {
    const { report, sink } = await run(T0 + 5 * HOUR, 5.2);
    expect(sink.metrics).toEqual([]);
    expect(report).toMatchObject({ status: 'nothing_due', last_update: formatInstant(T0 + 5 * HOUR) });
  });

  it('gives the last complete cell on a first run that holds no whole one', async () => {
    const { report } = await run(null, 5.2);
    expect(report.windows.map(({ start }) => start)).toEqual([formatInstant(T0 + 4 * HOUR)]);
  });
});
