import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { InvalidConfig, SyncError, toWireError } from '../lib/errors.ts';
import { type Platform, runMetrics, type SyncOptions } from '../lib/run.ts';
import { openSink } from '../lib/sink/open.ts';
import type { Sink } from '../lib/sink/sink.ts';
import { openState } from '../lib/state/open.ts';
import type { State } from '../lib/state/state.ts';
import { stamp } from '../lib/time.ts';
import { openAccounts, type ReadyAccount } from './accounts.ts';
import { type AccountOutcome, exitCodeOf } from './outcome.ts';
import { commandPlatform, rangeOption, writeToStderr } from './platform.ts';
import { progressLines } from './progress.ts';
import { summary } from './summary.ts';

export interface SyncCommandOptions {
  readonly accounts: string;
  readonly account: readonly string[];
  readonly stream: readonly string[];
  readonly from?: string;
  readonly to?: string;
  readonly out: string;
  readonly sink?: string;
  readonly state?: string;
  readonly now?: string;
  readonly regrid?: boolean;
  readonly retryNow?: boolean;
  readonly freshFirst?: boolean;
  readonly json?: boolean;
  readonly verbose?: boolean;
}

/** Runs the accounts that are due until they are caught up. */
export async function syncCommand(options: SyncCommandOptions): Promise<number> {
  const unknown = options.stream.find((name) => name !== 'metrics');
  if (unknown !== undefined) throw new InvalidConfig(`There is no stream "${unknown}"; there is: metrics`);
  const range = rangeOption(options.from, options.to);
  const accounts = await openAccounts(options.accounts, options.account);
  const level = options.verbose ? 'debug' : 'warn';
  const platform = commandPlatform({ now: options.now, write: writeToStderr, level });
  const destination = openDestination(options);
  const outcomes = await syncAccounts(accounts, platform, destination, {
    ...(range ? { range } : {}),
    order: options.freshFirst ? 'fresh-first' : 'oldest-first',
    regrid: options.regrid ?? false,
    retryNow: options.retryNow ?? false,
  });
  process.stdout.write(options.json ? `${JSON.stringify({ accounts: outcomes })}\n` : summary(outcomes));
  return exitCodeOf(outcomes);
}

export interface OpenDestination {
  readonly sink: Sink;
  readonly state: State;
}

/** `--out DIR` is a sink and a state in one folder; each may be named on its own. */
export function openDestination({
  out,
  sink,
  state,
}: {
  out: string;
  sink?: string;
  state?: string;
}): OpenDestination {
  return { sink: openSink(sink ?? `file:${out}`), state: openState(state ?? `file:${join(out, 'state')}`) };
}

/** Accounts at a time: they wait for different clouds, and one slow cloud must not hold up the others. */
const ACCOUNTS_AT_ONCE = 4;

/** Each account on its own: one that fails leaves the others alone. */
export async function syncAccounts(
  accounts: readonly ReadyAccount[],
  platform: Platform,
  destination: OpenDestination,
  options: SyncOptions,
): Promise<AccountOutcome[]> {
  const outcomes: AccountOutcome[] = [];
  const waiting = accounts.map((ready, at) => ({ ready, at }));
  const work = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      outcomes[next.at] = await syncAccount(next.ready, platform, destination, options);
    }
  };
  await Promise.all(Array.from({ length: ACCOUNTS_AT_ONCE }, work));
  const runId = `${stamp(platform.clock.wire()).replace(/\.\d+/, '')}-${randomBytes(4).toString('hex')}`;
  await destination.sink.recordRun?.(runId, { v: 1, id: runId, accounts: outcomes });
  await destination.sink.close();
  return outcomes;
}

async function syncAccount(
  { account, room, subject, mapping }: ReadyAccount,
  platform: Platform,
  { sink, state }: OpenDestination,
  options: SyncOptions,
): Promise<AccountOutcome> {
  const started = performance.now();
  const outcome = { account: account.id, provider: account.provider, stream: 'metrics' as const };
  const seconds = () => Math.round(performance.now() - started) / 1000;
  const report = progressLines(account.id);
  try {
    const target = { mapping, sink, state, seed: null };
    const result = await runMetrics(room.provider, subject, platform, target, { ...options, report });
    return { ...outcome, seconds: seconds(), report: result, error: null };
  } catch (error) {
    writeToStderr(`${account.id}: ${describe(error)}`);
    return { ...outcome, seconds: seconds(), report: null, error: toWireError(error) };
  }
}

function describe(error: unknown): string {
  if (error instanceof SyncError) return `${error.name}: ${error.message}\n  ${error.hint}`;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
