import { DAY, HOUR, type Interval, type Millis, SECOND } from '../../lib/time.ts';
import { randomFor, seedOf, share } from '../seeded.ts';
import type { Calendar } from './calendar.ts';
import type { FaultName } from './faults.ts';
import type { Row } from './usage-job.ts';

/** The faults that change which rows the database holds, fixed to the moment at which they were set. */
export interface RowFaults {
  /** The last job that ran ended by then; null while the job is well. */
  readonly stoppedAt: Millis | null;
  /** Changes what the truth has stored; in the order of internal ids. */
  apply(rows: readonly Row[]): readonly Row[];
}

/** @param visible the rows of an interval that the caller may see: one of them is to be the bad one */
export function rowFaults(
  {
    seed,
    calendar,
    visible,
  }: { seed: number; calendar: Calendar; visible(interval: Interval): readonly Row[] },
  faults: ReadonlySet<FaultName>,
  setAt: Millis,
): RowFaults {
  const stoppedAt = faults.has('usage-server-stopped') ? setAt - 7 * DAY : null;
  const empty = faults.has('suspect-empty-day') ? someDay(seed, 'suspect-empty-day', setAt, calendar) : null;
  const bad = faults.has('bad-row') ? drawn(seed, visible(someDay(seed, 'bad-row', setAt, calendar))) : null;
  const late = faults.has('late-rows');
  const skipped = faults.has('skipped-days');
  const rewritten = faults.has('rewritten-rows');
  const twice = faults.has('duplicate-rows');
  return {
    stoppedAt,
    apply(rows) {
      let changed = rows;
      if (stoppedAt !== null) changed = changed.filter(({ storedAt }) => storedAt <= stoppedAt);
      if (empty) changed = changed.filter(({ period }) => !isIn(period, empty));
      if (bad) changed = changed.map((row) => (isSame(row, bad) ? { ...row, badText: 'NaN' } : row));
      if (late) changed = changed.map((row) => delayed(seed, row));
      if (rewritten) changed = changed.map((row) => asFirstStored(seed, row, setAt));
      if (twice) changed = changed.flatMap((row) => repeated(seed, row));
      if (skipped) changed = changed.map((row) => madeUpFor(seed, row, calendar));
      return late || twice || skipped ? [...changed].sort((a, b) => a.storedAt - b.storedAt) : changed;
    },
  };
}

/** A whole local day, three to six days before the fault was set. */
function someDay(seed: number, fault: FaultName, setAt: Millis, calendar: Calendar): Interval {
  const day = calendar.dayOf(setAt) - randomFor(seed, fault).int(3, 6);
  const periods = calendar.periodsOf(day);
  return { start: periods[0]?.start ?? setAt, end: periods.at(-1)?.end ?? setAt };
}

function delayed(seed: number, row: Row): Row {
  const lot = shareOf(seed, 'late-rows', row);
  if (lot >= 0.05) return row;
  return { ...row, storedAt: row.storedAt + (1 + Math.floor((lot / 0.05) * 72)) * HOUR };
}

/** Until it is corrected the row says twice as much. What is not corrected when the fault is set stays so. */
function asFirstStored(seed: number, row: Row, setAt: Millis): Row {
  const lot = shareOf(seed, 'rewritten-rows', row);
  if (lot >= 0.01) return row;
  const correctedAt = row.period.end + (1 + Math.floor((lot / 0.01) * 48)) * HOUR;
  return correctedAt <= setAt ? row : { ...row, amount: row.amount * 2 };
}

/** The rows of one day in seven come all at once, five days later than they should. */
function madeUpFor(seed: number, row: Row, calendar: Calendar): Row {
  if ((calendar.dayOf(row.period.start) + seed) % 7 !== 0) return row;
  return { ...row, storedAt: Math.max(row.storedAt, row.period.end + 5 * DAY) };
}

function repeated(seed: number, row: Row): Row[] {
  const lot = shareOf(seed, 'duplicate-rows', row);
  if (lot >= 0.03) return [row];
  return [row, { ...row, storedAt: row.storedAt + (1 + Math.floor((lot / 0.03) * 3)) * DAY }];
}

/** The row that draws the lowest lot. */
function drawn(seed: number, rows: readonly Row[]): Row | null {
  const lots = rows.map((row) => shareOf(seed, 'bad-row', row));
  return rows[lots.indexOf(lots.reduce((least, lot) => Math.min(least, lot), 1))] ?? null;
}

function isSame(a: Row, b: Row): boolean {
  return a.use === b.use && a.period.start === b.period.start;
}

function shareOf(seed: number, fault: FaultName, { use, period }: Row): number {
  return share(use.seed ^ seedOf(seed, fault), period.start / SECOND);
}

function isIn({ start }: Interval, day: Interval): boolean {
  return day.start <= start && start < day.end;
}
