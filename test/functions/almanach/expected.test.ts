import { describe, expect, it } from 'vitest';
import { type Life, normalizeUsage } from '../../../functions/almanach/normalize.ts';
import { settleUsage } from '../../../functions/almanach/settle.ts';
import { DAY, HOUR, type Interval } from '../../../lib/time.ts';
import { answerIn, expected } from './recorded.ts';

const october = { start: Date.UTC(2026, 9, 1), end: Date.UTC(2026, 10, 1) };

function livesOf(name: string, more: Record<string, unknown> = {}): Life[] {
  return (answerIn(name) as Record<string, unknown>[]).flatMap((row) => normalizeUsage({ ...row, ...more }));
}

function totals(lives: readonly Life[], cell: Interval) {
  const sums = { instance: 0, volume: 0, gib: 0 };
  for (const { kind, period, variables } of settleUsage(lives, cell).records) {
    const millis = period.end - period.start;
    if (kind === 'instance') sums.instance += millis;
    else sums.volume += millis;
    if (kind === 'volume') sums.gib += millis * Number(variables.size);
  }
  return sums;
}

describe('a recorded month, as another program computed it', () => {
  const truth = expected('EXPECTED-usage-tenant-a-2026-10');
  const summed = livesOf('list_entities-window', { duplicates: 'sum' });

  it('every one of its 46 rows is right to the millisecond', () => {
    const found = summed.map((life) =>
      settleUsage([life], october).records.reduce((sum, { period }) => sum + period.end - period.start, 0),
    );
    expect(found).toHaveLength(46);
    expect(found).toEqual(truth.rows.map(({ overlap_ms }) => overlap_ms));
    expect(found.filter((millis) => millis > 0)).toHaveLength(42);
  });

  it('the sums are right, of the month at once and of its hours', () => {
    const { instance_ms, volume_ms, volume_gib_ms } = truth.totals_sum_of_rows;
    const whole = { instance: instance_ms, volume: volume_ms, gib: volume_gib_ms };
    expect(totals(summed, october)).toEqual(whole);
    const added = { instance: 0, volume: 0, gib: 0 };
    for (let start = october.start; start < october.end; start += HOUR) {
      const cell = totals(summed, { start, end: start + HOUR });
      added.instance += cell.instance;
      added.volume += cell.volume;
      added.gib += cell.gib;
    }
    expect(added).toEqual(whole);
  });

  it('ids that overlap with themselves come to 408 hours each', () => {
    const { records, findings = [] } = settleUsage(livesOf('list_entities-window'), october);
    for (const { entity_id, sum_of_rows_ms, union_ms } of truth.overlapping_rows_of_one_entity) {
      const own = records.filter(({ resource }) => resource.id === entity_id);
      const union = own.reduce((sum, { period }) => sum + period.end - period.start, 0);
      expect(union).toBe(408 * HOUR);
      expect(union).toBe(union_ms);
      expect(findings.find(({ id }) => id === entity_id)?.millis).toBe(sum_of_rows_ms - union_ms);
    }
    expect(totals(livesOf('list_entities-window'), october).instance / HOUR).toBeCloseTo(8051.500286, 6);
    // `a-dup-later`: a day as m1.small, then m1.large.
    const later = records.filter(({ resource }) => resource.name === 'a-dup-later');
    expect(later.map(({ attributes, variables }) => [attributes.flavor, variables.value]).sort()).toEqual([
      ['m1.large', 384 * 3600],
      ['m1.small', 24 * 3600],
    ]);
  });

  it('what counts for nothing is reported', () => {
    const { findings = [] } = settleUsage(livesOf('list_entities-window'), october);
    const names = new Map(
      livesOf('list_entities-window').map(({ resource }) => [resource.id, resource.name]),
    );
    expect(findings.map(({ what, id }) => `${names.get(id)}: ${what.slice(0, 24)}`).sort()).toEqual([
      'a-dup-later: Rows of one id overlap; ',
      'a-dup-same-date: Rows of one id overlap; ',
      'a-end-before-start: Rows that end before the',
      'a-zero-length: Rows without any length ',
    ]);
  });

  it('a single day comes to 240 hours, and 28 932 GiB-hours', () => {
    const day = { start: Date.UTC(2026, 9, 12), end: Date.UTC(2026, 9, 12) + DAY };
    const { instance, gib } = totals(summed, day);
    expect([instance / HOUR, gib / HOUR]).toEqual([240, 28_932]);
    expect(settleUsage(summed, day).records).toHaveLength(24);
  });

  it('another project comes to 1876 hours, the change of the clocks included', () => {
    const { instance, gib } = totals(livesOf('list_entities-tenant-b'), october);
    expect([instance / HOUR, gib / HOUR]).toEqual([1876, 148_800.5]);
    const dst = livesOf('list_entities-tenant-b').find(({ resource }) => resource.name === 'b-dst');
    expect(dst?.variables.value).toBe(3 * 3600);
  });

  it('a project with a name of its own script comes to 480 hours', () => {
    const { instance, gib } = totals(livesOf('list_entities-tenant-unicode'), october);
    expect([instance / HOUR, gib / HOUR]).toEqual([480, 19_200]);
  });
});

describe('the same month while it goes on', () => {
  const truth = expected('EXPECTED-usage-tenant-a-2026-10-now-inside');
  const summed = livesOf('list_entities-window', { duplicates: 'sum' });
  const soFar = { start: october.start, end: Date.UTC(2026, 9, 21, 12) };

  it('counts nothing beyond now, to the millisecond', () => {
    const found = summed.map((life) =>
      settleUsage([life], soFar).records.reduce((sum, { period }) => sum + period.end - period.start, 0),
    );
    expect(found).toEqual(truth.rows.map(({ overlap_ms }) => overlap_ms));
    const { instance_ms, volume_ms, volume_gib_ms } = truth.totals_sum_of_rows;
    expect(totals(summed, soFar)).toEqual({ instance: instance_ms, volume: volume_ms, gib: volume_gib_ms });
  });
});
