import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { provider as cloudstack } from '../functions/cloudstack/index.ts';
import type { StreamReport, WindowReport } from '../lib/report.ts';
import { fileSink } from '../lib/sink/file.ts';
import type { Sink } from '../lib/sink/sink.ts';
import type { State } from '../lib/state/state.ts';
import { DAY, HOUR, type Millis } from '../lib/time.ts';
import { type CloudStackSimulator, startCloudStack } from '../simulators/cloudstack/server.ts';
import { type Random, random } from '../simulators/random.ts';
import { asItCame, sumsOf, truthOf } from './cloudstack-run.ts';
import { differenceOf, linesIn } from './delivered.ts';
import { memoryState } from './memory.ts';
import { type Outcome, type Proof, type ProofOptions, tally } from './proof.ts';
import { addingSink, countingSink, type Writes } from './r11-sinks.ts';
import { syncOnce } from './sync-once.ts';

/** How a history is kept up to date: ours, or in a way that is known to be bad. */
interface Keeping {
  /** Seconds; the provider's own when absent. */
  readonly lookback?: number;
  sink(inner: Sink, folder: string): Sink;
  state(inner: State): State;
}

const ours: Keeping = { sink: (inner) => inner, state: (inner) => inner };

const FIRST = Date.UTC(2026, 9, 1);
/**
 * The days that are compared, and those that they are given to settle. One more is read before: when the very
 * first cell of a history is empty, nothing shows that it should not be.
 */
const [DAYS, SETTLING] = [16, 9];
const faults = ['late-rows', 'rewritten-rows', 'duplicate-rows', 'skipped-days'] as const;

/** Three weeks and more of a cloud whose rows come late, change, come twice, or not for a week. */
export const r11: Proof = {
  id: 'R11',
  name: 'late, rewritten and repeated rows, days left out, a job that stood still: exact once settled, unchanged cells unwritten',
  full: 30,
  quick: 1,
  run: (options) => check(ours, options),
  bad: [
    { name: 'no lookback', run: (options) => check({ ...ours, lookback: 0 }, options) },
    { name: 'adds instead of replacing', run: (options) => check({ ...ours, sink: addingSink }, options) },
    { name: 'an empty cell is final', run: (options) => check({ ...ours, state: believing }, options) },
  ],
};

async function check(keeping: Keeping, { seed, count, enough }: ProofOptions): Promise<Outcome> {
  const chance = random(seed);
  const found = tally(enough);
  const figures = { runs: 0, 'cells read': 0, 'cells written': 0, 'suspect cells named': 0 };
  for (const number of found.cases(count)) {
    const folder = await mkdtemp(join(tmpdir(), 'usage-sync-r11-'));
    try {
      const { broken, named, runs, writes } = await live(keeping, folder, chance);
      figures.runs += runs;
      figures['cells read'] += writes.delivered;
      figures['cells written'] += writes.written;
      figures['suspect cells named'] += named;
      for (const problem of broken) found.violate(`history ${number}: ${problem}`);
    } finally {
      await rm(folder, { recursive: true });
    }
  }
  return found.outcome(count, figures);
}

interface Life {
  readonly broken: readonly string[];
  readonly named: number;
  readonly runs: number;
  readonly writes: Writes;
}

/** One history, read once a day. The server's clock of jobs stands still for a week of it. */
async function live(keeping: Keeping, folder: string, chance: Random): Promise<Life> {
  const stopped = FIRST + chance.int(4, 7) * DAY + chance.int(11, 20) * HOUR;
  let jobs: Millis = FIRST;
  const cloud = await startCloudStack({
    seed: chance.int(1, 1e9),
    vms: chance.int(1, 3),
    since: FIRST - 3 * DAY,
    role: chance.pick(['root-admin', 'domain-admin']),
    wireNow: Date.now,
    planNow: () => jobs,
  });
  const writes: Writes = { delivered: 0, written: 0, broken: [] };
  const sink = countingSink(keeping.sink(fileSink(folder), folder), folder, writes);
  const target = { sink, state: keeping.state(memoryState()), seed: FIRST - DAY };
  const suspicion = suspicionOf();
  const { lookback } = keeping;
  const { credentials } = cloud;
  try {
    for (let day = 1; day <= DAYS + SETTLING; day += 1) {
      const now = FIRST + day * DAY + 10 * HOUR;
      jobs = now > stopped && now < stopped + 7 * DAY ? stopped : now;
      cloud.setFaults(faults); // as of today: some rows are corrected by now
      const run = { mapping: asItCame, credentials, now, target, lookback };
      suspicion.hear(await syncOnce(cloudstack, run));
    }
    const wrong = await differenceFromTruth(cloud, folder);
    const broken = [...writes.broken, ...suspicion.broken, ...(wrong ? [wrong] : [])];
    return { broken, named: suspicion.named(), runs: DAYS + SETTLING, writes };
  } finally {
    await cloud.close();
  }
}

async function differenceFromTruth(cloud: CloudStackSimulator, folder: string): Promise<string | null> {
  const range = { start: FIRST, end: FIRST + DAYS * DAY };
  const { sums, hours } = truthOf(cloud, range);
  const lines = (await linesIn(folder, 'all')).filter(({ time }) => {
    const start = Number(new Date(time));
    return start >= range.start && start < range.end;
  });
  return differenceOf(sumsOf(lines, hours), sums);
}

/** A cell that is empty between full ones must be called open, and be read again with that as its reason. */
function suspicionOf() {
  const cells = new Map<string, WindowReport>();
  const broken: string[] = [];
  let due: string[] = [];
  let named = 0;
  const isFull = (start: string) => (cells.get(start)?.records ?? 0) > 0;
  return {
    broken,
    named: () => named,
    hear({ windows }: StreamReport) {
      for (const start of due) {
        const again = windows.find((window) => window.start === start);
        if (again?.reasons.includes('read again: empty between full cells')) named += 1;
        else broken.push(`the empty cell of ${start} is not named`);
      }
      for (const window of windows) cells.set(window.start, window);
      const full = [...cells.keys()].filter(isFull).sort();
      const [first = '', last = ''] = [full[0], full.at(-1)];
      due = [...cells.keys()].filter((start) => !isFull(start) && first < start && start < last);
      for (const start of due) {
        if (cells.get(start)?.settled) broken.push(`the empty cell of ${start} is called settled`);
      }
    },
  };
}

/** Keeps every empty cell as if nothing could follow. */
function believing(inner: State): State {
  return {
    ...inner,
    async acquire(key) {
      const lease = await inner.acquire(key);
      if (lease === null) return null;
      const commit: typeof lease.commit = (next) => {
        const cells = next.cells.map((cell) => (cell.records === 0 ? { ...cell, settled: true } : cell));
        return lease.commit({ ...next, cells });
      };
      return { ...lease, commit };
    },
  };
}
