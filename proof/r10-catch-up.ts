import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mapping, provider } from '../functions/cloudstack/index.ts';
import { destinationFrom } from '../lib/destination.ts';
import { BudgetTooSmall } from '../lib/errors.ts';
import { answerStream } from '../lib/handler.ts';
import type { ContinuedReport } from '../lib/lambda/answer.ts';
import type { Platform } from '../lib/run.ts';
import { DAY, type Millis } from '../lib/time.ts';
import { type CloudStackSimulator, startCloudStack } from '../simulators/cloudstack/server.ts';
import { type Random, random } from '../simulators/random.ts';
import { type Outcome, type Proof, type ProofOptions, tally } from './proof.ts';

const NOW = Date.UTC(2026, 10, 21, 10);
const DAYS = 30;

/** Milliseconds of the budgets that are tried, before their reserve is taken off. */
const budgets = [3000, 1000, 300] as const;

/**
 * Milliseconds that a request counts. Time is counted, not measured: where a run is cut off is the same on every
 * machine.
 */
const REQUEST = 40;

/** What is kept of an invocation whose time was up, and what the next one is told. */
type Keeping = (folder: string, next: object) => Promise<object>;

const keepsAll: Keeping = async (_, next) => next;

/** Thirty days behind, worked off by invocations whose time does not suffice. */
export const r10: Proof = {
  id: 'R10',
  name: '30 days of catch-up with 3 s, 1 s and 300 ms: the same bytes as one long run, in few invocations',
  full: 40,
  quick: 1,
  run: (options) => check(keepsAll, options),
  bad: [{ name: 'drops what is partly done', run: (options) => check(dropping, options, [300]) }],
};

async function check(
  keeping: Keeping,
  { seed, count, enough }: ProofOptions,
  tried: readonly number[] = budgets,
): Promise<Outcome> {
  const chance = random(seed);
  const found = tally(enough);
  const figures: Record<string, number> = {};
  for (const number of found.cases(count)) {
    const cloud = await startWorld(chance);
    const folder = await mkdtemp(join(tmpdir(), 'usage-sync-r10-'));
    try {
      const whole = await catchUp(cloud, join(folder, 'whole'), null, keepsAll);
      for (const budget of tried) {
        const parts = await catchUp(cloud, join(folder, String(budget)), budget, keeping);
        const name = `invocations of ${budget} ms`;
        figures[name] = (figures[name] ?? 0) + parts.invocations;
        for (const problem of problemsOf(whole, parts, budget))
          found.violate(`history ${number}: ${problem}`);
      }
    } finally {
      await cloud.close();
      await rm(folder, { recursive: true });
    }
  }
  return found.outcome(count * tried.length, figures);
}

function startWorld(chance: Random): Promise<CloudStackSimulator> {
  return startCloudStack({
    seed: chance.int(1, 1e9),
    vms: chance.int(1, 3),
    since: NOW - (DAYS + 3) * DAY,
    role: chance.pick(['root-admin', 'domain-admin']),
    wireNow: Date.now,
    planNow: () => NOW,
  });
}

interface CaughtUp {
  readonly invocations: number;
  /** How it ended: the last status, or the name of the error. */
  readonly ended: string;
  readonly files: ReadonlyMap<string, string>;
}

function problemsOf(whole: CaughtUp, parts: CaughtUp, budget: number): string[] {
  const requests = Math.floor((budget - Math.min(10_000, budget / 5)) / REQUEST);
  // Each invocation asks four questions about the server; three spans are on their way when its time is up.
  const few = Math.ceil(DAYS / Math.max(1, requests - 4 - 3)) + 1;
  const different = [...whole.files.keys()].filter((name) => parts.files.get(name) !== whole.files.get(name));
  return [
    ...(parts.ended === 'done' ? [] : [`${budget} ms: ended with ${parts.ended}`]),
    ...(parts.files.size === whole.files.size && whole.files.size >= DAYS
      ? []
      : [`${budget} ms: ${parts.files.size} cells, not ${whole.files.size}`]),
    ...different.slice(0, 3).map((name) => `${budget} ms: ${name} differs`),
    ...(parts.invocations <= few
      ? []
      : [`${budget} ms: ${parts.invocations} invocations where ${few} suffice`]),
  ];
}

/** More invocations than cells mean that nothing moves. */
const MOST_INVOCATIONS = DAYS + 5;

/** Invokes the handler as it asks to be, until it does not any more. */
async function catchUp(
  cloud: CloudStackSimulator,
  folder: string,
  budget: number | null,
  keeping: Keeping,
): Promise<CaughtUp> {
  const env = await settingsIn(folder, cloud);
  let event: object | null = { account_id: 'acme' };
  let invocations = 0;
  let ended = 'nothing';
  while (event !== null && invocations < MOST_INVOCATIONS) {
    invocations += 1;
    const current = event;
    event = null;
    try {
      const proceed = async (next: object) => {
        event = await keeping(folder, next);
      };
      const watcher = { reported: () => {}, proceed };
      const platform = platformOf(budget);
      const answer = await answerStream(
        provider,
        'metrics',
        mapping,
        current,
        platform,
        destinationFrom(env),
        watcher,
      );
      ended = (answer as ContinuedReport).status;
    } catch (error) {
      ended = error instanceof Error ? error.name : 'unknown';
    }
  }
  return { invocations, ended, files: await cellsIn(folder) };
}

async function settingsIn(folder: string, { credentials }: CloudStackSimulator) {
  const account = { id: 'acme', provider: 'cloudstack', credentials };
  const defaults = { initial_interval: DAYS * 86_400, backfill: 86_400 };
  await mkdir(folder, { recursive: true });
  const accounts = join(folder, 'accounts.json');
  await writeFile(accounts, JSON.stringify({ defaults, accounts: [account] }));
  return {
    USAGE_SYNC_ACCOUNTS: accounts,
    USAGE_SYNC_SINK: `file:${folder}`,
    USAGE_SYNC_STATE: `file:${folder}/state`,
  };
}

/** A platform whose time is used up by requests. */
function platformOf(budget: number | null): Platform {
  const stop = new AbortController();
  const usable = budget === null ? Number.POSITIVE_INFINITY : budget - Math.min(10_000, budget / 5);
  let used: Millis = 0;
  return {
    clock: { plan: () => NOW, wire: Date.now },
    signal: stop.signal,
    log: { write: () => {}, level: 'error' },
    loopback: true,
    random: () => 0,
    recorder: (transport) => async (request, signal) => {
      used += REQUEST;
      if (used > usable) stop.abort(new BudgetTooSmall('Nothing could be completed'));
      signal.throwIfAborted();
      return transport(request, signal);
    },
  };
}

async function cellsIn(folder: string): Promise<ReadonlyMap<string, string>> {
  const place = join(folder, 'metrics/acme/all');
  const names = await readdir(place).catch(() => []);
  const texts = await Promise.all(names.map((name) => readFile(join(place, name), 'utf8')));
  return new Map(names.map((name, index) => [name, texts[index] ?? '']));
}

/** Only a run that came to its end counts: the next one begins where this one began. */
const dropping: Keeping = async (folder) => {
  await rm(join(folder, 'state'), { recursive: true, force: true });
  return { account_id: 'acme' };
};
