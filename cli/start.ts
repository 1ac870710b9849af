import { relative, resolve } from 'node:path';
import { random } from '../simulators/random.ts';
import { readyAccount } from './accounts.ts';
import { demo } from './demo.ts';
import { exitCode } from './exit.ts';
import { commandPlatform, writeToStderr } from './platform.ts';
import { summary } from './summary.ts';
import { openDestination, streamsOf, syncAccounts } from './sync.ts';

/**
 * The main job at a glance: syncs from embedded simulated clouds. Their history is a pure function of seed and
 * time, so a later start goes on where this one ends.
 */
export async function start({ out }: { readonly out: string }): Promise<number> {
  writeToStderr('Starting simulated clouds on this machine …');
  const clouds = await Promise.all(demo.map(({ open }) => open()));
  try {
    const named = demo.map(({ account }, at) => ({
      ...account,
      credentials: { ...clouds[at]?.credentials, ...account.credentials },
    }));
    const accounts = await Promise.all(named.map((account) => readyAccount(account, 'demo')));
    const platform = { ...commandPlatform({ write: writeToStderr, level: 'error' }), random: random(1).next };
    const wanted = accounts.map((ready) => ({ ready, streams: streamsOf(ready, {}) }));
    const outcomes = await syncAccounts(wanted, platform, await openDestination({ out }, platform), {});
    process.stdout.write(`\n${summary(outcomes)}\n${whereabouts(out, outcomes[0]?.account ?? '')}`);
    return outcomes.some(({ error }) => error) ? exitCode.failed : exitCode.ok;
  } finally {
    await Promise.all(clouds.map((cloud) => cloud.close()));
  }
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
