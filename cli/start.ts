import { relative, resolve } from 'node:path';
import type { Account } from '../lib/account.ts';
import { startCloudStack } from '../simulators/cloudstack/server.ts';
import { random } from '../simulators/random.ts';
import { readyAccount } from './accounts.ts';
import { exitCode } from './exit.ts';
import { commandPlatform, writeToStderr } from './platform.ts';
import { summary } from './summary.ts';
import { openDestination, streamsOf, syncAccounts } from './sync.ts';

/** A fortnight: enough to see a history, and over in seconds. */
const FIRST_RUN = 14 * 86_400;

/**
 * The main job at a glance: syncs from embedded simulated clouds. Their history is a pure function of seed and
 * time, so a later start goes on where this one ends.
 */
export async function start({ out }: { readonly out: string }): Promise<number> {
  writeToStderr('Starting simulated clouds on this machine …');
  const clouds = await Promise.all([
    startCloudStack({
      seed: 1,
      zone: 'Europe/Berlin',
      rangeMinutes: 1440,
      dateFormat: 'offset',
      role: 'root-admin',
    }),
    startCloudStack({
      seed: 2,
      zone: 'UTC',
      rangeMinutes: 60,
      dateFormat: 'quoted',
      role: 'domain-admin',
      faults: ['429-storm', 'duplicate-rows'],
    }),
  ]);
  try {
    const accounts = await Promise.all(
      demoAccounts(clouds.map((cloud) => cloud.credentials)).map((account) => readyAccount(account, 'demo')),
    );
    const platform = { ...commandPlatform({ write: writeToStderr, level: 'error' }), random: random(1).next };
    const wanted = accounts.map((ready) => ({ ready, streams: streamsOf(ready, {}) }));
    const outcomes = await syncAccounts(wanted, platform, await openDestination({ out }, platform), {});
    process.stdout.write(`\n${summary(outcomes)}\n${whereabouts(out, outcomes[0]?.account ?? '')}`);
    return outcomes.some(({ error }) => error) ? exitCode.failed : exitCode.ok;
  } finally {
    await Promise.all(clouds.map((cloud) => cloud.close()));
  }
}

function demoAccounts(credentials: readonly Account['credentials'][]): Account[] {
  const [daily = {}, hourly = {}] = credentials;
  const shared = { provider: 'cloudstack', initial_interval: FIRST_RUN };
  return [
    { ...shared, id: 'acme', customer_id: 'acme-gmbh', credentials: daily },
    {
      ...shared,
      id: 'globex',
      customer_id: 'globex-plc',
      credentials: { ...hourly, usage_aggregation_range: 60, usage_aggregation_timezone: 'UTC' },
      initial_interval: FIRST_RUN / 7,
    },
  ];
}

function whereabouts(out: string, account: string): string {
  const folder = relative('.', resolve(out)) || '.';
  return [
    `Metrics   ${folder}/metrics/<account>/all/<cell>.ndjson, one line a metric`,
    `Resources ${folder}/resources/<account>/all/latest.ndjson, the inventory`,
    `Proof     ${folder}/manifest.json, the SHA-256 of every cell`,
    `Runs      ${folder}/runs/, what was planned, why, and what happened`,
    `Try       head -n 3 ${folder}/metrics/${account}/all/*.ndjson`,
    '',
  ].join('\n');
}
