import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { mapping, provider } from '../../../functions/almanach/index.ts';
import { pathSegment } from '../../../lib/files.ts';
import { loadMapping } from '../../../lib/mapping/load.ts';
import { runMetrics } from '../../../lib/run.ts';
import { fileSink } from '../../../lib/sink/file.ts';
import { fileState } from '../../../lib/state/file.ts';
import { DAY, HOUR, type Interval } from '../../../lib/time.ts';
import { type AlmanachSimulator, startAlmanach } from '../../../simulators/almanach/index.ts';
import type { AlmanachOptions } from '../../../simulators/almanach/options.ts';

const SINCE = Date.UTC(2026, 8, 1);
const NOW = SINCE + 12 * DAY;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'usage-sync-almanach-oracle-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function withCloud(options: AlmanachOptions, work: (cloud: AlmanachSimulator) => Promise<void>) {
  const cloud = await startAlmanach({ since: SINCE, now: () => NOW, ...options });
  try {
    await work(cloud);
  } finally {
    await cloud.close();
  }
}

function sync(cloud: AlmanachSimulator, change: Record<string, unknown>, range?: Interval, now = NOW) {
  const subject = {
    id: 'acme',
    customer: null,
    resource: null,
    credentials: { ...cloud.credentials, ...change },
    credentialsPath: 'credentials',
    strictCredentials: true,
    poll: 3600,
  };
  const platform = {
    clock: { plan: () => now, wire: Date.now },
    signal: new AbortController().signal,
    log: { write: () => {}, level: 'error' as const },
    loopback: true,
    random: () => 0,
  };
  const target = {
    mapping: loadMapping(mapping, 'almanach.yaml'),
    sink: fileSink(folder),
    state: fileState(join(folder, 'state')),
    seed: null,
  };
  return runMetrics(
    provider,
    subject,
    platform,
    target,
    range ? { range, retryNow: true } : { retryNow: true },
  );
}

interface Line {
  metric: string;
  specialisation: string;
  kind: string;
  provider_id: string;
  time: string;
  end: string;
  value: number;
  attributes: { size?: number };
  tenant: { id: string };
}

/** Milliseconds of every id in every cell, by what it is; sums of rows that share all that. */
type Sums = Record<string, number>;

function add(sums: Sums, key: string, millis: number): void {
  sums[key] = (sums[key] ?? 0) + millis;
}

function lines(project: string): Line[] {
  const place = join(folder, 'metrics/acme', pathSegment(project));
  return readdirSync(place).flatMap((name) =>
    readFileSync(join(place, name), 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((text) => JSON.parse(text) as Line),
  );
}

function delivered(project: string, grid: number): Sums {
  const sums: Sums = {};
  for (const line of lines(project)) {
    const [time, end] = [Date.parse(line.time), Date.parse(line.end)];
    expect(Math.floor(time / grid)).toBe(Math.floor((end - 1) / grid));
    expect(line.tenant.id).toBe(project);
    if (line.metric === 'volume-size-time') {
      expect(line.value).toBe(((end - time) / 1000) * Number(line.attributes.size) * 1_073_741_824);
      continue;
    }
    expect(Math.round(line.value * 1000)).toBe(end - time);
    const key = [
      line.kind,
      line.provider_id,
      line.specialisation,
      line.attributes.size,
      Math.floor(time / grid),
    ];
    add(sums, key.join(' '), end - time);
  }
  return sums;
}

function truth(
  cloud: AlmanachSimulator,
  project: string,
  range: Interval,
  grid: number,
  overlap: 'union' | 'sum',
) {
  const sums: Sums = {};
  for (let start = range.start; start < range.end; start += grid) {
    for (const { row, ms } of cloud.oracle({ project, interval: { start, end: start + grid }, overlap })) {
      const [what, size] =
        row.type === 'instance' ? [row.flavor, undefined] : [row.volumeType, Number(row.size)];
      add(sums, [row.type, row.id, what ?? '', size, Math.floor(start / grid)].join(' '), ms);
    }
  }
  return sums;
}

function expectTruth(
  cloud: AlmanachSimulator,
  range: Interval,
  grid = HOUR,
  overlap: 'union' | 'sum' = 'union',
) {
  let cells = 0;
  for (const { id } of cloud.projects) {
    const found = delivered(id, grid);
    expect(found).toEqual(truth(cloud, id, range, grid, overlap));
    cells += Object.keys(found).length;
  }
  expect(cells).toBeGreaterThan(100);
}

describe('what is delivered is what was used, to the millisecond', () => {
  const odd = { start: SINCE + DAY, end: SINCE + 6 * DAY };

  it.each(['union', 'sum'] as const)('with every oddity, counted as %s', async (duplicates) => {
    await withCloud({}, async (cloud) => {
      const { windows, notes } = await sync(cloud, { duplicates }, odd);
      expect(windows).toHaveLength(4 * 5 * 24);
      expect(windows.reduce((sum, { quarantined }) => sum + quarantined, 0)).toBe(0);
      expectTruth(cloud, odd, HOUR, duplicates);
      expect(notes.join('\n')).toMatch(/Rows of one id overlap/);
      expect(notes.join('\n')).toMatch(/Rows that end before they start count for nothing: \S+ \(/);
      expect(notes.join('\n')).toMatch(/Rows without any length/);
    });
  });

  it.each<[string, AlmanachOptions]>([
    ['dates of newer libraries', { dateFormat: 'iso' }],
    ['a server before 4.0.9', { faults: ['old-release'] }],
    ['a server that fails now and then', { faults: ['5xx', 'reset', 'html-200', 'truncated-json'] }],
    ['a server with one thread', { faults: ['single-threaded'] }],
    ['a server in another time zone', { faults: ['end-missing-local-clock'] }],
  ])('with %s', async (_, options) => {
    const range = { start: odd.start + DAY, end: odd.start + 2 * DAY };
    await withCloud(options, async (cloud) => {
      await sync(cloud, {}, range);
      expectTruth(cloud, range);
    });
  });

  it('in cells of a day', async () => {
    await withCloud({}, async (cloud) => {
      const range = { start: SINCE, end: SINCE + 10 * DAY };
      const { windows } = await sync(cloud, { grid_minutes: 1440 }, range);
      expect(windows).toHaveLength(40);
      expectTruth(cloud, range, DAY);
    });
  });

  it('once late and rewritten rows have settled', async () => {
    let now = SINCE + 4 * DAY;
    await withCloud(
      { now: () => now, faults: ['late-rows', 'late-ends', 'rewritten-rows'] },
      async (cloud) => {
        const range = { start: now - DAY, end: now - HOUR };
        await sync(cloud, {}, range, now);
        now += 3 * DAY;
        const { windows } = await sync(cloud, {}, range, now);
        expect(windows.some(({ changed }) => changed)).toBe(true);
        expectTruth(cloud, range);
      },
    );
  });

  it('where a row of another type spoils the listing, which is told', async () => {
    await withCloud({ faults: ['unknown-entity-type'] }, async (cloud) => {
      const range = { start: odd.start, end: odd.start + DAY };
      const { notes } = await sync(cloud, {}, range);
      expect(notes.join('\n')).toMatch(
        /Almanach holds rows of a type that it cannot show.*: network \(24 cells\)/,
      );
      expectTruth(cloud, range);
    });
  });
});

describe('what cannot be read', () => {
  const range = { start: SINCE + 3 * DAY, end: SINCE + 3 * DAY + HOUR };

  it.each(['nan-size', 'string-dates-garbage', 'missing-array'])(
    '%s is never taken for nothing',
    async (fault) => {
      await withCloud({ lives: 12, faults: [fault] }, async (cloud) => {
        const failed = await sync(cloud, {}, range).then(
          ({ failures = [] }) => failures,
          (error: { name: string }) => [{ exc_type: error.name }],
        );
        expect(failed.length).toBeGreaterThan(0);
        for (const { exc_type } of failed) expect(exc_type).toBe('MalformedResponse');
      });
    },
  );

  it('fails one project, and leaves the others alone', async () => {
    await withCloud({}, async (cloud) => {
      const [first] = cloud.projects;
      const { failures = [], windows } = await sync(cloud, { project_ids: [first?.id, 'a/b'] }, range);
      expect(failures).toMatchObject([{ partition: 'a/b', exc_type: 'InvalidConfig' }]);
      expect(windows).toMatchObject([{ partition: first?.id }]);
    });
  });
});
