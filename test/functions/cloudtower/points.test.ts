import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { meanOver, pointsOf, rangeFor, rateOver } from '../../../functions/cloudtower/points.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../../../lib/time.ts';

const cell = { start: 0, end: HOUR };
const every = (step: number, from: number, values: readonly (number | null)[]) =>
  values.map((v, at) => ({ t: from + at * step, v }));

describe('a mean', () => {
  it('takes the points of the cell alone, wherever they lie', () => {
    const points = every(
      30 * SECOND,
      -7 * SECOND - 30 * SECOND,
      Array(200)
        .fill(0)
        .map((_, at) => at),
    );
    const folded = meanOver(points, cell, 30 * SECOND);
    expect(folded).toMatchObject({ count: 120, coverage: 1 });
    expect(folded?.mean).toBeCloseTo(61.5, 6);
  });

  it('passes over nulls and times that come twice, and says how much it stands for', () => {
    const points = [...every(5 * MINUTE, 0, [10, null, 20]), { t: 10 * MINUTE, v: 99 }];
    expect(meanOver(points, cell, 5 * MINUTE)).toMatchObject({ mean: 15, count: 2, coverage: 1 / 6 });
    expect(meanOver(every(MINUTE, HOUR, [1, 2]), cell, MINUTE)).toBeNull();
    expect(meanOver([], cell, MINUTE)).toBeNull();
  });

  it('lies between its points, and covers no more than the cell', () => {
    const values = fc.array(fc.double({ min: -1e9, max: 1e9, noNaN: true }), { minLength: 1, maxLength: 50 });
    const steps = fc.integer({ min: 1, max: 2 * HOUR });
    fc.assert(
      fc.property(values, steps, fc.integer({ min: -HOUR, max: HOUR }), (all, step, from) => {
        const folded = meanOver(every(step, from, all), cell, step);
        if (folded === null) return;
        const slack = 1e-6 * Math.max(...all.map(Math.abs), 1);
        expect(folded.mean).toBeGreaterThanOrEqual(Math.min(...all) - slack);
        expect(folded.mean).toBeLessThanOrEqual(Math.max(...all) + slack);
        expect(folded.coverage).toBeLessThanOrEqual(1);
      }),
    );
  });
});

describe('a counter', () => {
  it('is a rate, and begins anew without a loss', () => {
    const points = every(10 * SECOND, 0, [100, 200, 300, 5, 105]);
    expect(rateOver(points, cell)).toMatchObject({ mean: 10, count: 3, coverage: 30 / 3600 });
  });

  it('needs two points', () => {
    expect(rateOver(every(SECOND, 0, [1]), cell)).toBeNull();
    expect(rateOver(every(SECOND, 0, [5, 4]), cell)).toBeNull();
  });
});

it('names the point that cannot be read', () => {
  expect(() =>
    pointsOf([
      { t: 1, v: 2 },
      { t: 2, v: 'NaN' },
    ]),
  ).toThrow('points[1].v: not a number');
  expect(() => pointsOf([null])).toThrow('points[0].t: not a number');
  expect(pointsOf([{ t: 2 }, { t: 1, v: 3 }])).toEqual([
    { t: 1, v: 3 },
    { t: 2, v: null },
  ]);
});

it.each([
  [65 * MINUTE, HOUR, '2h'],
  [2 * HOUR, HOUR, '2h'],
  [2 * HOUR + 1, HOUR, '24h'],
  [25 * HOUR, HOUR, '7d'],
  [6 * DAY, 15 * MINUTE, undefined],
  [8 * DAY, HOUR, undefined],
  [8 * DAY, DAY, '30d'],
  [60 * DAY, DAY, '182d'],
  [200 * DAY, DAY, undefined],
])('a cell that began %i ago and lasts %i is read from %s', (ago, length, name) => {
  expect(rangeFor({ start: -ago, end: -ago + length }, 0)?.name).toBe(name);
});
