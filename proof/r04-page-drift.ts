import { provider as cloudstack } from '../functions/cloudstack/index.ts';
import { InconsistentListing, MalformedResponse, SyncError } from '../lib/errors.ts';
import type { Interval } from '../lib/time.ts';
import { DAY } from '../lib/time.ts';
import type { FaultName } from '../simulators/cloudstack/faults.ts';
import { type CloudStackSimulator, startCloudStack } from '../simulators/cloudstack/server.ts';
import { type Random, random } from '../simulators/random.ts';
import { asItCame, type CloudStackProvider, changed, sumsOf, truthOf } from './cloudstack-run.ts';
import { differenceOf } from './delivered.ts';
import { memorySink, memoryState } from './memory.ts';
import { type Outcome, type Proof, type ProofOptions, tally } from './proof.ts';
import { pagesUntil } from './r04-walks.ts';
import { syncOnce } from './sync-once.ts';

/**
 * What the first run has to come to. `total`: the oracle's, since the second walk can be trusted. `total or
 * error`: never a part. `undecidable`: as many rows went as came, so nothing shows that one was missed; a later
 * run, which reads the cell again, has to heal it.
 */
type Expected = 'total' | 'total or error' | 'undecidable';

const scenarios: readonly { readonly faults: readonly FaultName[]; readonly expected: Expected }[] = [
  { faults: ['page-drift'], expected: 'total' },
  { faults: ['page-drift', 'duplicate-rows'], expected: 'total' },
  { faults: ['restless-listing'], expected: 'total or error' },
  { faults: ['page-reorder'], expected: 'total or error' },
  { faults: ['page-reorder', 'duplicate-rows'], expected: 'total or error' },
  { faults: ['page-swap'], expected: 'undecidable' },
  { faults: ['short-page'], expected: 'total' },
  { faults: ['page-counts'], expected: 'total' },
  { faults: ['duplicate-rows'], expected: 'total' },
  { faults: ['lying-count'], expected: 'total or error' },
  { faults: ['low-count'], expected: 'total or error' },
  { faults: ['repeat-page'], expected: 'total or error' },
];

const NOW = Date.UTC(2026, 10, 21, 10);
const TODAY = Date.UTC(2026, 10, 21);

/** Listings that move, lie and repeat while they are read, a page at a time. */
export const r04: Proof = {
  id: 'R4',
  name: 'listings that move while they are read: the whole, or a typed error, or healed by the lookback',
  full: 2000,
  quick: scenarios.length,
  run: (options) => check(cloudstack, options),
  bad: [
    { name: 'stops when the rows are as many as the count', run: (options) => check(untilCounted, options) },
    { name: 'trusts short pages', run: (options) => check(untilShort, options) },
    { name: 'no second walk', run: (options) => check(onceOnly, options) },
    { name: 'drops what is repeated, and trusts the rest', run: (options) => check(untilKnown, options) },
  ],
};

const untilCounted = changed(() => ({
  fetch: pagesUntil(({ count, seen }) => count !== null && seen >= count),
}));

const untilShort = changed(() => ({ fetch: pagesUntil(({ rows, asked }) => rows < asked) }));

/** Rows of equal content are dropped by the provider's rule as well; here that is all that guards the walk. */
const untilKnown = changed(() => ({ fetch: pagesUntil(({ fresh }) => fresh === 0) }));

/** The engine walks again after an InconsistentListing, and only then. */
const onceOnly = changed((stream) => ({
  async *fetch(client, request) {
    try {
      yield* stream.fetch(client, request);
    } catch (error) {
      throw error instanceof InconsistentListing ? new MalformedResponse(error.message) : error;
    }
  },
}));

async function check(provider: CloudStackProvider, { seed, count, enough }: ProofOptions): Promise<Outcome> {
  const chance = random(seed);
  const found = tally(enough);
  const figures = { errors: 0, 'undecidable and wrong at first': 0 };
  for (const number of found.cases(count)) {
    const scenario = scenarios[number % scenarios.length] ?? scenarios[0];
    if (!scenario) break;
    const { faults, expected } = scenario;
    const { broken, failed, healed } = await withCloud(faults, chance, (cloud, range) =>
      runTwice(provider, cloud, range, expected),
    );
    if (failed) figures.errors += 1;
    if (healed) figures['undecidable and wrong at first'] += 1;
    if (broken) found.violate(`case ${number}, ${faults.join(' and ')}: ${broken}`);
  }
  return found.outcome(count, figures);
}

/** A small cloud, all of its one to three days, and pages of a few rows: less than are asked for at first. */
async function withCloud<Result>(
  faults: readonly FaultName[],
  chance: Random,
  work: (cloud: CloudStackSimulator, range: Interval) => Promise<Result>,
): Promise<Result> {
  const range = { start: TODAY - chance.int(1, 3) * DAY, end: TODAY };
  const cloud = await startCloudStack({
    seed: chance.int(1, 1e9),
    vms: chance.int(1, 2),
    since: range.start,
    maxPageSize: chance.int(10, 40),
    dateFormat: chance.pick(['offset', 'quoted']),
    wireNow: Date.now,
    planNow: () => NOW,
    faults,
  });
  try {
    return await work(cloud, range);
  } finally {
    await cloud.close();
  }
}

interface End {
  readonly broken: string | null;
  readonly failed: boolean;
  readonly healed: boolean;
}

/** The run in question, and one of the next day, when the listing is at rest: it has to come to the whole. */
async function runTwice(
  provider: CloudStackProvider,
  cloud: CloudStackSimulator,
  range: Interval,
  expected: Expected,
): Promise<End> {
  const target = { sink: memorySink(), state: memoryState(), seed: range.start };
  const { credentials } = cloud;
  const run = { mapping: asItCame, credentials, target };
  const problem = () => problemOf(cloud, range, target.sink);
  const error = await syncOnce(provider, { ...run, now: NOW }).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  const failed = error !== null;
  const first = failed ? failureOf(error, expected) : problem();
  const forgiven = expected === 'undecidable' && !failed;
  cloud.setFaults([]);
  await syncOnce(provider, { ...run, now: NOW + DAY });
  const later = problem();
  return {
    broken: (forgiven ? null : first) ?? (later && `the day after: ${later}`),
    failed,
    healed: forgiven && first !== null && later === null,
  };
}

function failureOf(error: unknown, expected: Expected): string | null {
  if (!(error instanceof SyncError)) return `no typed error: ${error}`;
  return expected === 'total or error' ? null : `${error.code}: ${error.message}`;
}

/** Cells are delivered whole: each that is there is held against the truth, and after a failure some are not. */
function problemOf(
  cloud: CloudStackSimulator,
  range: Interval,
  { cells }: ReturnType<typeof memorySink>,
): string | null {
  const { sums, hours } = truthOf(cloud, range);
  const lines = [...cells.values()].flat().filter(({ time }) => time >= range.start && time < range.end);
  return differenceOf(sumsOf(lines, hours), sums);
}
