import { relative, resolve } from 'node:path';
import type { Account } from '../lib/account.ts';
import type { Millis } from '../lib/time.ts';
import { random } from '../simulators/random.ts';
import type { Simulator } from '../simulators/simulator.ts';
import { readyAccount } from './accounts.ts';
import { demo } from './demo.ts';
import { exitCode } from './exit.ts';
import type { StreamOutcome } from './outcome.ts';
import { commandPlatform, writeToStderr } from './platform.ts';
import { summary } from './summary.ts';
import { openDestination, streamsOf, syncAccounts } from './sync.ts';
import { watchPast } from './watch.ts';

/**
 * The main job at a glance: syncs from embedded simulated clouds. Their history is a pure function of seed and
 * time, so a later start goes on where this one ends.
 */
export async function start({ out }: { readonly out: string }): Promise<number> {
  writeToStderr('Starting simulated clouds on this machine …');
  let past: Millis | null = null; // while a cloud's past is watched, its clock is there
  const clouds = await Promise.all(demo.map(({ open }) => open(() => past ?? Date.now())));
  try {
    const platform = { ...commandPlatform({ write: writeToStderr, level: 'error' }), random: random(1).next };
    const destination = await openDestination({ out }, platform);
    const wanted = await Promise.all(demo.map(({ account }, at) => wantedAccount(account, clouds[at])));
    const { clock } = platform;
    const platformAt = (now: Millis) => {
      past = now;
      return { ...platform, clock: { ...clock, plan: () => now } };
    };
    const watched: StreamOutcome[] = [];
    for (const [at, { watched: span }] of demo.entries()) {
      const one = wanted[at];
      if (one && span) watched.push(...(await watchPast(one, span, destination, platformAt, clock.plan())));
    }
    past = null;
    const outcomes = [...watched, ...(await syncAccounts(wanted, platform, destination, {}))];
    const inOrder = demo.flatMap(({ account: { id } }) => outcomes.filter(({ account }) => account === id));
    process.stdout.write(`\n${summary(inOrder)}\n${whereabouts(out, demo[0]?.account.id ?? '')}`);
    return outcomes.some(({ error }) => error) ? exitCode.failed : exitCode.ok;
  } finally {
    await Promise.all(clouds.map((cloud) => cloud.close()));
  }
}

/** An account of the demonstration, with what its cloud says of its credentials. */
async function wantedAccount(account: Account, cloud: Pick<Simulator, 'credentials'> | undefined) {
  const credentials = { ...cloud?.credentials, ...account.credentials };
  const ready = await readyAccount({ ...account, credentials }, 'demo');
  return { ready, streams: streamsOf(ready, {}) };
}

function whereabouts(out: string, account: string): string {
  const folder = relative('.', resolve(out)) || '.';
  return [
    `Metrics   ${folder}/metrics/<account>/<partition>/<cell>.ndjson, one line a metric`,
    `Resources ${folder}/resources/<account>/<partition>/latest.ndjson, the inventory`,
    `Proof     ${folder}/manifest.json, the SHA-256 of every cell`,
    `Runs      ${folder}/runs/, what was planned, why, and what happened`,
    `Try       head -n 3 ${folder}/metrics/${account}/all/*.ndjson`,
    '',
  ].join('\n');
}
