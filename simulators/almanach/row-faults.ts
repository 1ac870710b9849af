import { HOUR, MINUTE, type Millis } from '../../lib/time.ts';
import { seedOf, share } from '../seeded.ts';
import type { FaultName } from './faults.ts';
import type { Row } from './row.ts';

/** One row in so many is struck. */
const ONE_IN = 10;

/** The rows as they stand in a database that hears of things late. The truth is what it was given. */
export function asHeard(
  seed: number,
  faults: ReadonlySet<FaultName>,
  rows: readonly Row[],
  now: Millis,
): readonly Row[] {
  if (!faults.has('late-rows') && !faults.has('late-ends') && !faults.has('rewritten-rows')) return rows;
  return rows
    .filter((row) => !faults.has('late-rows') || row.start + delay(seed, 'late-rows', row) <= now)
    .map((row) => (faults.has('late-ends') ? stillOpen(seed, row, now) : row))
    .map((row) => (faults.has('rewritten-rows') ? asFirstWritten(seed, row, now) : row));
}

function stillOpen(seed: number, row: Row, now: Millis): Row {
  if (row.end === null || row.end + delay(seed, 'late-ends', row) <= now) return row;
  return { ...row, end: null, lastEvent: row.start };
}

/** Until it is corrected the row ends up to an hour too early, but never before it begins. */
function asFirstWritten(seed: number, row: Row, now: Millis): Row {
  const wait = delay(seed, 'rewritten-rows', row);
  if (row.end === null || wait === 0 || row.end + wait <= now) return row;
  const end = Math.max(row.start, row.end - (1 + (wait % 59)) * MINUTE);
  return end < row.end ? { ...row, end } : row;
}

/** 1 to 48 hours for a row that is struck, 0 for the others. */
function delay(seed: number, fault: FaultName, row: Row): Millis {
  const lot = lotOf(seed, fault, row);
  return lot < 1 / ONE_IN ? (1 + Math.floor(lot * ONE_IN * 48)) * HOUR : 0;
}

/** A row as an answer shows it, with what the faults do to its fields. */
export function spoilt(
  seed: number,
  faults: ReadonlySet<FaultName>,
  row: Row,
  fields: Record<string, unknown>,
): Record<string, unknown> {
  const isStruck = (fault: FaultName, oneIn: number) =>
    faults.has(fault) && lotOf(seed, fault, row) < 1 / oneIn;
  if (row.type === 'volume' && isStruck('nan-size', 5)) return { ...fields, size: 'NaN' };
  return isStruck('string-dates-garbage', ONE_IN) ? { ...fields, start: 'the other day' } : fields;
}

function lotOf(seed: number, fault: FaultName, { id, start }: Row): number {
  return share(seedOf(seed, fault, id), start);
}
