import { describe, expect, it } from 'vitest';
import { commitCell, isSuspect } from '../../lib/cells.ts';
import { HOUR } from '../../lib/time.ts';

const cell = (hour: number, records: number, gaps?: { start: number; end: number; why: string }[]) => ({
  start: hour * HOUR,
  end: (hour + 1) * HOUR,
  digest: '',
  records,
  quarantined: 0,
  readAt: 9 * HOUR,
  settled: false,
  ...(gaps ? { gaps } : {}),
});
const gap = { start: HOUR, end: 2 * HOUR, why: 'no sample' };

describe('an empty cell between full ones', () => {
  it('is suspected of having been left out', () => {
    expect(isSuspect(cell(1, 0), [cell(0, 3), cell(1, 0), cell(2, 3)])).toBe(true);
  });

  it('is not, when it is known to be a gap: reading it again for weeks would tell nothing', () => {
    expect(isSuspect(cell(1, 0, [gap]), [cell(0, 3), cell(1, 0, [gap]), cell(2, 3)])).toBe(false);
    const finality = { settledUntil: 9 * HOUR, skew: 0, lookback: 0, now: 9 * HOUR };
    const before = { checkpoint: 2 * HOUR, cells: [cell(0, 3), cell(1, 0, [gap])] };
    const { cells } = commitCell(before, cell(2, 3), finality);
    expect(cells.map(({ settled }) => settled)).toEqual([true, true, true]);
  });
});
