import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { withCmpSecrets } from '../lib/cmp/secrets.ts';
import { outOfTime } from '../lib/deadline.ts';
import { destinationFrom } from '../lib/destination.ts';
import { InvalidConfig, SyncError, toWireError } from '../lib/errors.ts';
import {
  isCellStream,
  type Platform,
  runStream,
  type StreamName,
  type SyncOptions,
  streamNames,
} from '../lib/run.ts';
import { openSink, takesStream } from '../lib/sink/open.ts';
import type { Sink } from '../lib/sink/sink.ts';
import { openState } from '../lib/state/open.ts';
import type { State } from '../lib/state/state.ts';
import { stamp } from '../lib/time.ts';
import { openAccounts, type ReadyAccount } from './accounts.ts';
import { exitCodeOf, type StreamOutcome } from './outcome.ts';
import { commandPlatform, rangeOption, writeToStderr } from './platform.ts';
import { type ProgressView, progressView } from './progress.ts';
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
  readonly budget?: string;
  readonly json?: boolean;
  readonly verbose?: boolean;
}

/** Runs the accounts that are due until they are caught up. */
export async function syncCommand(options: SyncCommandOptions): Promise<number> {
  const range = rangeOption(options.from, options.to);
  const accounts = await openAccounts(options.accounts, options.account);
  const wanted = accounts.map((ready) => ({ ready, streams: streamsOf(ready, options) }));
  const level = options.verbose ? 'debug' : 'warn';
  const platform = commandPlatform({
    now: options.now,
    write: writeToStderr,
    level,
    budget: options.budget,
  });
  const destination = await openDestination(options, platform);
  const outcomes = await syncAccounts(wanted, platform, destination, {
    ...(range ? { range } : {}),
    order: options.freshFirst ? 'fresh-first' : 'oldest-first',
    regrid: options.regrid ?? false,
    retryNow: options.retryNow ?? false,
  });
  const tooSmall = outOfTime(platform.signal);
  if (tooSmall && outcomes.every(didNothing)) throw tooSmall;
  process.stdout.write(options.json ? `${JSON.stringify({ accounts: outcomes })}\n` : summary(outcomes));
  return exitCodeOf(outcomes);
}

function didNothing({ report }: StreamOutcome): boolean {
  return report?.status === 'continue' && report.windows.length === 0;
}

export interface OpenDestination {
  readonly sink: Sink;
  readonly state: State;
}

/** `--out DIR` is a sink and a state in one folder; each may be named on its own. */
export async function openDestination(
  { out, sink, state }: { out: string; sink?: string; state?: string },
  platform: Platform,
): Promise<OpenDestination> {
  const settings = { ...(await withCmpSecrets(destinationFrom(process.env))), platform };
  return {
    sink: await openSink(sink ?? `file:${out}`, settings),
    state: await openState(state ?? `file:${join(out, 'state')}`, settings),
  };
}

/** Accounts at a time: they wait for different clouds, and one slow cloud must not hold up the others. A state that cannot compare
 * before it writes takes one. */
const ACCOUNTS_AT_ONCE = 4;

/** An account and the streams of it that are to be run. */
export interface WantedAccount {
  readonly ready: ReadyAccount;
  readonly streams: readonly StreamName[];
}

/** All that the provider has but logs and the sink takes, unless the account or the command says otherwise. */
export function streamsOf(
  { account, room }: ReadyAccount,
  options: { stream?: readonly string[]; from?: string; sink?: string },
): StreamName[] {
  const known = streamNames(room.provider);
  const asked = options.stream?.length ? options.stream : account.streams;
  const unknown = asked?.find((name) => !known.includes(name as StreamName));
  if (unknown !== undefined) {
    throw new InvalidConfig(
      `${account.id}: ${account.provider} has no stream "${unknown}"; it has ${known.join(', ')}`,
      {
        code: 'UNKNOWN_STREAM',
      },
    );
  }
  const { sink } = options;
  const takes = (name: StreamName) => sink === undefined || takesStream(sink, name);
  // A stream that is asked for by name is refused by the sink, with what to do; the others are left out.
  const wanted = known.filter((name) => asked?.includes(name) ?? (name !== 'logs' && takes(name)));
  // What is there now has no past that could be read again.
  return options.from === undefined ? wanted : wanted.filter(isCellStream);
}

/** Each account on its own: one that fails leaves the others alone. */
export async function syncAccounts(
  accounts: readonly WantedAccount[],
  platform: Platform,
  destination: OpenDestination,
  options: SyncOptions,
): Promise<StreamOutcome[]> {
  const outcomes: StreamOutcome[][] = [];
  const view = progressView();
  const waiting = accounts.map((wanted, at) => ({ wanted, at }));
  const atOnce = destination.state.capabilities.compareAndSet ? ACCOUNTS_AT_ONCE : 1;
  const work = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      outcomes[next.at] = await syncAccount(next.wanted, platform, destination, options, view);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  view.clear();
  const all = outcomes.flat();
  const runId = `${stamp(platform.clock.wire()).replace(/\.\d+/, '')}-${randomBytes(4).toString('hex')}`;
  await recordRun(destination.sink, runId, all);
  return all;
}

/** A sink that takes nothing keeps no record either: what the accounts met is then told before that. */
async function recordRun(sink: Sink, id: string, outcomes: readonly StreamOutcome[]): Promise<void> {
  try {
    await sink.recordRun?.(id, { v: 1, id, accounts: outcomes });
    await sink.close();
  } catch (error) {
    if (!outcomes.some((outcome) => outcome.error)) throw error;
    writeToStderr(`The run could not be recorded: ${describe(error)}`);
  }
}

async function syncAccount(
  { ready, streams }: WantedAccount,
  platform: Platform,
  destination: OpenDestination,
  options: SyncOptions,
  view: ProgressView,
): Promise<StreamOutcome[]> {
  const outcomes: StreamOutcome[] = [];
  for (const stream of streams) {
    // Refused credentials are not tried again by the account's next stream: that locks accounts.
    const refused = outcomes.find(({ error }) => error?.exc_type === 'InvalidCredentials');
    outcomes.push(
      refused
        ? { ...refused, stream, seconds: 0 }
        : await syncOne(ready, stream, platform, destination, options, view),
    );
  }
  return outcomes;
}

async function syncOne(
  { account, room, subject, mapping }: ReadyAccount,
  stream: StreamName,
  platform: Platform,
  { sink, state }: OpenDestination,
  options: SyncOptions,
  view: ProgressView,
): Promise<StreamOutcome> {
  const started = performance.now();
  const outcome = { account: account.id, provider: account.provider, stream };
  const seconds = () => Math.round(performance.now() - started) / 1000;
  try {
    const target = { mapping, sink, state, seed: null };
    const report = await runStream(room.provider, stream, subject, platform, target, {
      ...options,
      report: view.report(account.id),
    });
    return { ...outcome, seconds: seconds(), report, error: null };
  } catch (error) {
    view.clear();
    writeToStderr(`${account.id}: ${stream}: ${describe(error)}`);
    return { ...outcome, seconds: seconds(), report: null, error: toWireError(error) };
  }
}

function describe(error: unknown): string {
  if (error instanceof SyncError) return `${error.name}: ${error.message}\n  ${error.hint}`;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
