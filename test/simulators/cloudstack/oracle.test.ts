import { describe, expect, it } from 'vitest';
import { kindOf } from '../../../simulators/cloudstack/kinds.ts';
import type { CloudStackOptions } from '../../../simulators/cloudstack/options.ts';
import { oracle, totals } from '../../../simulators/cloudstack/oracle.ts';
import { cloudStack, type UsageRow, usage } from './caller.ts';

const DAY = 86_400_000;
/** Around the end of summer time in Berlin. */
const days = { start: Date.UTC(2026, 9, 22, 22), end: Date.UTC(2026, 9, 27, 23) };
const query = { startdate: '2026-10-23', enddate: '2026-10-27', isrecursive: 'true' };

/** Reads rows as an outsider would: digits only, no floating point. */
function sums(rows: readonly UsageRow[]): Map<string, bigint> {
  const found = new Map<string, bigint>();
  for (const { usagetype, rawusage, usage: text } of rows) {
    const inHours = String(text).endsWith(' Hrs');
    const [whole = '', decimals = ''] = rawusage.split('.');
    const amount = BigInt(inHours ? whole + decimals.padEnd(6, '0') : whole);
    const kind = kindOf(usagetype, inHours ? 'hours' : 'bytes');
    found.set(kind, (found.get(kind) ?? 0n) + amount);
  }
  return found;
}

describe('the oracle', () => {
  it.each<CloudStackOptions>([
    { seed: 1, vms: 12 },
    { seed: 2, vms: 12, rangeMinutes: 60, dateFormat: 'quoted' },
    { seed: 3, vms: 12, role: 'domain-admin', backupUnit: 'bytes' },
  ])('knows what is served: %j', async (options) => {
    const cloud = await cloudStack({ zone: 'Europe/Berlin', ...options });
    const rows = await usage(cloud, query);
    const truth = oracle(cloud, days);
    expect(truth).toHaveLength(rows.length);
    expect(totals(truth)).toEqual(sums(rows));
    expect(totals(truth).size).toBeGreaterThan(15);
  });

  it('knows each row by the contract’s id', async () => {
    const cloud = await cloudStack({ vms: 12, zone: 'Europe/Berlin' });
    const rows = await usage(cloud, query);
    const ids = rows.map((row) => {
      const text = String(row.description);
      if (row.usagetype === 13) return `${row.offeringid}/${row.virtualmachineid}`;
      if (row.usagetype === 26) return /\(([0-9a-f-]{36})\)/.exec(text)?.[1];
      if (row.usagetype === 30) return `network:${/ID: (\d+)/.exec(text)?.[1]}`;
      if (row.usagetype === 31) return `vpc:${/ID: (\d+)/.exec(text)?.[1]}`;
      return row.usageid;
    });
    expect(oracle(cloud, days).map(({ id }) => id)).toEqual(ids);
    expect(oracle(cloud, days).map(({ tenant }) => tenant)).toEqual(
      rows.map((row) => row.accountid ?? row.projectid),
    );
  });

  it('needs no server, and narrows to kinds', () => {
    const options = { seed: 4, vms: 6 };
    const week = { start: Date.UTC(2026, 4, 1), end: Date.UTC(2026, 4, 8) };
    const volumes = oracle(options, week, ['VOLUME']);
    expect(volumes).toEqual(oracle(options, week).filter(({ kind }) => kind === 'VOLUME'));
    expect([...totals(volumes).keys()]).toEqual(['VOLUME']);
  });

  it('takes rows whose start lies in the interval, its end excluded', () => {
    const options = { vms: 0 };
    const start = Date.UTC(2026, 4, 1);
    const starts = (from: number, to: number) => [
      ...new Set(oracle(options, { start: from, end: to }).map(({ period }) => period.start)),
    ];
    expect(starts(start, start + DAY)).toEqual([start]);
    expect(starts(start + 1, start + DAY)).toEqual([]);
    expect(starts(start, start + DAY + 1)).toEqual([start, start + DAY]);
  });

  it('loses nothing where periods meet: a month by hours is the month by days', () => {
    const month = { start: Date.UTC(2026, 9, 1), end: Date.UTC(2026, 10, 1) };
    const sum = (rangeMinutes: 60 | 1440) =>
      totals(oracle({ vms: 8, rangeMinutes }, month, ['RUNNING_VM', 'ALLOCATED_VM', 'VOLUME', 'NETWORK']));
    const [hourly, daily] = [sum(60), sum(1440)];
    for (const [kind, amount] of daily) {
      // Each row is rounded for itself, to half a millionth.
      const apart = Number((hourly.get(kind) ?? 0n) - amount);
      expect(Math.abs(apart)).toBeLessThan(31 * 25 * 40);
    }
    expect(daily.get('NETWORK')).toBe(6n * 31n * 24n * 1_000_000n);
  });

  it('is not moved by faults or by the clock', async () => {
    const cloud = await cloudStack({ vms: 4 });
    const before = oracle(cloud, days);
    const faulty = await cloudStack({
      vms: 4,
      now: () => days.start,
      faults: ['late-rows', 'duplicate-rows', 'bad-row'],
    });
    expect(oracle(faulty, days)).toEqual(before);
  });

  it('counts 25 hours for the day on which clocks go back', () => {
    const day = { start: Date.UTC(2026, 9, 24, 22), end: Date.UTC(2026, 9, 25, 23) };
    const rows = oracle({ vms: 0, zone: 'Europe/Berlin' }, day, ['NETWORK']);
    expect(rows.map(({ amount, period }) => [amount, period])).toEqual(Array(6).fill([25_000_000n, day]));
  });
});
