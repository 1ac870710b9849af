import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { provider as almanach } from '../functions/almanach/index.ts';
import type { Transport } from '../lib/http.ts';
import type { Settled } from '../lib/provider.ts';
import { fileSink } from '../lib/sink/file.ts';
import type { Sink } from '../lib/sink/sink.ts';
import { DAY, HOUR, MINUTE } from '../lib/time.ts';
import { startAlmanach } from '../simulators/almanach/index.ts';
import type { Overlap } from '../simulators/almanach/oracle.ts';
import { type Random, random } from '../simulators/random.ts';
import { type AlmanachProvider, livedTime, sumsOf, truthOf } from './almanach-run.ts';
import { type Delivered, differenceOf, linesIn } from './delivered.ts';
import { memorySink, memoryState } from './memory.ts';
import { type Design, type Outcome, type Proof, type ProofOptions, tally } from './proof.ts';
import { addingMemory, addingSink, countingSink, type Writes } from './r11-sinks.ts';
import { syncOnce, withMetrics } from './sync-once.ts';

/** How a history is kept up to date: ours, or in a way that is known to be bad. */
interface Keeping {
  readonly provider: AlmanachProvider;
  /** Seconds; the provider's own when absent. */
  readonly lookback?: number;
  readonly adds?: boolean;
}

const ours: Keeping = { provider: almanach };

const SINCE = Date.UTC(2026, 9, 1);
/** The first hour that is read: by then much has begun, the oddities too. */
const FIRST = SINCE + 2 * DAY;
/** The days that are compared, and those that they are given to settle: a row may be corrected two days late. */
const [DAYS, SETTLING] = [3, 4];
const faults = ['late-rows', 'late-ends', 'rewritten-rows', 'rewritten-starts', 'ghost-rows'];

/** Lives whose rows come late, change and vanish, in hours, on a server whose clock runs while it is read. */
export const r11Lives: Proof = {
  id: 'R11',
  provider: almanach.name,
  name: 'lives that are told late, rewritten, or taken back: exact to the millisecond once settled, as union and as sum',
  full: 30,
  quick: 1,
  run: (options) => check(ours, options),
  bad: [
    bad('no lookback', { lookback: 0 }),
    bad('adds instead of replacing', { adds: true }),
    bad('the other rule for rows that overlap', { provider: withMetrics(almanach, otherRule) }),
    bad('the end of a life belongs to it', { provider: withMetrics(almanach, withEnds) }),
  ],
};

function bad(name: string, change: Partial<Keeping>): Design {
  return { name, run: (options) => check({ ...ours, ...change }, options) };
}

type Stream = NonNullable<AlmanachProvider['streams']['metrics']>;

/** A sum where a union is wanted, and the other way round. */
function otherRule({ settle }: Stream): Partial<Stream> {
  type Life = Parameters<typeof settle>[0][number] & { readonly addsUp?: boolean };
  return {
    settle: (lives: readonly Life[], ...rest): Settled =>
      settle(
        lives.map((life) => ({ ...life, addsUp: !life.addsUp })),
        ...rest,
      ),
  };
}

/** The listing's ends are inclusive (sheet 1.5); a reading that believes it counts a millisecond twice. */
function withEnds({ normalize }: Stream): Partial<Stream> {
  return {
    normalize: (raw) =>
      normalize(raw).map((life) => ({ ...life, period: { ...life.period, end: life.period.end + 1 } })),
  };
}

async function check(keeping: Keeping, { seed, count, enough }: ProofOptions): Promise<Outcome> {
  const chance = random(seed);
  const found = tally(enough);
  const figures = {
    runs: 0,
    requests: 0,
    'cells read': 0,
    'cells read again that changed': 0,
    'files written': 0,
  };
  for (const number of found.cases(count)) {
    const overlap = number % 4 === 0 || number % 4 === 3 ? 'union' : 'sum';
    const store = await (number % 2 === 0 ? memoryStore(keeping) : fileStore(keeping));
    try {
      const life = await live(keeping, store, overlap, chance);
      figures.runs += life.runs;
      figures.requests += life.requests;
      figures['cells read'] += life.read;
      figures['cells read again that changed'] += life.changed;
      figures['files written'] += store.writes.written;
      for (const problem of life.broken) found.violate(`history ${number}, ${overlap}: ${problem}`);
    } finally {
      await store.remove();
    }
  }
  return found.outcome(count, figures);
}

/** Where a history is delivered to. */
interface Store {
  readonly sink: Sink;
  readonly writes: Writes;
  lines(project: string): Promise<Iterable<Delivered>>;
  remove(): Promise<void>;
}

async function memoryStore({ adds }: Keeping): Promise<Store> {
  const memory = memorySink();
  return {
    sink: adds ? addingMemory(memory) : memory,
    writes: { delivered: 0, written: 0, broken: [] },
    lines: async () => [...memory.cells.values()].flat(),
    remove: async () => {},
  };
}

/** Files, in which unchanged cells must not be written. */
async function fileStore({ adds }: Keeping): Promise<Store> {
  const folder = await mkdtemp(join(tmpdir(), 'usage-sync-r11-'));
  const writes: Writes = { delivered: 0, written: 0, broken: [] };
  const sink = fileSink(folder);
  return {
    sink: countingSink(adds ? addingSink(sink, folder) : sink, folder, writes),
    writes,
    lines: (project) => linesIn(folder, project),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

interface Life {
  readonly broken: readonly string[];
  readonly runs: number;
  readonly requests: number;
  /** Cells, and those of them that were read before and are not what they were. */
  readonly read: number;
  readonly changed: number;
}

/**
 * One project, read once or twice a day: a cell's last reading is never less than two days behind it. In some a row
 * of a strange type makes the server refuse whole listings.
 */
async function live(keeping: Keeping, store: Store, overlap: Overlap, chance: Random): Promise<Life> {
  let clock = FIRST;
  const strange = chance.chance(0.5) ? ['unknown-entity-type'] : [];
  const cloud = await startAlmanach({
    seed: chance.int(1, 1e9),
    since: SINCE,
    lives: chance.int(6, 10),
    dateFormat: chance.pick(['blank', 'iso']),
    faults: [...faults, ...strange],
    now: () => clock,
  });
  const [project = ''] = cloud.credentials.project_ids;
  const target = { sink: store.sink, state: memoryState(), seed: FIRST };
  const credentials = { ...cloud.credentials, project_ids: [project], duplicates: overlap };
  const moving = (transport: Transport): Transport => {
    return (request, signal) => {
      clock += chance.int(0, 10) * MINUTE; // rows change between two requests, too
      return transport(request, signal);
    };
  };
  const { lookback, provider } = keeping;
  let [read, changed, runs] = [0, 0, 0];
  try {
    for (let now = FIRST; now < FIRST + (DAYS + SETTLING) * DAY; now += chance.int(10, 22) * HOUR) {
      clock = Math.max(clock, now);
      const run = { mapping: livedTime, credentials, now, target, lookback, recorder: moving };
      const { windows } = await syncOnce(provider, run);
      read += windows.length;
      changed += windows.filter((window) => window.changed && !window.reasons.includes('new')).length;
      runs += 1;
    }
    const range = { start: FIRST, end: FIRST + DAYS * DAY };
    const lines = [...(await store.lines(project))].filter(({ time }) => Number(new Date(time)) < range.end);
    const wrong = differenceOf(sumsOf(lines), truthOf(cloud, project, range, overlap));
    const broken = [...store.writes.broken, ...(wrong ? [wrong] : [])];
    return { broken, runs, requests: cloud.requests.length, read, changed };
  } finally {
    await cloud.close();
  }
}
