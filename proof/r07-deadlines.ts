import { getEventListeners } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import { setTimeout as delay } from 'node:timers/promises';
import { ProviderUnavailable, SyncError } from '../lib/errors.ts';
import type { HttpOptions, HttpRequest, HttpResponse } from '../lib/http.ts';
import type { Millis } from '../lib/time.ts';
import { type Random, random } from '../simulators/random.ts';
import { startRawServer, type TestServer } from '../test/support/http-server.ts';
import { type Design, type Outcome, type Proof, type ProofOptions, tally } from './proof.ts';
import { type ClientOptions, type MakeClient, ourClient } from './r06-client.ts';
import { LONGEST, type Stall, stalls } from './r07-servers.ts';

/** How far from its deadline a call may end. */
const TOLERANCE: Millis = 250;
/** Beyond it a call counts as hanging and is left to itself. */
const PATIENCE: Millis = 300;
/** Calls at once: a busy machine answers for itself. */
const TOGETHER = 100;

/** What sets the deadline: the limit of an attempt, of a call with its attempts, or the end of the run. */
type Limit = 'attempt' | 'call' | 'run';

interface Case {
  readonly stall: Stall;
  readonly limit: Limit;
  readonly deadline: Millis;
}

/** Servers that stall in every way against calls with a deadline, many at once. */
export const r07: Proof = {
  id: 'R7',
  name: 'servers that stall: every call ends at its deadline, and gives back what it held',
  full: stalls.length * 3 * 40,
  quick: stalls.length * 3,
  run: (options) => check(ourClient, options),
  bad: [
    bad('a timeout for each read', (outgoing, ms, end) => outgoing.setTimeout(ms, end)),
    bad('the deadline ends with the headers', (outgoing, ms, end) => {
      const timer = setTimeout(end, ms);
      outgoing.on('response', () => clearTimeout(timer)).on('close', () => clearTimeout(timer));
    }),
    { name: 'late calls are left behind', run: abandon },
  ],
};

async function check(make: MakeClient, { seed, count }: ProofOptions): Promise<Outcome> {
  const chance = random(seed);
  const found = tally();
  const cases = Array.from({ length: count }, (_, index) => caseOf(index, chance));
  let latest = 0;
  const held = handles();
  for (let from = 0; from < count; from += TOGETHER) {
    const batch = cases.slice(from, from + TOGETHER);
    const servers = await Promise.all(batch.map(({ stall }) => startRawServer(stall.accept)));
    const ends = await Promise.all(batch.map((one, index) => callOf(make, one, servers[index])));
    for (const { problem, late } of ends) {
      if (problem) found.violate(problem);
      latest = Math.max(latest, late);
    }
    const open = await settled(() => servers.reduce((sum, { connections }) => sum + connections.open, 0), 0);
    if (open > 0) found.violate(`${open} connections are still open after their calls`);
    await Promise.all(servers.map((server) => server.close()));
  }
  const kept = await settled(handles, held);
  if (kept > held) found.violate(`${kept - held} handles more than at the start`);
  return found.outcome(count, { 'latest (ms)': Math.round(latest) });
}

function caseOf(index: number, chance: Random): Case {
  const stall = stalls[index % stalls.length] as Stall;
  const limits: readonly Limit[] = ['attempt', 'call', 'run'];
  const limit = limits[Math.floor(index / stalls.length) % 3] ?? 'call';
  return { stall, limit, deadline: chance.int(100, LONGEST) };
}

interface End {
  readonly problem: string | null;
  /** Milliseconds after the deadline. */
  readonly late: Millis;
}

async function callOf(make: MakeClient, one: Case, server: TestServer | undefined): Promise<End> {
  const { stall, deadline, limit } = one;
  const run = new AbortController();
  const request = requestOf(stall, server);
  const client = make({ origins: [request.url], ...limitsOf(one), ...resolving(stall), signal: run.signal });
  const watch = watchFor(deadline, () => limit === 'run' && run.abort(new Error('Time is up')));
  const late = watch.alarm.then(() => delay(PATIENCE)).then(() => 'hangs');
  const ended = client.send(request).then(
    () => 'succeeded',
    (error: unknown) =>
      error instanceof SyncError || error === run.signal.reason ? 'failed' : `untyped: ${error}`,
  );
  const outcome = await Promise.race([ended, late]);
  const after = await watch.since();
  client.close();
  const listeners = getEventListeners(run.signal, 'abort').length;
  const problem = problemOf(one, outcome, after) ?? (listeners > 0 ? 'still listens to the signal' : null);
  return { problem: problem && `${stall.name}, ${limit} within ${deadline} ms: ${problem}`, late: after };
}

function problemOf({ stall, limit }: Case, outcome: string, after: Millis): string | null {
  if (outcome !== 'failed') return outcome;
  if (after > TOLERANCE) return `ended ${Math.round(after)} ms late`;
  // A call may give up when the next wait would not fit, and at once when the server does.
  const early = limit !== 'call' && !stall.ends && after < -TOLERANCE;
  return early ? `ended ${Math.round(-after)} ms early` : null;
}

function limitsOf({ limit, deadline }: Case): Pick<HttpOptions, 'timeoutMs' | 'callMs' | 'attempts'> {
  if (limit === 'attempt') return { timeoutMs: deadline, attempts: 1 };
  return limit === 'call' ? { callMs: deadline } : {};
}

function requestOf({ scheme, nameless, sends }: Stall, server: TestServer | undefined): HttpRequest {
  const url = new URL(server?.url ?? 'http://127.0.0.1:9/');
  if (scheme) url.protocol = scheme;
  if (nameless) url.hostname = 'cloud.example';
  return sends ? { method: 'POST', url, body: 'a'.repeat(sends) } : { method: 'GET', url };
}

function resolving({ nameless }: Stall): Partial<ClientOptions> {
  return nameless ? { resolve: () => {} } : {};
}

/**
 * A bare timer for the same moment, set before the call begins: what this machine itself adds is not the
 * call's. `since` tells how long after it now is; negative before it.
 */
function watchFor(deadline: Millis, ring: () => void) {
  const due = performance.now() + deadline;
  let rung: Millis | null = null;
  const alarm = delay(deadline).then(() => {
    rung = performance.now();
    ring();
  });
  return { alarm, since: async () => performance.now() - (rung ?? due) };
}

/** Waits for a count to come down to what it was, a quarter of a second at most. */
async function settled(count: () => number, start: number): Promise<number> {
  const until = performance.now() + TOLERANCE;
  while (count() > start && performance.now() < until) await delay(10);
  return count();
}

function handles(): number {
  return process.getActiveResourcesInfo().filter((name) => /TCP|TLS|Pipe|Zlib|GetAddrInfo/.test(name)).length;
}

type Arm = (outgoing: http.ClientRequest, ms: Millis, end: () => void) => void;

/** A client over Node's own that watches the time in a way that is known to be bad. */
function bad(name: string, arm: Arm): Design {
  const make: MakeClient = ({ timeoutMs, callMs, signal, resolve }) => {
    let outgoing: http.ClientRequest | undefined;
    const end = () => outgoing?.destroy();
    signal?.addEventListener('abort', end);
    return {
      send: (request) =>
        new Promise<HttpResponse>((_, reject) => {
          const { method, url, body } = typeof request === 'function' ? request() : request;
          const open = url.protocol === 'https:' ? https.request : http.request;
          outgoing = open(url, { method, agent: false, ...(resolve ? { lookup: () => {} } : {}) });
          arm(outgoing, timeoutMs ?? callMs ?? 60_000, end);
          const failed = () => reject(new ProviderUnavailable('no answer'));
          outgoing.on('response', (incoming) => incoming.resume().on('error', failed).on('close', failed));
          outgoing.on('error', failed).on('close', failed).end(body);
        }),
      close() {
        signal?.removeEventListener('abort', end);
        end();
      },
    };
  };
  return { name, run: (options) => check(make, options) };
}

/** Ends the caller's wait in time, and leaves the exchange and its socket to themselves. */
async function abandon(options: ProofOptions): Promise<Outcome> {
  const left: ReturnType<MakeClient>[] = [];
  const make: MakeClient = ({ timeoutMs, callMs, signal, ...rest }) => {
    const client = ourClient({ ...rest, attempts: 1 });
    left.push(client);
    let giveUp = (_: unknown): void => {};
    const over = new Promise<never>((_, reject) => {
      giveUp = reject;
    });
    const stop = () => giveUp(signal?.reason);
    const late = () => giveUp(new ProviderUnavailable('no answer'));
    const timer = setTimeout(late, timeoutMs ?? callMs ?? 1000);
    signal?.addEventListener('abort', stop);
    return {
      send: (request) => Promise.race([client.send(request), over]),
      close() {
        clearTimeout(timer);
        signal?.removeEventListener('abort', stop);
      },
    };
  };
  const outcome = await check(make, options);
  for (const client of left) client.close();
  return outcome;
}
