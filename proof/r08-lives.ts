import type { AlmanachClient } from '../functions/almanach/client.ts';
import { provider as almanach } from '../functions/almanach/index.ts';
import { InvalidCredentials, SyncError } from '../lib/errors.ts';
import { DAY, HOUR, type Interval } from '../lib/time.ts';
import { type AlmanachWithKeystone, startWithKeystone } from '../simulators/almanach/index.ts';
import { type Random, random } from '../simulators/random.ts';
import { type AlmanachProvider, livedTime, sumsOf, truthOf } from './almanach-run.ts';
import { type Delivered, differenceOf } from './delivered.ts';
import { memorySink, memoryState } from './memory.ts';
import { type Design, type Outcome, type Proof, type ProofOptions, tally } from './proof.ts';
import { syncOnce } from './sync-once.ts';

const SINCE = Date.UTC(2026, 9, 1);
const NOW = SINCE + 5 * DAY;

/** A whole run against an Almanach behind its Keystone, in which tokens die at every place where one can. */
export const r08Lives: Proof = {
  id: 'R8',
  provider: almanach.name,
  name: 'tokens that die on any listing of Almanach: one new login each, every life once; what is refused: one login',
  full: 20,
  quick: 1,
  run: (options) => check(almanach, options),
  bad: [
    bad('a token is never replaced', (context) => connect({ ...context, http: loggingInOnce(context.http) })),
    bad('a login for every request', (context) => ({
      ...connect(context),
      call: (request) => connect(context).call(request),
      get: (...asked) => connect(context).get(...asked),
    })),
    bad('the listing is lost with the token', (context) => {
      let client = connect({ ...context, http: loggingInOnce(context.http) });
      return {
        ...client,
        async get(...asked) {
          try {
            return await client.get(...asked);
          } catch (error) {
            if (!(error instanceof InvalidCredentials)) throw error;
            client = connect({ ...context, http: loggingInOnce(context.http) });
            return [];
          }
        },
      };
    }),
  ],
};

type Connect = AlmanachProvider['connect'];
type Http = Parameters<Connect>[0]['http'];

const { connect } = almanach;

function bad(name: string, connecting: (context: Parameters<Connect>[0]) => AlmanachClient): Design {
  return { name, run: (options) => check({ ...almanach, connect: connecting }, options) };
}

/** Gives the first answer to a login again. */
function loggingInOnce(http: Http): Http {
  let login: ReturnType<Http['send']> | undefined;
  return {
    ...http,
    send(request, judge) {
      const { url } = typeof request === 'function' ? request() : request;
      if (!url.pathname.endsWith('/auth/tokens')) return http.send(request, judge);
      login ??= http.send(request, judge);
      return login;
    },
  };
}

async function check(provider: AlmanachProvider, { seed, count, enough }: ProofOptions): Promise<Outcome> {
  const chance = random(seed);
  const found = tally(enough);
  const figures = { runs: 0, listings: 0, 'tokens that died': 0 };
  for (const number of found.cases(count)) {
    const cloud = await startWithKeystone({ seed: chance.int(1, 1e9), since: SINCE, now: () => NOW });
    try {
      for (const trial of trialsOf(cloud, chance)) {
        const seen = await play(provider, cloud, trial);
        figures.runs += 1;
        figures.listings += seen.statuses.length;
        figures['tokens that died'] += Math.max(0, seen.logins.length - 1);
        const problem = problemOf(cloud, trial, seen);
        if (problem) found.violate(`case ${number}, ${trial.name}: ${problem}`);
      }
    } finally {
      await cloud.close();
    }
  }
  return found.outcome(count, figures);
}

/** One run over some hours of the projects, one listing for each hour, and what must come of it. */
interface Trial {
  readonly name: string;
  readonly range: Interval;
  readonly credentials?: Readonly<Record<string, unknown>>;
  readonly faults?: readonly string[];
  /** How often a token may be used, and how many tokens that holds for. */
  readonly uses?: readonly [uses: number, tokens: number];
  readonly logins: number;
  /** The name of the error; null when all lives come. */
  readonly error: string | null;
}

function trialsOf({ credentials, projects }: AlmanachWithKeystone, chance: Random): Trial[] {
  const hours = chance.int(2, 3);
  const start = SINCE + chance.int(24, 72) * HOUR;
  const plain = { range: { start, end: start + hours * HOUR }, logins: 1, error: null };
  const listings = projects.length * hours;
  const dying = Array.from({ length: listings - 1 }, (_, index): Trial => {
    return { ...plain, name: `dies after ${index + 1} listings`, uses: [index + 1, 1], logins: 2 };
  });
  const often = chance.int(1, 3);
  return [
    { ...plain, name: 'lives' },
    ...dying,
    {
      ...plain,
      name: `every token dies after ${often} listings`,
      uses: [often, listings],
      logins: Math.ceil(listings / often),
    },
    {
      ...plain,
      name: 'a wrong password',
      credentials: { ...credentials, password: 'wrong' },
      error: 'InvalidCredentials',
    },
    {
      ...plain,
      name: 'an Almanach that refuses all',
      faults: ['service-account-refused'],
      error: 'InvalidCredentials',
    },
  ];
}

interface Seen {
  readonly error: string | null;
  /** Lines by project. */
  readonly lines: ReadonlyMap<string, readonly Delivered[]>;
  readonly logins: readonly number[];
  /** Of Almanach's answers. */
  readonly statuses: readonly (number | null)[];
}

async function play(provider: AlmanachProvider, cloud: AlmanachWithKeystone, trial: Trial): Promise<Seen> {
  const { keystone, requests } = cloud;
  const before = { logins: keystone.logins.length, requests: requests.length };
  keystone.expireTokensAfter(...(trial.uses ?? [0, 0]));
  cloud.setFaults(trial.faults ?? []);
  const sink = memorySink();
  const lines = new Map<string, Delivered[]>();
  const target = {
    state: memoryState(),
    seed: null,
    sink: {
      ...sink,
      deliver(batch: Parameters<typeof sink.deliver>[0]) {
        const metrics = [...batch.metrics];
        lines.set(batch.partition, [...(lines.get(batch.partition) ?? []), ...metrics]);
        return sink.deliver({ ...batch, metrics });
      },
    },
  };
  const { credentials = cloud.credentials, range } = trial;
  const run = { mapping: livedTime, credentials, now: NOW, target, backfill: 3600, options: { range } };
  const error = await syncOnce(provider, run).then(
    ({ failures: [first] = [] }) => first?.exc_type ?? null,
    (thrown: unknown) => (thrown instanceof SyncError ? thrown.name : String(thrown)),
  );
  return {
    error,
    lines,
    logins: keystone.logins.slice(before.logins),
    statuses: requests.slice(before.requests).map(({ status }) => status),
  };
}

function problemOf(cloud: AlmanachWithKeystone, trial: Trial, seen: Seen): string | null {
  const { error, range } = trial;
  const { lines, logins, statuses } = seen;
  if (seen.error !== error) return `it came to ${seen.error ?? 'a report'}, not to ${error ?? 'a report'}`;
  if (logins.length !== trial.logins) return `${logins.length} logins, expected ${trial.logins}`;
  const answered = (status: number) => statuses.filter((one) => one === status).length;
  if (error !== null)
    return answered(200) === 0 && lines.size === 0 ? null : 'something was read all the same';
  if (answered(401) > logins.length - 1) return 'a dead token was sent again';
  const listings = (cloud.projects.length * (range.end - range.start)) / HOUR;
  if (answered(200) !== listings) return `${answered(200)} listings were read, of ${listings}`;
  for (const { id } of cloud.projects) {
    const wrong = differenceOf(sumsOf(lines.get(id) ?? []), truthOf(cloud, id, range, 'union'));
    if (wrong) return wrong;
  }
  return null;
}
