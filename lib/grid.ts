import { IANAZone } from 'luxon';
import { InvalidConfig } from './errors.ts';
import { HOUR, type Interval, MINUTE, type Millis } from './time.ts';

/**
 * Time cut into cells by the wall clock of a zone. A boundary is the moment at which the clock on that wall
 * reaches a multiple of the length since midnight; so a day is a calendar day of 23, 24, 24.5 or 25 hours,
 * and cells tile time without a gap or an overlap.
 */
export interface Grid {
  /** Length in minutes of wall time; a divisor of a day. */
  readonly minutes: number;
  /** IANA name. */
  readonly zone: string;
}

/** Checks a grid at the door: a zone that the runtime does not know is an error, never GMT. */
export function defineGrid(minutes: number, zone: string): Grid {
  if (!Number.isInteger(minutes) || minutes <= 0 || 1440 % minutes !== 0) {
    throw new InvalidConfig(`A grid of ${minutes} minutes does not divide a day`);
  }
  if (!IANAZone.isValidZone(zone)) {
    throw new InvalidConfig(`The time zone "${zone}" is not known to this runtime`, {
      code: 'UNKNOWN_TIME_ZONE',
      hint: 'Use an IANA name such as Europe/Berlin.',
    });
  }
  return { minutes, zone };
}

/** `1440 minutes in Europe/Berlin`. */
export function describeGrid(grid: Grid): string {
  return `${grid.minutes} minutes in ${grid.zone}`;
}

/** The first boundary after `instant`. */
export function nextBoundary(grid: Grid, instant: Millis): Millis {
  const step = grid.minutes * MINUTE;
  const before = offsetAt(grid.zone, instant);
  const wall = (Math.floor((instant + before) / step) + 1) * step;
  const straight = wall - before;
  if (offsetAt(grid.zone, straight) === before) return straight;

  const change = firstChange(grid.zone, instant, straight);
  const after = offsetAt(grid.zone, change);
  const reached = change + after;
  // Forwards: the clock jumped to or over the boundary. Backwards: it jumped onto one by whole cells, as when
  // an hour is lived twice. (A day is never lived twice: `after - before` is no multiple of a day.)
  const jumpedOver = after > before && reached >= wall;
  const livedTwice = after < before && reached % step === 0 && (before - after) % step === 0;
  return jumpedOver || livedTwice ? change : wall - after;
}

/** The cell that `instant` lies in. */
export function cellAt(grid: Grid, instant: Millis): Interval {
  const step = grid.minutes * MINUTE;
  const offset = offsetAt(grid.zone, instant);
  const guess = Math.floor((instant + offset) / step) * step - offset;
  if (offsetAt(grid.zone, guess - 1) === offset && offsetAt(grid.zone, guess + step) === offset) {
    return { start: guess, end: guess + step };
  }
  // A change of the clock is near: walk up to it from a boundary that is surely before.
  let start = nextBoundary(grid, instant - step - 4 * HOUR);
  for (let end = nextBoundary(grid, start); end <= instant; end = nextBoundary(grid, start)) start = end;
  return { start, end: nextBoundary(grid, start) };
}

/** The cells from the one that holds `start` to the one that holds the last instant before `end`. */
export function* cellsOver(grid: Grid, { start, end }: Interval): Generator<Interval> {
  if (start >= end) return;
  for (let cell = cellAt(grid, start); cell.start < end; ) {
    yield cell;
    cell = { start: cell.end, end: nextBoundary(grid, cell.end) };
  }
}

/** Milliseconds that the zone's wall clock is ahead of UTC. */
function offsetAt(zone: string, instant: Millis): number {
  return IANAZone.create(zone).offset(instant) * MINUTE;
}

/** The instant in `(from, to]` at which the offset of `from` ends, to the millisecond. */
function firstChange(zone: string, from: Millis, to: Millis): Millis {
  const offset = offsetAt(zone, from);
  let before = from;
  let after = to;
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (offsetAt(zone, middle) === offset) before = middle;
    else after = middle;
  }
  return after;
}
