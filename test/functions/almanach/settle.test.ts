import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Life, normalizeUsage } from '../../../functions/almanach/normalize.ts';
import { settleUsage } from '../../../functions/almanach/settle.ts';
import { HOUR, type Interval } from '../../../lib/time.ts';

/** A row as the server writes it, its dates in milliseconds. */
function row(start: number, end: number | null, more: Record<string, unknown> = {}) {
  const date = (instant: number) => new Date(instant).toISOString().replace('T', ' ').replace('Z', '+00:00');
  return {
    entity_type: 'instance',
    entity_id: 'vm',
    project_id: 'p',
    start: date(start),
    end: end === null ? null : date(end),
    flavor: 'small',
    ...more,
  };
}

const lives = (rows: readonly unknown[]): Life[] => rows.flatMap(normalizeUsage);
const cell: Interval = { start: 10 * HOUR, end: 11 * HOUR };

/** Pieces as `flavor start-end`, in milliseconds from the beginning of the cell. */
function pieces(rows: readonly unknown[], within = cell): string[] {
  return settleUsage(lives(rows), within)
    .records.map(({ attributes, period }) => {
      expect(Number.isInteger(period.start) && Number.isInteger(period.end)).toBe(true);
      return `${attributes.flavor} ${period.start - within.start}-${period.end - within.start}`;
    })
    .sort();
}

const value = (rows: readonly unknown[], within = cell) =>
  settleUsage(lives(rows), within).records.reduce((sum, record) => sum + millis(record), 0);
const millis = ({ variables, period }: Life) => {
  expect(variables.value).toBe((period.end - period.start) / 1000);
  return period.end - period.start;
};

describe('a row counts for as long as it overlaps the cell', () => {
  it.each([
    ['inside', 100, 200, 100],
    ['over its start', -500, 200, 200],
    ['over its end', HOUR - 1, HOUR + 999, 1],
    ['over all of it', -1, HOUR + 1, HOUR],
    ['open', 1, null, HOUR - 1],
    ['ends where it begins', -100, 0, 0],
    ['begins where it ends', HOUR, null, 0],
  ])('%s', (_, start, end, expected) => {
    expect(value([row(cell.start + start, end === null ? null : cell.start + end)])).toBe(expected);
  });

  it('counts rows that touch each with its own attributes', () => {
    const at = (millis: number) => cell.start + millis;
    const rows = [
      row(at(0), at(1000)),
      row(at(1000), at(5000), { flavor: 'large' }),
      row(at(5000), null, { flavor: 'huge' }),
    ];
    expect(pieces(rows)).toEqual(['huge 5000-3600000', 'large 1000-5000', 'small 0-1000']);
    expect(settleUsage(lives(rows), cell).findings).toEqual([]);
  });

  it('gives a row without length, or that ends before it starts, no usage but a finding', () => {
    const rows = [
      row(cell.start + 5, cell.start + 5, { entity_id: 'none' }),
      row(cell.start + 9, cell.start + 3),
    ];
    expect(settleUsage(lives(rows), cell)).toEqual({
      records: [],
      duplicates: 0,
      findings: [
        { what: 'Rows without any length count for nothing', id: 'none' },
        { what: 'Rows that end before they start count for nothing', id: 'vm' },
      ],
    });
  });

  it('reports rows that the server cannot show', () => {
    const unshown = { unshown_type: 'network', project_id: 'p', ...cell };
    const { records, findings } = settleUsage(lives([unshown]), cell);
    expect(records).toEqual([]);
    expect(findings).toEqual([{ what: expect.stringContaining('cannot show'), id: 'network' }]);
  });
});

describe('rows of one id that overlap', () => {
  const at = (millis: number) => cell.start + millis;

  it('count once for each instant, for the row that started last; the other keeps both its ends', () => {
    const rows = [row(at(0), at(9000)), row(at(2000), at(5000), { flavor: 'large' })];
    expect(pieces(rows)).toEqual(['large 2000-5000', 'small 0-2000', 'small 5000-9000']);
    expect(pieces([...rows].reverse())).toEqual(pieces(rows));
    expect(settleUsage(lives(rows), cell).findings).toEqual([
      { what: expect.stringContaining('counts once'), id: 'vm', millis: 3000 },
    ]);
  });

  it('counts two creations at the same time as one server', () => {
    const { records, duplicates, findings } = settleUsage(lives([row(0, null), row(0, null)]), cell);
    expect([records.length, duplicates, findings?.[0]?.millis]).toEqual([1, 1, HOUR]);
  });

  it('add up when the account says so, and are reported all the same', () => {
    const sum = { duplicates: 'sum' };
    const rows = [row(0, null, sum), row(at(1000), null, { ...sum, flavor: 'large' })];
    expect(pieces(rows)).toEqual(['large 1000-3600000', 'small 0-3600000']);
    expect(settleUsage(lives(rows), cell)).toMatchObject({
      duplicates: 0,
      findings: [{ what: expect.stringContaining('duplicates is sum'), millis: HOUR - 1000 }],
    });
  });

  it('are told apart by project and by type', () => {
    const rows = [
      row(0, null),
      row(0, null, { project_id: 'q' }),
      row(0, null, { entity_type: 'volume', size: 1 }),
    ];
    expect(value(rows)).toBe(3 * HOUR);
  });
});

describe('for any rows', () => {
  const span = { start: 1000, end: 2000 };
  const rows = fc.array(
    fc.record({
      start: fc.integer({ min: 0, max: 3000 }),
      length: fc.option(fc.integer({ min: -50, max: 1500 })),
      id: fc.constantFrom('a', 'b'),
      flavor: fc.constantFrom('small', 'large'),
    }),
    { maxLength: 12 },
  );
  type Rows = readonly { start: number; length: number | null; id: string; flavor: string }[];
  const written = (given: Rows, more = {}) =>
    given.map(({ start, length, id, flavor }) =>
      row(start, length === null ? null : start + length, { entity_id: id, flavor, ...more }),
    );

  it('the union is the number of milliseconds in which the id lived, and the cut is conserved', () => {
    fc.assert(
      fc.property(rows, (given) => {
        const settled = settleUsage(lives(written(given)), span);
        for (const id of ['a', 'b']) {
          const own = given.filter((one) => one.id === id);
          const alive = (instant: number) =>
            own.filter(
              ({ start, length }) => start <= instant && (length === null || instant < start + length),
            );
          let union = 0;
          let sum = 0;
          for (let instant = span.start; instant < span.end; instant += 1) {
            union += Math.min(1, alive(instant).length);
            sum += alive(instant).length;
          }
          const mine = settled.records.filter(({ resource }) => resource.id === id);
          const got = mine.reduce((all, record) => all + millis(record), 0);
          const cut = (settled.findings ?? []).filter((one) => one.id === id);
          expect(got).toBe(union);
          expect(got + cut.reduce((all, one) => all + (one.millis ?? 0), 0)).toBe(sum);
          for (const record of mine) {
            const latest = Math.max(...alive(record.period.start).map(({ start }) => start));
            expect(record.identity[3]).toBe(normalizeUsage(row(latest, null))[0]?.identity[3]);
          }
        }
      }),
      { numRuns: 200 },
    );
  });

  it('windows add up, and the order of the answer does not matter', () => {
    const byFlavor = (given: readonly unknown[], within: Interval) => {
      const sums: Record<string, number> = {};
      for (const record of settleUsage(lives(given), within).records) {
        const key = `${record.resource.id} ${record.attributes.flavor} ${record.identity[3]}`;
        sums[key] = (sums[key] ?? 0) + millis(record);
      }
      return sums;
    };
    fc.assert(
      fc.property(
        rows,
        fc.integer({ min: 1001, max: 1999 }),
        fc.constantFrom({}, { duplicates: 'sum' }),
        (given, middle, how) => {
          const all = written(given, how);
          const whole = byFlavor(all, span);
          const parts = [
            byFlavor(all, { start: span.start, end: middle }),
            byFlavor([...all].reverse(), { start: middle, end: span.end }),
          ];
          const added: Record<string, number> = {};
          for (const part of parts)
            for (const [key, one] of Object.entries(part)) added[key] = (added[key] ?? 0) + one;
          expect(added).toEqual(whole);
        },
      ),
      { numRuns: 300 },
    );
  });
});
