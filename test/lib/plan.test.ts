import { describe, expect, it } from 'vitest';
import type { CommittedCell } from '../../lib/cells.ts';
import { InvalidConfig } from '../../lib/errors.ts';
import { defineGrid } from '../../lib/grid.ts';
import { assertSameGrid, type PlanRequest, planCells, spanOf } from '../../lib/plan.ts';
import { DAY, formatInstant, formatInterval, HOUR, parseInstant } from '../../lib/time.ts';

const at = (text: string) => parseInstant(text) ?? Number.NaN;
const NOW = at('2026-11-21T10:00:00Z');
const request: PlanRequest = {
  now: NOW,
  grid: defineGrid(1440, 'UTC'),
  skew: 10_800,
  lookback: 259_200,
  poll: 3600,
  initialInterval: 0,
  checkpoint: at('2026-11-20T00:00:00Z'),
  cells: [],
};
const cell = (day: string, more: Partial<CommittedCell> = {}): CommittedCell => ({
  start: at(day),
  end: at(day) + DAY,
  digest: 'd',
  records: 1,
  quarantined: 0,
  readAt: NOW - DAY,
  settled: true,
  ...more,
});
const planned = (changes: Partial<PlanRequest>) =>
  planCells({ ...request, ...changes }).cells.map((one) => formatInterval(one));
const reasons = (changes: Partial<PlanRequest>) =>
  planCells({ ...request, ...changes })
    .cells.flatMap((one) => one.reasons)
    .join('; ');

describe('planCells', () => {
  it('plans the complete cells after the checkpoint, oldest first', () => {
    expect(planned({ checkpoint: at('2026-11-18') })).toEqual([
      '2026-11-18T00:00:00Z/2026-11-19T00:00:00Z',
      '2026-11-19T00:00:00Z/2026-11-20T00:00:00Z',
      '2026-11-20T00:00:00Z/2026-11-21T00:00:00Z',
    ]);
  });

  it('or freshest first', () => {
    expect(planned({ checkpoint: at('2026-11-19'), order: 'fresh-first' })[0]).toContain('2026-11-20');
  });

  it('leaves out what ends within the skew', () => {
    expect(planned({ now: at('2026-11-21T02:59:59Z') })).toEqual([]);
    expect(planned({ now: at('2026-11-21T03:00:00Z') })).toHaveLength(1);
  });

  it('is due again for a look once in a poll, where there is something to look at', () => {
    const nextDue = (changes: Partial<PlanRequest>) =>
      formatInstant(planCells({ ...request, lookback: 0, ...changes }).nextDue);
    expect(nextDue({})).toBe('2026-11-22T03:00:00Z');
    expect(nextDue({ observedAt: at('2026-11-21T09:55:00Z') })).toBe('2026-11-21T10:55:00Z');
  });

  it('has nothing due when the checkpoint lies in the future', () => {
    expect(planned({ checkpoint: NOW + DAY })).toEqual([]);
  });

  it('moves a checkpoint within a cell back to its start, and says so', () => {
    expect(planned({ checkpoint: at('2026-11-20T12:00:00Z') })).toEqual([
      '2026-11-20T00:00:00Z/2026-11-21T00:00:00Z',
    ]);
    expect(reasons({ checkpoint: at('2026-11-20T12:00:00Z') })).toContain(
      'moved back from 2026-11-20T12:00:00Z',
    );
  });

  it('begins a first run at one poll and the initial interval, moved back to a cell', () => {
    expect(planned({ checkpoint: null, initialInterval: 2 * 86_400 })).toHaveLength(2);
    expect(reasons({ checkpoint: null, initialInterval: 86_400 })).toContain('first run');
  });

  it('takes the last complete cell when a first run holds no whole one', () => {
    expect(planned({ checkpoint: null })).toEqual(['2026-11-20T00:00:00Z/2026-11-21T00:00:00Z']);
  });

  it('reads the lookback again, once a poll interval', () => {
    const cells = [cell('2026-11-16'), cell('2026-11-18'), cell('2026-11-19')];
    expect(planned({ cells })).toHaveLength(3);
    expect(reasons({ cells })).toContain('read again: within the lookback of 3 d');
    expect(planned({ cells: cells.map((one) => ({ ...one, readAt: NOW - 1800_000 })) })).toHaveLength(1);
  });

  it('counts the lookback from the last cell that told anything: the job may have stood still', () => {
    const standstill = ['2026-11-15', '2026-11-16', '2026-11-17', '2026-11-18', '2026-11-19'].map((day) =>
      cell(day, { records: 0 }),
    );
    const cells = [cell('2026-11-10'), cell('2026-11-13'), cell('2026-11-14'), ...standstill];
    expect(planned({ cells })[0]).toBe('2026-11-13T00:00:00Z/2026-11-14T00:00:00Z');
  });

  it('reads what is not settled again, however old', () => {
    expect(reasons({ cells: [cell('2026-11-02', { settled: false })] })).toContain(
      'read again: not settled yet',
    );
  });

  it('names the empty cell between full ones, and the quarantined', () => {
    const cells = [
      cell('2026-11-01'),
      cell('2026-11-02', { records: 0, settled: false }),
      cell('2026-11-03'),
    ];
    expect(reasons({ cells })).toContain('read again: empty between full cells');
    expect(reasons({ cells: [cell('2026-11-02', { quarantined: 2, settled: false })] })).toContain(
      '2 records were quarantined',
    );
  });

  it('reads again what was read in the future: the clock was set back', () => {
    expect(planned({ cells: [cell('2026-11-19', { readAt: NOW + DAY })] })).toHaveLength(2);
  });

  it('widens --from/--to to whole cells, says so, and leaves out what is not complete', () => {
    const range = { start: at('2026-11-19T12:00:00Z'), end: at('2026-11-21T12:00:00Z') };
    const plan = planCells({ ...request, range });
    expect(plan.cells.map(({ start }) => formatInstant(start))).toEqual([
      '2026-11-19T00:00:00Z',
      '2026-11-20T00:00:00Z',
    ]);
    expect(plan.cells[0]?.reasons.join()).toContain('widened from 2026-11-19T12:00:00Z/2026-11-21T12:00:00Z');
    expect(plan.notes.join()).toContain('later cells were left out');
  });

  it('refuses a range of unreasonably many cells', () => {
    expect(() =>
      planCells({ ...request, grid: defineGrid(1, 'UTC'), range: { start: 0, end: NOW } }),
    ).toThrow(InvalidConfig);
  });

  it.each([
    ['Europe/Berlin', '2026-03-29', '23 h'],
    ['Europe/Berlin', '2026-10-25', '25 h'],
    ['Australia/Lord_Howe', '2026-04-05', '24.5 h'],
  ])('says in %s on %s that the day has %s', (zone, day, length) => {
    const range = { start: at(`${day}T01:00:00Z`), end: at(`${day}T02:00:00Z`) };
    expect(reasons({ grid: defineGrid(1440, zone), range })).toContain(
      `the clock of ${zone} was changed: ${length} long`,
    );
  });

  it('says when the next cell is due', () => {
    const next = (changes: Partial<PlanRequest>) =>
      formatInstant(planCells({ ...request, ...changes }).nextDue);
    expect(next({ checkpoint: at('2026-11-21'), lookback: 0 })).toBe('2026-11-22T03:00:00Z');
    expect(next({ checkpoint: at('2026-11-20') })).toBe('2026-11-21T11:00:00Z');
  });

  it('never changes what it is given', () => {
    const cells = Object.freeze([Object.freeze(cell('2026-11-19'))]);
    expect(() =>
      planCells(Object.freeze({ ...request, cells, order: 'fresh-first' as const })),
    ).not.toThrow();
  });
});

describe('spanOf', () => {
  const cells = planCells({ ...request, checkpoint: at('2026-11-01') }).cells;

  it('is bounded by the backfill, never below one cell', () => {
    expect(spanOf(cells, 86_400 * 3, 100)).toHaveLength(3);
    expect(spanOf(cells, 60, 100)).toHaveLength(1);
    expect(spanOf(cells, 0, 100)).toHaveLength(cells.length);
  });

  it('is bounded in cells, and holds neighbours only', () => {
    expect(spanOf(cells, 0, 4)).toHaveLength(4);
    expect(spanOf([...cells.slice(0, 2), ...cells.slice(5)], 0, 100)).toHaveLength(2);
    expect(spanOf(cells.toReversed(), 0, 100)).toHaveLength(cells.length);
  });
});

describe('assertSameGrid', () => {
  it('names both grids', () => {
    const refuse = () => assertSameGrid(defineGrid(60, 'UTC'), defineGrid(1440, 'Europe/Berlin'));
    expect(refuse).toThrow('from 60 minutes in UTC to 1440 minutes in Europe/Berlin');
    expect(refuse).toThrow(InvalidConfig);
  });

  it('accepts the first grid, and the same', () => {
    expect(() => assertSameGrid(null, defineGrid(60, 'UTC'))).not.toThrow();
    expect(() => assertSameGrid(defineGrid(60, 'UTC'), defineGrid(60, 'UTC'))).not.toThrow();
  });
});

it('an hour has its length', () => {
  expect(
    planCells({ ...request, grid: defineGrid(60, 'Asia/Kolkata'), checkpoint: NOW - 6 * HOUR }).cells.map(
      (one) => one.end - one.start,
    ),
  ).toEqual([HOUR, HOUR, HOUR]);
});
