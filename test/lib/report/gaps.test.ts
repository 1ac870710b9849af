import { describe, expect, it } from 'vitest';
import { joinGaps } from '../../../lib/report/gaps.ts';

const gap = (start: number, end: number, why = 'not looked at') => ({ start, end, why });

describe('joinGaps', () => {
  it('makes one of those that follow each other, whatever their order', () => {
    expect(joinGaps([gap(2, 3), gap(0, 1), gap(1, 2)])).toEqual([gap(0, 3)]);
  });

  it('keeps apart what has time between, or another reason', () => {
    const apart = [gap(0, 1), gap(1, 2, 'frozen'), gap(3, 4, 'frozen')];
    expect(joinGaps(apart)).toEqual(apart);
  });

  it('has nothing to join of none', () => {
    expect(joinGaps([])).toEqual([]);
  });
});
