import { type CommittedCell, isSuspect } from './cells.ts';
import { InvalidConfig } from './errors.ts';
import { cellAt, cellsOver, describeGrid, type Grid, nextBoundary } from './grid.ts';
import { setupTimeInterval } from './interval.ts';
import { formatInstant, formatInterval, HOUR, type Interval, MINUTE, type Millis, SECOND } from './time.ts';

/** A cell that is due, and what made it so. */
export interface PlannedCell extends Interval {
  readonly reasons: readonly string[];
}

/** What planning knows. Durations in seconds. */
export interface PlanRequest {
  readonly now: Millis;
  readonly grid: Grid;
  readonly skew: number;
  readonly lookback: number;
  /** How often the account is read; a cell is not read again sooner. */
  readonly poll: number;
  /** How much more than one poll a first run reads. */
  readonly initialInterval: number;
  /** Everything before it was delivered; null on a first run. */
  readonly checkpoint: Millis | null;
  /** Cells that were delivered and are remembered. */
  readonly cells: readonly CommittedCell[];
  /** When what is there was last looked at: that is due once in a poll, whatever cells are. */
  readonly observedAt?: Millis | undefined;
  /** `--from/--to`: read this again, whatever is due. */
  readonly range?: Interval;
  readonly order?: 'oldest-first' | 'fresh-first';
}

export interface Plan {
  readonly cells: readonly PlannedCell[];
  /** When there is something to do again, once these are done. */
  readonly nextDue: Millis;
  readonly notes: readonly string[];
}

/** A cell on any grid lasts at most a little over a day; this many in one plan is a mistake in the input. */
const MOST_CELLS = 100_000;

/**
 * The cells that are due, oldest first unless asked otherwise; none means that nothing is due. Pure: the same
 * request gives the same plan.
 * @throws InvalidConfig when the range asks for an unreasonable number of cells.
 */
export function planCells(request: PlanRequest): Plan {
  const { grid, now, skew, order } = request;
  const end = now - skew * SECOND;
  const planned = request.range
    ? plannedByRange(request, request.range, end)
    : plannedByCheckpoint(request, end);
  const cells = planned.map((cell) => ({ ...cell, reasons: [...cell.reasons, ...clockReasons(cell, grid)] }));
  if (order === 'fresh-first') cells.reverse();
  const nextLook = request.observedAt === undefined ? [] : [request.observedAt + request.poll * SECOND];
  return { cells, nextDue: Math.min(nextDue(request, cells), ...nextLook), notes: notesOf(request, cells) };
}

/** A checkpoint belongs to its grid: on another one its cells would count time twice, or never. */
export function assertSameGrid(stored: Grid | null, current: Grid): void {
  if (stored === null || (stored.minutes === current.minutes && stored.zone === current.zone)) return;
  throw new InvalidConfig(
    `The grid changed from ${describeGrid(stored)} to ${describeGrid(current)}; what was delivered would not fit`,
    {
      code: 'GRID_CHANGED',
      hint: 'Restore the former setting, or rewrite the range with `usage-sync sync --regrid`.',
    },
  );
}

/**
 * Joins neighbouring cells into the spans of one fetch each.
 * @param longest seconds, the provider's or the account's `backfill`; 0 means no limit. Never below one cell.
 * @param most cells in one span.
 */
export function spanOf(cells: readonly PlannedCell[], longest: number, most: number): readonly PlannedCell[] {
  const [first] = cells;
  if (!first) return [];
  const taken = [first];
  for (const cell of cells.slice(1, most)) {
    const last = taken[taken.length - 1] ?? first;
    const start = Math.min(first.start, cell.start);
    const end = Math.max(first.end, cell.end);
    const neighbour = cell.start === last.end || cell.end === last.start;
    if (!neighbour || (longest > 0 && end - start > longest * SECOND)) break;
    taken.push(cell);
  }
  return taken;
}

/** The interval that a span's cells cover together. */
export function covering(cells: readonly Interval[]): Interval {
  return cells.reduce(
    (all, { start, end }) => ({ start: Math.min(all.start, start), end: Math.max(all.end, end) }),
    { start: Number.POSITIVE_INFINITY, end: Number.NEGATIVE_INFINITY },
  );
}

function plannedByCheckpoint(request: PlanRequest, end: Millis): PlannedCell[] {
  const { checkpoint, grid, skew } = request;
  const known = new Set(request.cells.map((cell) => cell.start));
  const due = `complete since its end stands ${describeSeconds(skew)} behind now`;
  if (checkpoint === null)
    return firstRun(request, end).map((cell) => ({ ...cell, reasons: [...cell.reasons, due] }));
  const fresh = completeCells(grid, { start: checkpoint, end })
    .filter((cell) => !known.has(cell.start))
    .map((cell) => ({
      ...cell,
      reasons: [
        cell.start < checkpoint
          ? `moved back from ${formatInstant(checkpoint)} to the start of its cell`
          : 'new',
        due,
      ],
    }));
  return [...readAgain(request, end), ...fresh].sort((a, b) => a.start - b.start);
}

function firstRun(request: PlanRequest, end: Millis): PlannedCell[] {
  const { grid, initialInterval, poll, now, skew } = request;
  const interval = setupTimeInterval(
    { poll_interval: poll },
    { initial_interval: initialInterval, skew },
    now,
  );
  const start = interval?.start ?? end;
  const cells = completeCells(grid, { start, end });
  const reasons = [`first run: from ${formatInstant(start)}, moved back to the start of its cell`];
  if (cells.length > 0) return cells.map((cell) => ({ ...cell, reasons }));
  const last = cellAt(grid, cellAt(grid, end).start - 1);
  return [
    {
      ...last,
      reasons: [`first run: no cell after ${formatInstant(start)} is complete, so the last one that is`],
    },
  ];
}

function readAgain(request: PlanRequest, end: Millis): PlannedCell[] {
  return request.cells.flatMap((cell) => {
    const reasons = reasonsToReadAgain(cell, request);
    return reasons.length > 0 && cell.end <= end ? [{ start: cell.start, end: cell.end, reasons }] : [];
  });
}

function reasonsToReadAgain(cell: CommittedCell, request: PlanRequest): string[] {
  if (!isOpen(cell, request) || !wasReadLongAgo(cell, request)) return [];
  const reasons = [];
  if (isInLookback(cell, request))
    reasons.push(`read again: within the lookback of ${describeSeconds(request.lookback)}`);
  if (cell.quarantined > 0) reasons.push(`read again: ${cell.quarantined} records were quarantined`);
  if (isSuspect(cell, request.cells)) reasons.push('read again: empty between full cells');
  else if (!cell.settled) reasons.push('read again: not settled yet');
  return reasons;
}

function isOpen(cell: CommittedCell, request: PlanRequest): boolean {
  return !cell.settled || isInLookback(cell, request);
}

/**
 * Counted back from the last cell that told anything: while a provider's job stands still the checkpoint moves on
 * over empty cells, and late records of the days before would be out of reach when it resumes.
 */
function isInLookback(cell: CommittedCell, { cells, checkpoint, lookback }: PlanRequest): boolean {
  if (checkpoint === null || lookback === 0) return false;
  const told = cells.findLast((other) => other.records > 0)?.end ?? checkpoint;
  return cell.end > Math.min(told, checkpoint) - lookback * SECOND;
}

/** A reading from the future means that the clock was set back: it counts as long ago. */
function wasReadLongAgo({ readAt }: CommittedCell, { now, poll }: PlanRequest): boolean {
  return readAt > now || now - readAt >= poll * SECOND;
}

function plannedByRange(request: PlanRequest, range: Interval, end: Millis): PlannedCell[] {
  const { grid } = request;
  if ((range.end - range.start) / (grid.minutes * MINUTE) > MOST_CELLS) {
    throw new InvalidConfig(
      `The range ${formatInterval(range)} has more than ${MOST_CELLS} cells of ${describeGrid(grid)}`,
    );
  }
  const cells = [...cellsOver(grid, range)];
  const widened = cells.length > 0 ? covering(cells) : range;
  const moved = widened.start !== range.start || widened.end !== range.end;
  const asked = `asked for by --from/--to${moved ? `, widened from ${formatInterval(range)} to whole cells` : ''}`;
  return cells.filter((cell) => cell.end <= end).map((cell) => ({ ...cell, reasons: [asked] }));
}

function completeCells(grid: Grid, interval: Interval): Interval[] {
  return [...cellsOver(grid, interval)].filter((cell) => cell.end <= interval.end);
}

function clockReasons({ start, end }: Interval, grid: Grid): string[] {
  const length = end - start;
  if (length === grid.minutes * MINUTE) return [];
  return [`the clock of ${grid.zone} was changed: ${length / HOUR} h long`];
}

function nextDue(request: PlanRequest, planned: readonly PlannedCell[]): Millis {
  const { cells, checkpoint, grid, now, poll, skew } = request;
  const again = new Set(planned.map((cell) => cell.start));
  const reached = Math.max(checkpoint ?? Number.NEGATIVE_INFINITY, covering([...planned, ...cells]).end);
  const from = Number.isFinite(reached) ? reached : now - skew * SECOND;
  const fresh = nextBoundary(grid, from) + skew * SECOND;
  const open = cells.filter((cell) => isOpen(cell, request) && !again.has(cell.start) && cell.readAt <= now);
  const reread = open.reduce((soonest, cell) => Math.min(soonest, cell.readAt + poll * SECOND), fresh);
  return planned.length > 0 && request.lookback > 0 ? Math.min(reread, now + poll * SECOND) : reread;
}

function notesOf({ range, now, skew }: PlanRequest, cells: readonly PlannedCell[]): string[] {
  if (!range) return [];
  const reached = cells.length > 0 ? covering(cells) : null;
  if (reached && reached.end >= range.end) return [];
  return [
    `The range ${formatInterval(range)} reaches past ${formatInstant(now - skew * SECOND)}, up to which cells are complete; later cells were left out`,
  ];
}

function describeSeconds(seconds: number): string {
  if (seconds % 86_400 === 0 && seconds > 0) return `${seconds / 86_400} d`;
  if (seconds % 3600 === 0 && seconds > 0) return `${seconds / 3600} h`;
  return `${seconds} s`;
}
