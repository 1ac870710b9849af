import { HOUR, MINUTE, type Millis } from '../../lib/time.ts';
import { seedOf, share } from '../seeded.ts';
import type { FaultName } from './faults.ts';
import type { Row } from './row.ts';

/** One row in so many is struck. */
const ONE_IN = 10;

type Change = (seed: number, row: Row, now: Millis) => readonly Row[];

/** What becomes of a row while a fault is on; one that is not struck stays as it is. */
const changes: Partial<Record<FaultName, Change>> = {
  'late-rows': (seed, row, now) => (row.start + delay(seed, 'late-rows', row) <= now ? [row] : []),
  'late-ends': (seed, row, now) => [stillOpen(seed, row, now)],
  'rewritten-rows': (seed, row, now) => [asFirstEnded(seed, row, now)],
  'rewritten-starts': (seed, row, now) => [asFirstStarted(seed, row, now)],
  'ghost-rows': (seed, row, now) =>
    row.start + delay(seed, 'ghost-rows', row) > now ? [row, { ...row, id: `${row.id}-ghost` }] : [row],
};

/** The rows as they stand in a database that hears of things late. The truth is what it was given. */
export function asHeard(
  seed: number,
  faults: ReadonlySet<FaultName>,
  rows: readonly Row[],
  now: Millis,
): readonly Row[] {
  return [...faults].reduce<readonly Row[]>((heard, fault) => {
    const change = changes[fault];
    return change ? heard.flatMap((row) => change(seed, row, now)) : heard;
  }, rows);
}

function stillOpen(seed: number, row: Row, now: Millis): Row {
  if (row.end === null || row.end + delay(seed, 'late-ends', row) <= now) return row;
  return { ...row, end: null, lastEvent: row.start };
}

/** Until it is corrected the row ends up to an hour too early, but never before it begins. */
function asFirstEnded(seed: number, row: Row, now: Millis): Row {
  const wait = delay(seed, 'rewritten-rows', row);
  if (row.end === null || row.end + wait <= now) return row;
  const end = Math.max(row.start, row.end - error(seed, row));
  return end < row.end ? { ...row, end } : row;
}

/** Until it is corrected the row starts up to an hour too late, but never after it ends. */
function asFirstStarted(seed: number, row: Row, now: Millis): Row {
  if (row.start + delay(seed, 'rewritten-starts', row) <= now) return row;
  const start = row.start + error(seed, row);
  return row.end === null || start < row.end ? { ...row, start } : row;
}

/** One minute to an hour. */
function error(seed: number, { id, start }: Row): Millis {
  return (1 + Math.floor(share(seedOf(seed, 'error', id), start) * 60)) * MINUTE;
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
