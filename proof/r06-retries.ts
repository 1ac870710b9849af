import { setTimeout as delay } from 'node:timers/promises';
import { SyncError } from '../lib/errors.ts';
import { type Millis, SECOND } from '../lib/time.ts';
import { type Random, random } from '../simulators/random.ts';
import { type Design, type Outcome, type Proof, type ProofOptions, tally } from './proof.ts';
import { type MakeClient, ourClient } from './r06-client.ts';
import { type Step, script } from './r06-scripts.ts';
import { type Seen, startScripted } from './r06-server.ts';

/** Calls at once. */
const TOGETHER = 200;
/** How often a call may try: one less than by default, for the length of the proof. */
const ATTEMPTS = 4;
/** What the client waits when it is told nothing: an interval that doubles, half of it to all of it. */
const BASE: Millis = 200;
/** How far from the ideal, in requests and in time. */
const ALLOWED = 1.3;

/** Clients that know nothing of each other, and a server that turns down two of three requests. */
export const r06: Proof = {
  id: 'R6',
  name: 'retries: never before the moment the server names, hardly later, and never beyond the budget',
  full: 2_000,
  quick: 80,
  run: (options) => check(ourClient, options),
  bad: [
    bad('tries again at once', () => 0),
    bad('ignores Retry-After', (attempt) => (BASE / 2) * 2 ** (attempt - 1)),
    bad('cuts what it is told to a limit of its own', (attempt, told) =>
      Math.min(told ?? BASE * attempt, BASE / 2),
    ),
    bad('a fixed pause, without a limit of attempts', () => BASE / 40, Number.POSITIVE_INFINITY),
    bad('gives up at the first failure', () => 0, 1),
  ],
};

async function check(make: MakeClient, { seed, count }: ProofOptions): Promise<Outcome> {
  const chance = random(seed);
  const found = tally();
  const total = { requests: 0, ideal: 0, time: 0, idealTime: 0, limited: 0 };
  for (let from = 0; from < count; from += TOGETHER) {
    const scripts = Array.from({ length: Math.min(TOGETHER, count - from) }, () => script(chance));
    const ends = await playAll(make, scripts, seed + from);
    for (const [index, { outcome, seen }] of ends.entries()) {
      const steps = scripts[index] ?? [];
      const best = ideal(steps, seen, random(seed + from + index));
      const problem = problemOf(outcome, best, seen);
      if (problem) found.violate(`call ${from + index} (${describe(steps)}): ${problem}`);
      total.requests += seen.arrivals.length;
      total.ideal += best.requests;
      total.time += (seen.arrivals.at(-1) ?? 0) - (seen.arrivals[0] ?? 0);
      total.idealTime += best.time;
      if (outcome === 'RateLimited') total.limited += 1;
    }
  }
  const requests = total.requests / total.ideal;
  const time = total.time / total.idealTime;
  if (requests > ALLOWED) found.violate(`${requests.toFixed(2)} times the requests of an ideal client`);
  if (time > ALLOWED) found.violate(`${time.toFixed(2)} times the time of an ideal client`);
  const figures = { 'requests to ideal': requests.toFixed(3), 'time to ideal': time.toFixed(3) };
  return found.outcome(count, { ...figures, 'given up as RateLimited': total.limited });
}

interface End {
  readonly outcome: string;
  readonly seen: Seen;
}

async function playAll(make: MakeClient, scripts: readonly Step[][], seed: number): Promise<End[]> {
  const server = await startScripted(scripts);
  const play = async (seen: Seen, index: number): Promise<End> => {
    const client = make({ origins: [server.url], attempts: ATTEMPTS, random: random(seed + index).next });
    const request = { method: 'GET', url: new URL(`/call/${index}`, server.url) } as const;
    const outcome = await client.send(request).then(
      () => 'ok',
      (error: unknown) => (error instanceof SyncError ? error.name : String(error)),
    );
    client.close();
    return { outcome, seen };
  };
  try {
    return await Promise.all(server.seen.map(play));
  } finally {
    await server.close();
  }
}

interface Ideal {
  readonly outcome: string;
  readonly requests: number;
  readonly time: Millis;
}

/** A client that waits exactly what it is told, spends no time on anything else, and knows when to stop. */
function ideal(steps: readonly Step[], { arrivals, allowed }: Seen, chance: Random): Ideal {
  let time = 0;
  for (const [index, step] of steps.entries()) {
    const requests = index + 1;
    if (step.kind === 'ok') return { outcome: 'ok', requests, time };
    const last = requests === ATTEMPTS || (step.kind === 'status' && step.told === 'too long');
    if (last) return { outcome: nameOf(step), requests, time };
    const backoff = BASE * 2 ** index * (0.5 + chance.next() / 2);
    const told = (allowed[index] ?? 0) - (arrivals[index] ?? 0);
    time += told > 0 ? told : backoff;
  }
  return { outcome: 'no end', requests: steps.length, time };
}

function nameOf(step: Step): string {
  return step.kind === 'status' && step.status === 429 ? 'RateLimited' : 'ProviderUnavailable';
}

function problemOf(outcome: string, best: Ideal, { arrivals, allowed }: Seen): string | null {
  const early = arrivals.findIndex((at, index) => index > 0 && at < (allowed[index - 1] ?? 0));
  if (early >= 0) return `request ${early + 1} came before it was allowed`;
  return outcome === best.outcome ? null : `${outcome}, expected ${best.outcome}`;
}

function describe(steps: readonly Step[]): string {
  return steps
    .slice(0, ATTEMPTS)
    .map((step) => (step.kind === 'status' ? `${step.status} ${step.told} ${step.text}`.trim() : step.kind))
    .join(', ');
}

/** @returns milliseconds; `told` is what the server asked for. */
type Wait = (attempt: number, told: Millis | undefined) => Millis;

/** Our client with the patience taken out, and another one put around it. */
function bad(name: string, wait: Wait, attempts = ATTEMPTS): Design {
  const make: MakeClient = (options) => {
    const client = ourClient({ ...options, attempts: 1 });
    return {
      close: () => client.close(),
      async send(request) {
        for (let attempt = 1; ; attempt += 1) {
          try {
            return await client.send(request);
          } catch (error) {
            if (!(error instanceof SyncError) || attempt >= attempts) throw error;
            await delay(wait(attempt, error.retryAfter && error.retryAfter * SECOND));
          }
        }
      },
    };
  };
  return { name, run: (options) => check(make, options) };
}
