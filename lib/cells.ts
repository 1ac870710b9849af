import type { Gap } from './provider.ts';
import { DAY, type Interval, type Millis, SECOND } from './time.ts';

/** What a partition remembers of a cell that was delivered. */
export interface CommittedCell extends Interval {
  /** SHA-256 of what was delivered. */
  readonly digest: string;
  readonly records: number;
  readonly quarantined: number;
  /** Planning clock, when it was last read. */
  readonly readAt: Millis;
  /** Final, as far as the provider can be trusted: see {@link settle}. */
  readonly settled: boolean;
  /** What a cell of spend came to: exact decimal text. */
  readonly amount?: string | undefined;
  /** Time within it of which nothing is known. */
  readonly gaps?: readonly Gap[] | undefined;
}

/** What decides that a cell will not change any more. */
export interface Finality {
  /** Cells that end by then are final, the provider says; null when it does not say. */
  readonly settledUntil: Millis | null;
  readonly skew: number;
  readonly lookback: number;
  readonly now: Millis;
}

/** After so long nothing is waited for any more, and a cell may be forgotten once it is settled. */
export const PATIENCE = 35 * DAY;

/**
 * An empty cell between full ones: a usage job that left a day out looks like this. One that is known to be a gap
 * is not suspected of anything.
 */
export function isSuspect(cell: CommittedCell, cells: readonly CommittedCell[]): boolean {
  if (!isUnexplained(cell)) return false;
  return (
    cells.some((other) => other.records > 0 && other.end <= cell.start) &&
    cells.some((other) => other.records > 0 && other.start >= cell.end)
  );
}

function isUnexplained({ gaps, records }: CommittedCell): boolean {
  return records === 0 && !gaps?.length;
}

/**
 * Judges every remembered cell anew (contract: Cells, partitions, settling). A cell is settled when the
 * provider says so; where it does not say, when the lookback has passed and a later cell was not empty. Quarantine and suspicion keep it open, for 35 days at most.
 */
function settleCells(cells: readonly CommittedCell[], finality: Finality): CommittedCell[] {
  const firstFull = cells.find((cell) => cell.records > 0)?.start ?? Number.POSITIVE_INFINITY;
  const lastFull = cells.findLast((cell) => cell.records > 0)?.start ?? Number.NEGATIVE_INFINITY;
  return cells.map((cell) => {
    const suspect = isUnexplained(cell) && firstFull < cell.start && lastFull > cell.start;
    const settled = cell.quarantined === 0 && !suspect && isFinal(cell, lastFull, finality);
    return { ...cell, settled: settled || finality.now - cell.end > PATIENCE };
  });
}

function isFinal(cell: Interval, lastFull: Millis, { settledUntil, skew, lookback, now }: Finality): boolean {
  if (settledUntil !== null) return settledUntil >= cell.end;
  return now - (skew + lookback) * SECOND >= cell.end && lastFull > cell.start;
}

/** A partition's progress: what of it is committed. */
export interface Progress {
  readonly checkpoint: Millis;
  readonly cells: readonly CommittedCell[];
}

/** Adds a delivered cell: the checkpoint goes as far as cells follow it without a gap, and finality is judged anew. */
export function commitCell(
  { checkpoint, cells }: Progress,
  cell: Omit<CommittedCell, 'settled'>,
  finality: Finality,
): Progress {
  const all = withCell(cells, { ...cell, settled: false });
  const reached = advance(checkpoint, all);
  return { checkpoint: reached, cells: forgetOld(settleCells(all, finality), reached) };
}

/** Adds or replaces a cell; the result is ordered by time. */
function withCell(cells: readonly CommittedCell[], cell: CommittedCell): CommittedCell[] {
  return [...cells.filter((other) => other.start !== cell.start), cell].sort((a, b) => a.start - b.start);
}

/** The end of the cells that follow `checkpoint` without a gap. */
function advance(checkpoint: Millis, cells: readonly CommittedCell[]): Millis {
  return cells.reduce(
    (reached, cell) => (cell.start <= reached && cell.end > reached ? cell.end : reached),
    checkpoint,
  );
}

/** Leaves out what will not be read again: settled, behind the checkpoint, and older than our patience. */
function forgetOld(cells: readonly CommittedCell[], checkpoint: Millis): CommittedCell[] {
  return cells.filter((cell) => !cell.settled || cell.end > checkpoint - PATIENCE);
}
