import { type CommittedCell, commitCell } from '../lib/cells.ts';
import { cellAt, defineGrid, type Grid, nextBoundary } from '../lib/grid.ts';
import { type PlannedCell, planCells } from '../lib/plan.ts';
import { DAY, formatInstant, HOUR, type Interval, MINUTE, type Millis, SECOND } from '../lib/time.ts';
import { type Random, random } from '../simulators/random.ts';
import { type Design, type Outcome, type Proof, type ProofOptions, tally } from './proof.ts';

/** Zones whose clocks change in their own ways: by an hour, by half an hour, backwards in winter, for Ramadan. */
const zones = ['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Africa/Casablanca'];

/** What a design makes of "the cells between the checkpoint and now". */
type Cells = (grid: Grid, checkpoint: Millis, now: Millis) => readonly Interval[];

export const r03: Proof = {
  id: 'R3',
  name: 'daylight saving, leap days and stepping clocks: no second missing, none double',
  full: 5_000,
  quick: 50,
  run: (options) => check(null, options),
  bad: [
    { name: 'days of 24 hours', run: (options) => check(daysOf24Hours, options) },
    { name: 'from the last run to now', run: (options) => check(fromLastRunToNow, options) },
  ] satisfies Design[],
};

/**
 * One case is one history: a month around a change of the clock or a leap day, worked through by runs whose
 * own clock steps by ±1 hour and ±1 day. Counted is, second by second, how often each was delivered.
 */
async function check(design: Cells | null, { seed, count, enough }: ProofOptions): Promise<Outcome> {
  const chance = random(seed);
  const { cases, violate, outcome } = tally(enough);
  let delivered = 0;
  for (const number of cases(count)) {
    const grid = defineGrid(chance.pick([1440, 1440, 60, 360]), chance.pick(zones));
    const cells = design ? runDesign(design, grid, chance) : runOurs(grid, chance);
    delivered += cells.length;
    const broken = violationOf(grid, cells);
    if (broken) violate(`case ${number}, ${grid.minutes} minutes in ${grid.zone}: ${broken}`);
  }
  return outcome(count, { cells: delivered });
}

/** Local days must be whole: a day that the wall clock calls one day is one cell, or is tiled by its hours. */
function violationOf(grid: Grid, cells: readonly Interval[]): string | null {
  const ordered = [...cells].sort((a, b) => a.start - b.start);
  for (const [at, cell] of ordered.entries()) {
    const next = ordered[at + 1];
    if (next && next.start < cell.end)
      return `${(cell.end - next.start) / SECOND} s double at ${formatInstant(next.start)}`;
    if (next && next.start > cell.end)
      return `${(next.start - cell.end) / SECOND} s missing at ${formatInstant(cell.end)}`;
    if (
      wallClock(grid.zone, cell.start) % (grid.minutes * MINUTE) !== 0 &&
      !isAfterChange(grid, cell.start)
    ) {
      return `a cell begins at an odd time of the wall clock: ${formatInstant(cell.start)}`;
    }
  }
  return null;
}

const calendars = new Map(
  zones.map((timeZone) => [
    timeZone,
    new Intl.DateTimeFormat('en-GB', {
      timeZone,
      hourCycle: 'h23',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    }),
  ]),
);

/** Told by the runtime's own calendar, not by the code under test. */
function wallClock(zone: string, instant: Millis): number {
  const [hour = 0, minute = 0, second = 0] = (calendars.get(zone)?.format(instant) ?? '')
    .split(':')
    .map(Number);
  return (hour * 3600 + minute * 60 + second) * SECOND;
}

function isAfterChange(grid: Grid, instant: Millis): boolean {
  const shift = (wallClock(grid.zone, instant) - wallClock(grid.zone, instant - 1000) + DAY) % DAY;
  return shift !== 1000;
}

function runOurs(grid: Grid, chance: Random): Interval[] {
  const clock = steppingClock(chance);
  let checkpoint = cellAt(grid, clock.start).start;
  let known: readonly CommittedCell[] = [];
  const delivered = new Map<Millis, Interval>();
  for (const now of clock.readings) {
    const plan = planCells({
      grid,
      now,
      skew: 600,
      lookback: 86_400,
      poll: 3600,
      initialInterval: 0,
      checkpoint,
      cells: known,
    });
    for (const cell of plan.cells) {
      delivered.set(cell.start, cell);
      ({ checkpoint, cells: known } = commitCell({ checkpoint, cells: known }, committed(cell, now), {
        settledUntil: null,
        skew: 600,
        lookback: 86_400,
        now,
      }));
    }
  }
  return [...delivered.values()];
}

function committed({ start, end }: PlannedCell, readAt: Millis) {
  return { start, end, digest: '', records: 1, quarantined: 0, readAt };
}

function runDesign(design: Cells, grid: Grid, chance: Random): Interval[] {
  const clock = steppingClock(chance);
  let checkpoint = cellAt(grid, clock.start).start;
  const delivered: Interval[] = [];
  for (const now of clock.readings) {
    for (const cell of design(grid, checkpoint, now)) {
      delivered.push(cell);
      checkpoint = cell.end;
    }
  }
  return delivered;
}

const daysOf24Hours: Cells = (grid, checkpoint, now) => {
  const cells: Interval[] = [];
  for (let start = checkpoint; start + grid.minutes * MINUTE <= now; start += grid.minutes * MINUTE) {
    cells.push({ start, end: start + grid.minutes * MINUTE });
  }
  return cells;
};

/** Nothing is remembered but the time of the last run: a clock that is set back reads twice. */
const fromLastRunToNow: Cells = (grid, checkpoint, now) => {
  const start = Math.min(checkpoint, now - 6 * HOUR);
  const first = cellAt(grid, start).start;
  const cells: Interval[] = [];
  for (let at = first, end = nextBoundary(grid, at); end <= now; at = end, end = nextBoundary(grid, at))
    cells.push({ start: at, end });
  return cells;
};

/** Runs every few hours over a month in which clocks change or a leap day lies; now and then the clock steps. */
function steppingClock(chance: Random): { start: Millis; readings: Millis[] } {
  const year = chance.int(2020, 2029);
  const start =
    Date.UTC(year, chance.pick([1, 2, 2, 3, 8, 9, 9, 10]), chance.int(1, 20)) +
    chance.int(0, 86_399) * SECOND;
  const readings: Millis[] = [];
  let step = 0;
  for (let true_ = start; true_ < start + 20 * DAY; true_ += chance.int(1, 30) * HOUR) {
    if (chance.chance(0.1)) step = chance.pick([0, HOUR, -HOUR, DAY, -DAY]);
    readings.push(true_ + step);
  }
  return { start, readings };
}
