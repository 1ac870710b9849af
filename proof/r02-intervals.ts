import type { CommittedCell } from '../lib/cells.ts';
import { cellAt, defineGrid, type Grid } from '../lib/grid.ts';
import { setupTimeInterval } from '../lib/interval.ts';
import { covering, type PlannedCell, type PlanRequest, planCells, spanOf } from '../lib/plan.ts';
import { DAY, formatInstant, HOUR, type Interval, MINUTE, type Millis, SECOND } from '../lib/time.ts';
import { type Random, random } from '../simulators/random.ts';
import { type Design, type Outcome, type Proof, type ProofOptions, tally } from './proof.ts';

/** A case of planning, with the longest span of one fetch in seconds. */
type Case = PlanRequest & { readonly backfill: number };
type Planner = (request: Case) => { readonly spans: readonly (readonly Interval[])[] };

const zones = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'Australia/Lord_Howe',
  'Africa/Casablanca',
  'Asia/Kathmandu',
  'America/St_Johns',
];
const FIRST = Date.UTC(2020, 0, 1);
const LAST = Date.UTC(2030, 0, 1);

export const r02: Proof = {
  id: 'R2',
  name: 'random interval and grid cases: never inverted, cells tile, spans bounded, nothing incomplete',
  full: 1_000_000,
  quick: 3_000,
  run: (options) => check(ourPlanner, options),
  bad: [
    { name: 'one interval a run, as the original', run: (options) => check(originalPlanner, options) },
    { name: 'cells of fixed milliseconds', run: (options) => check(fixedPlanner, options) },
    { name: 'spans without a limit', run: (options) => check(unboundedPlanner, options) },
  ] satisfies Design[],
};

async function check(planner: Planner, { seed, count, enough }: ProofOptions): Promise<Outcome> {
  const chance = random(seed);
  const { cases, violate, outcome } = tally(enough);
  let cells = 0;
  for (const number of cases(count)) {
    const request = randomCase(chance);
    const { spans } = planner(request);
    cells += spans.flat().length;
    const broken = violationOf(request, spans);
    if (broken) violate(`case ${number}: ${broken}; ${describe(request)}`);
  }
  return outcome(count, { cells });
}

function violationOf(request: Case, spans: readonly (readonly Interval[])[]): string | null {
  const { grid, now, skew, checkpoint, backfill } = request;
  const cells = spans.flat();
  for (const [at, cell] of cells.entries()) {
    if (cell.start >= cell.end) return 'inverted';
    if (cell.end > now - skew * SECOND) return `a cell that is not complete: ${formatInstant(cell.end)}`;
    const whole = cellAt(grid, cell.start);
    if (whole.start !== cell.start || whole.end !== cell.end)
      return `no cell of the grid: ${formatInstant(cell.start)}`;
    const next = cells[at + 1];
    if (next && next.start < cell.end) return 'cells overlap or go back';
    if (next && next.start > cell.end && !wasDelivered(request, { start: cell.end, end: next.start }))
      return 'a gap between cells';
  }
  for (const span of spans) {
    const { start, end } = covering(span);
    if (span.length > 1 && backfill > 0 && end - start > backfill * SECOND)
      return 'a span longer than the backfill';
  }
  if (checkpoint !== null) return missingBy(request, cells, checkpoint);
  return cells.length === 0 ? 'a first run without a cell' : null;
}

/** Everything complete after the checkpoint is planned, or was delivered before. */
function missingBy(request: Case, cells: readonly Interval[], checkpoint: Millis): string | null {
  const planned = new Set(cells.map((cell) => cell.start));
  const next = cellAt(request.grid, checkpoint);
  const due = next.end <= request.now - request.skew * SECOND;
  const delivered = request.cells.some((cell) => cell.start === next.start);
  return due && !delivered && !planned.has(next.start)
    ? 'the first cell after the checkpoint is missing'
    : null;
}

function wasDelivered({ cells, checkpoint }: Case, gap: Interval): boolean {
  if (checkpoint !== null && gap.end <= checkpoint) return true;
  return cells.some((cell) => cell.start <= gap.start && cell.end > gap.start);
}

const ourPlanner: Planner = (request) => ({ spans: spansOf(planCells(request).cells, request.backfill) });

const unboundedPlanner: Planner = (request) => ({ spans: spansOf(planCells(request).cells, 0) });

const originalPlanner: Planner = ({ checkpoint, poll, initialInterval, backfill, skew, now }) => {
  const event = { last_update: checkpoint, poll_interval: poll };
  const interval = setupTimeInterval(
    event,
    { backfill_time: backfill, initial_interval: initialInterval, skew },
    now,
  );
  return { spans: interval ? [[interval]] : [] };
};

const fixedPlanner: Planner = (request) => {
  const length = request.grid.minutes * MINUTE;
  const end = request.now - request.skew * SECOND;
  const start = Math.floor((request.checkpoint ?? end - length) / length) * length;
  const cells: PlannedCell[] = [];
  for (let at = start; at + length <= end; at += length)
    cells.push({ start: at, end: at + length, reasons: [] });
  return { spans: spansOf(cells, request.backfill) };
};

function spansOf(cells: readonly PlannedCell[], backfill: number): (readonly PlannedCell[])[] {
  const spans: (readonly PlannedCell[])[] = [];
  for (let rest = cells; rest.length > 0; rest = rest.slice(spans.at(-1)?.length)) {
    spans.push(spanOf(rest, backfill, Number.POSITIVE_INFINITY));
  }
  return spans;
}

function randomCase(chance: Random): Case {
  const grid = defineGrid(chance.pick([1440, 1440, 60, 720, 360, 30]), chance.pick(zones));
  const now = chance.int(FIRST / SECOND, LAST / SECOND) * SECOND + chance.int(0, 999);
  const behind = chance.pick([0, MINUTE, HOUR, DAY, 3 * DAY, grid.minutes * MINUTE * 12]);
  const checkpoint = chance.chance(0.15)
    ? null
    : now - Math.round(behind * chance.next()) + (chance.chance(0.05) ? HOUR : 0);
  const base = {
    grid,
    now,
    checkpoint,
    skew: chance.pick([0, 1, 600, 10_800]),
    poll: chance.pick([60, 900, 3600, 86_400]),
  };
  return {
    ...base,
    lookback: chance.pick([0, 3600, 86_400, 259_200]),
    initialInterval: chance.pick([0, 3600, 172_800]),
    backfill: chance.pick([0, 300, 3600, 86_400, 604_800]),
    cells: checkpoint === null ? [] : deliveredBefore(grid, checkpoint, now, chance),
  };
}

/** Some cells just before the checkpoint, and now and then one beyond it. */
function deliveredBefore(grid: Grid, checkpoint: Millis, now: Millis, chance: Random): CommittedCell[] {
  const cells: CommittedCell[] = [];
  let { start } = cellAt(grid, checkpoint);
  for (let count = chance.int(0, 4); count > 0; count -= 1) {
    const cell = cellAt(grid, start - 1);
    const readAt = now - chance.int(-1, 6) * 1800 * SECOND;
    cells.unshift({
      ...cell,
      digest: '',
      records: chance.int(0, 2),
      quarantined: 0,
      readAt,
      settled: chance.chance(0.5),
    });
    start = cell.start;
  }
  return cells;
}

function describe({ grid, now, checkpoint, skew, backfill }: Case): string {
  const from = checkpoint === null ? 'none' : formatInstant(checkpoint);
  return `${grid.minutes} minutes in ${grid.zone}, now ${formatInstant(now)}, checkpoint ${from}, skew ${skew}, backfill ${backfill}`;
}
