import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pLimit from 'p-limit';
import { mapping, provider } from '../functions/cloudstack/index.ts';
import { type DispatchJob, dispatchAccounts } from '../functions/dispatch/dispatch.ts';
import { listAccounts } from '../lib/accounts/list.ts';
import { accountLines } from '../lib/accounts/source.ts';
import { destinationFrom } from '../lib/destination.ts';
import { answerStream } from '../lib/handler.ts';
import type { Platform } from '../lib/run.ts';
import { fileState } from '../lib/state/file.ts';
import { DAY } from '../lib/time.ts';
import { type CloudStackSimulator, startCloudStack } from '../simulators/cloudstack/server.ts';
import { rawMapping, sumsOf, truthOf } from './cloudstack-run.ts';
import { differenceOf, linesIn } from './delivered.ts';
import { type Outcome, type Proof, type ProofOptions, tally } from './proof.ts';

const NOW = Date.UTC(2026, 10, 21, 10);
const TODAY = Date.UTC(2026, 10, 21);
const DAYS = 2;

/** How an account is broken, and the name of the error that must say so. */
type Way = readonly [error: string, break_: (account: Account) => object];

interface Account {
  readonly id: string;
  readonly provider: string;
  readonly credentials: Readonly<Record<string, unknown>>;
}

const withCredentials = (more: object) => (account: Account) => ({
  ...account,
  credentials: { ...account.credentials, ...more },
});

/** Whatever the operator, the account's user or the cloud can do wrong. */
function waysOf(forbidding: CloudStackSimulator, damaged: CloudStackSimulator): readonly Way[] {
  return [
    ['InvalidConfig', (account) => ({ ...account, pol_interval: 60 })],
    ['InvalidCredentials', withCredentials({ secret_key: 'not-the-secret-key' })],
    ['InsufficientPermission', withCredentials(forbidding.credentials)],
    ['MalformedResponse', withCredentials(damaged.credentials)],
    ['EgressDenied', withCredentials({ url: 'http://169.254.169.254/client/api' })],
    ['InvalidConfig', withCredentials({ secret_key: '${NOT_SET_ANYWHERE}' })],
    ['InvalidConfig', withCredentials({ api_kye: 'x' })],
    ['InvalidConfig', (account) => ({ ...account, provider: 'nobody' })],
  ];
}

/** What a dispatcher is given, and how it starts an account; a started account's failure is its own. */
type Dispatcher = (job: DispatchJob) => Promise<unknown>;

/** Many accounts, one in ten of them broken. */
export const r12: Proof = {
  id: 'R12',
  name: '500 accounts, one in ten broken in eight ways: 450 exact totals, 50 typed errors',
  full: 500,
  quick: 80,
  run: (options) => check(dispatchAccounts, options),
  bad: [{ name: 'the first failure stops', run: (options) => check(stopping, options) }],
};

async function check(dispatch: Dispatcher, { count, seed }: ProofOptions): Promise<Outcome> {
  const found = tally();
  const folder = await mkdtemp(join(tmpdir(), 'usage-sync-r12-'));
  const clouds = await Promise.all([
    cloudWith(seed, []),
    cloudWith(seed + 1, ['no-permission']),
    cloudWith(seed + 2, ['missing-array']),
  ]);
  try {
    const [cloud, forbidding, damaged] = clouds;
    const expected = await writeAccounts(folder, cloud, waysOf(forbidding, damaged), count);
    const errors = await dispatchIn(folder, dispatch);
    const { hours, sums } = truthOf(cloud, { start: TODAY - DAYS * DAY, end: TODAY });
    const figures = { 'exact totals': 0, 'typed errors': 0 };
    for (const [id, error] of expected) {
      if (error !== null) {
        if (errors.get(id) === error) figures['typed errors'] += 1;
        else found.violate(`${id}: ended with ${errors.get(id)}, not ${error}`);
        continue;
      }
      const wrong = errors.get(id) ?? differenceOf(sumsOf(await linesIn(folder, 'all', id), hours), sums);
      if (wrong === null) figures['exact totals'] += 1;
      else found.violate(`${id}: ${wrong}`);
    }
    return found.outcome(count, figures);
  } finally {
    await Promise.all(clouds.map((cloud) => cloud.close()));
    await rm(folder, { recursive: true });
  }
}

function cloudWith(seed: number, faults: readonly string[]): Promise<CloudStackSimulator> {
  const options = { vms: 1, since: TODAY - 5 * DAY, role: 'root-admin' as const };
  return startCloudStack({ ...options, seed, faults, wireNow: Date.now, planNow: () => NOW });
}

/** @returns what each account must come to: null is an exact total, else the name of an error. */
async function writeAccounts(
  folder: string,
  cloud: CloudStackSimulator,
  ways: readonly Way[],
  count: number,
): Promise<ReadonlyMap<string, string | null>> {
  const expected = new Map<string, string | null>();
  const lines = ['defaults: {initial_interval: 172800, poll_interval: 60}', 'accounts:'];
  for (let number = 0; number < count; number += 1) {
    const account = { id: `a${number}`, provider: 'cloudstack', credentials: cloud.credentials };
    const way = number % 10 === 4 ? ways[Math.floor(number / 10) % ways.length] : undefined;
    expected.set(account.id, way?.[0] ?? null);
    lines.push(`  - ${JSON.stringify(way ? way[1](account) : account)}`);
  }
  await writeFile(join(folder, 'accounts.yaml'), lines.join('\n'));
  await writeFile(join(folder, 'raw.yaml'), rawMapping);
  return expected;
}

/** Invocations that run at once. */
const AT_ONCE = 4;

/** Dispatches the accounts of a folder and runs what is started. @returns the errors, by account */
async function dispatchIn(folder: string, dispatch: Dispatcher): Promise<ReadonlyMap<string, string>> {
  const errors = new Map<string, string>();
  const running: Promise<void>[] = [];
  const room = pLimit(AT_ONCE);
  const file = join(folder, 'accounts.yaml');
  const destination = destinationFrom({
    USAGE_SYNC_ACCOUNTS: file,
    USAGE_SYNC_SINK: `file:${folder}`,
    USAGE_SYNC_STATE: `file:${folder}/state`,
    USAGE_SYNC_MAPPING: join(folder, 'raw.yaml'),
  });
  const invoke = async (event: object) => {
    try {
      await answerStream(provider, 'metrics', mapping, event, platform, destination);
    } catch (error) {
      errors.set((event as { account_id: string }).account_id, error instanceof Error ? error.name : '');
    }
  };
  await dispatch({
    ...platform,
    accounts: listAccounts(accountLines(file), file),
    providers: { cloudstack: { ...provider.defaults, streams: ['metrics'] } },
    state: fileState(join(folder, 'state'), { now: Date.now }),
    limits: { global: 16, perHost: 8, hold: 0 },
    functionName: (name) => name,
    failed: ({ account, exc_type }) => errors.set(account, exc_type),
    invoker: { start: async (_, event) => void running.push(room(() => invoke(event))), close() {} },
  });
  await Promise.all(running);
  return errors;
}

const platform: Platform = {
  clock: { plan: () => NOW, wire: Date.now },
  signal: new AbortController().signal,
  log: { write: () => {}, level: 'error' },
  loopback: true,
  random: () => 0,
};

/** One account after another, until one cannot be read. */
const stopping: Dispatcher = async ({ accounts, invoker, signal }) => {
  for await (const listed of accounts) {
    if ('error' in listed) return;
    await invoker.start('', { account_id: listed.account.id }, signal);
  }
};
