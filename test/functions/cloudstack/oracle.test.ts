import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { provider } from '../../../functions/cloudstack/index.ts';
import { loadMapping } from '../../../lib/mapping/load.ts';
import { runMetrics } from '../../../lib/run.ts';
import { fileSink } from '../../../lib/sink/file.ts';
import { fileState } from '../../../lib/state/file.ts';
import { DAY, HOUR, type Interval } from '../../../lib/time.ts';
import type { CloudStackOptions } from '../../../simulators/cloudstack/options.ts';
import { oracle } from '../../../simulators/cloudstack/oracle.ts';
import { type CloudStackSimulator, startCloudStack } from '../../../simulators/cloudstack/server.ts';

const NOW = Date.UTC(2026, 10, 21, 10);
const kinds = [
  'RUNNING_VM ALLOCATED_VM IP_ADDRESS NETWORK_BYTES_SENT NETWORK_BYTES_RECEIVED VOLUME TEMPLATE ISO SNAPSHOT SECURITY_GROUP',
  'LOAD_BALANCER_POLICY PORT_FORWARDING_RULE NETWORK_OFFERING VPN_USERS VM_DISK_IO_READ VM_DISK_IO_WRITE VM_DISK_BYTES_READ',
  'VM_DISK_BYTES_WRITE VM_SNAPSHOT VOLUME_SECONDARY VM_SNAPSHOT_ON_PRIMARY BACKUP BACKUP_BYTES BUCKET NETWORK VPC',
].flatMap((line) => line.split(' '));
/** The amount as it came: what is compared is the reading, not the mapping. */
const asItCame = loadMapping(kinds.map((kind) => `${kind}: {name: raw}\n`).join(''), 'raw.yaml');

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'usage-sync-oracle-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

interface Options {
  credentials?: Record<string, unknown>;
  /** Without one, what is due. */
  range?: Interval;
  now?: number;
}

async function withCloud(options: CloudStackOptions, work: (cloud: CloudStackSimulator) => Promise<void>) {
  const cloud = await startCloudStack({ vms: 6, wireNow: Date.now, planNow: () => NOW, ...options });
  try {
    await work(cloud);
  } finally {
    await cloud.close();
  }
}

function sync(cloud: CloudStackSimulator, { credentials, range, now = NOW }: Options) {
  const subject = {
    id: 'acme',
    customer: null,
    resource: null,
    credentials: { ...cloud.credentials, ...credentials },
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
    mapping: asItCame,
    sink: fileSink(folder),
    state: fileState(join(folder, 'state')),
    seed: null,
  };
  return runMetrics(provider, subject, platform, target, range ? { range } : {});
}

interface Line {
  kind: string;
  provider_id: string;
  time: string;
  end: string;
  value: number;
  tenant: { id: string };
}

/** Rows of equal place are summed: the oracle knows no ordinals. */
function sums(rows: readonly { at: string; amount: bigint }[]): Record<string, bigint> {
  const all: Record<string, bigint> = {};
  for (const { at, amount } of rows) all[at] = (all[at] ?? 0n) + amount;
  return all;
}

function delivered(hours: ReadonlySet<string>, range: Interval): Record<string, bigint> {
  const place = join(folder, 'metrics/acme/all');
  const lines = readdirSync(place).flatMap((name) =>
    readFileSync(join(place, name), 'utf8').split('\n').filter(Boolean),
  );
  return sums(
    lines
      .map((text) => JSON.parse(text) as Line)
      .filter(({ time }) => Date.parse(time) >= range.start && Date.parse(time) < range.end)
      .map(({ kind, provider_id, tenant, time, end, value }) => {
        const amount = BigInt(Math.round(hours.has(kind) ? value * 1e6 : value));
        return { at: [kind, provider_id, tenant.id, Date.parse(time), Date.parse(end)].join(' '), amount };
      }),
  );
}

/** The first few, readable. */
function differences(found: Record<string, bigint>, expected: Record<string, bigint>): string[] {
  const places = [...new Set([...Object.keys(found), ...Object.keys(expected)])];
  return places
    .filter((at) => found[at] !== expected[at])
    .map((at) => `${at}: ${found[at]}, not ${expected[at]}`)
    .slice(0, 5);
}

function expectTruth(cloud: CloudStackSimulator, range: Interval) {
  const truth = oracle(cloud, range);
  const hours = new Set(truth.filter(({ unit }) => unit === 'hours').map(({ kind }) => kind));
  const expected = sums(
    truth.map(({ kind, id, tenant, period, amount }) => ({
      at: [kind, id, tenant, period.start, period.end].join(' '),
      amount,
    })),
  );
  expect(Object.keys(expected).length).toBeGreaterThan(0);
  expect(differences(delivered(hours, range), expected)).toEqual([]);
}

const november = { start: Date.UTC(2026, 10, 10), end: Date.UTC(2026, 10, 17) };
const berlin = (day: number, days: number) => ({
  start: Date.UTC(2026, 9, day) - 2 * HOUR,
  end: Date.UTC(2026, 9, day + days) - HOUR,
});

describe('what is delivered is what the cloud reports for its true history', () => {
  it.each<[string, CloudStackOptions, Interval]>([
    ['days in UTC', { seed: 1 }, november],
    ['days of Berlin with one of 25 hours', { seed: 2, zone: 'Europe/Berlin' }, berlin(24, 3)],
    ['dates with quotation marks', { seed: 3, dateFormat: 'quoted' }, november],
    ['hours', { seed: 4, rangeMinutes: 60 }, { start: november.start, end: november.start + DAY }],
    [
      'hours of a former release',
      { seed: 5, rangeMinutes: 60, dateFormat: 'quoted' },
      { start: november.start, end: november.start + 6 * HOUR },
    ],
    ['backups in bytes', { seed: 6, backupUnit: 'bytes' } as CloudStackOptions, november],
    [
      'pages of seven',
      { seed: 7, maxPageSize: 7, vms: 3 },
      { start: november.start, end: november.start + 2 * DAY },
    ],
    [
      'refusals with a wait',
      { seed: 8, faults: ['429-storm'], rateLimit: { max: 1000, intervalMs: 1000 } },
      november,
    ],
    ['a server that fails now and then', { seed: 9, faults: ['5xx'] }, november],
    ['answers that end in the middle', { seed: 10, faults: ['truncated-json'] }, november],
    ['broken connections', { seed: 11, faults: ['reset'] }, november],
    ['HTML with 200', { seed: 12, faults: ['html-200'] }, november],
    ['repeated rows', { seed: 13, faults: ['duplicate-rows'] }, november],
    [
      'a listing that moves',
      { seed: 14, faults: ['page-drift'], maxPageSize: 30 },
      { start: november.start, end: november.start + 2 * DAY },
    ],
  ])(
    '%s',
    async (_, options, range) => {
      await withCloud(options, async (cloud) => {
        const { status } = await sync(cloud, { range });
        expect(status).toBe('done');
        expectTruth(cloud, range);
      });
    },
    60_000,
  );

  it('for a domain administrator, who sees a part and may ask less', async () => {
    await withCloud({ seed: 20, role: 'domain-admin', zone: 'Europe/Berlin' }, async (cloud) => {
      const { notes } = await sync(cloud, {
        range: berlin(24, 3),
        credentials: { usage_aggregation_timezone: 'Europe/Berlin', usage_aggregation_range: 1440 },
      });
      expect(notes.join()).toContain('listUsageServerMetrics');
      expectTruth(cloud, berlin(24, 3));
    });
  });

  it('once late rows have come', async () => {
    let now = NOW;
    await withCloud({ seed: 21, faults: ['late-rows'], planNow: () => now }, async (cloud) => {
      const range = { start: Date.UTC(2026, 10, 17), end: Date.UTC(2026, 10, 20) };
      await sync(cloud, { range });
      expect(() => expectTruth(cloud, range)).toThrow();
      for (now = NOW + DAY; now <= NOW + 5 * DAY; now += DAY) {
        await sync(cloud, { now });
      }
      expectTruth(cloud, range);
    });
  });
});

describe('what cannot be read is not delivered', () => {
  const range = { start: Date.UTC(2026, 10, 18), end: Date.UTC(2026, 10, 19) };

  it.each([
    ['lying-count', 'InconsistentListing'],
    ['repeat-page', 'InconsistentListing'],
    ['missing-array', 'MalformedResponse'],
    ['no-permission', 'InsufficientPermission'],
    ['clock-skew', 'InvalidCredentials'],
    ['gzip-bomb', 'MalformedResponse'],
  ])('%s', async (fault, name) => {
    await withCloud({ seed: 30, faults: [fault], maxPageSize: 30 }, async (cloud) => {
      await expect(sync(cloud, { range })).rejects.toMatchObject({ name });
      expect(readdirSync(folder).includes('metrics')).toBe(false);
    });
  });
});
