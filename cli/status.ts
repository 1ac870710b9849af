import { join } from 'node:path';
import { withCmpSecrets } from '../lib/cmp/secrets.ts';
import { destinationFrom } from '../lib/destination.ts';
import { InvalidConfig, toWireError, type WireError } from '../lib/errors.ts';
import type { CellStreamName } from '../lib/job.ts';
import { planCells } from '../lib/plan.ts';
import { joinGaps } from '../lib/report/gaps.ts';
import { isCellStream, settingsOf } from '../lib/run.ts';
import { openState } from '../lib/state/open.ts';
import { ACCOUNT_PARTITION, type Failure, type PartitionState, type State } from '../lib/state/state.ts';
import { formatInstant, formatInterval, type Interval, type Millis, SECOND } from '../lib/time.ts';
import { openAccounts, type ReadyAccount } from './accounts.ts';
import { exitCode } from './exit.ts';
import { commandPlatform, writeToStderr } from './platform.ts';
import { streamsOf } from './sync.ts';
import { table } from './table.ts';

export interface StatusCommandOptions {
  readonly accounts: string;
  readonly account: readonly string[];
  readonly maxLag?: string;
  readonly out: string;
  readonly state?: string;
  readonly now?: string;
  readonly json?: boolean;
}

/** How far one partition has come. Instants are RFC 3339, intervals `start/end`, half-open. */
interface PartitionStatus {
  readonly account: string;
  readonly provider: string;
  readonly stream: string;
  readonly partition: string;
  /** The last cell before the checkpoint; null when nothing was delivered. */
  readonly last_cell: string | null;
  readonly checkpoint: string | null;
  /** Seconds that the checkpoint stands behind now; null when nothing was delivered. */
  readonly lag: number | null;
  /** Cells that are due now. */
  readonly due: number;
  readonly next_due: string | null;
  /** Not before then, after a failure. */
  readonly not_before: string | null;
  readonly failures: number;
  readonly last_error: WireError | Failure['lastError'] | null;
  readonly unsettled: readonly string[];
  /** Cells of which records are in quarantine. */
  readonly incomplete: readonly string[];
  /** What lies between the checkpoint and cells that were delivered after it; and time of which nothing is known. */
  readonly gaps: readonly string[];
}

/** Shows what the state knows of every account; makes no request. */
export async function statusCommand(options: StatusCommandOptions): Promise<number> {
  const maxLag = options.maxLag === undefined ? null : seconds(options.maxLag);
  const accounts = await openAccounts(options.accounts, options.account);
  const platform = commandPlatform({ now: options.now, write: writeToStderr, level: 'warn' });
  const address = options.state ?? `file:${join(options.out, 'state')}`;
  const state = await openState(address, {
    ...(await withCmpSecrets(destinationFrom(process.env))),
    platform,
  });
  const now = platform.clock.plan();
  const statuses = (await Promise.all(accounts.map((account) => statusOf(account, state, now)))).flat();
  process.stdout.write(
    options.json
      ? `${JSON.stringify({ now: formatInstant(now), partitions: statuses })}\n`
      : asText(statuses, maxLag),
  );
  const unreadable = statuses.some(({ last_error }) => last_error !== null && 'owner' in last_error);
  return unreadable || statuses.some((status) => isLate(status, maxLag)) ? exitCode.failed : exitCode.ok;
}

/** Of every stream of the account that is told in cells. */
async function statusOf(ready: ReadyAccount, state: State, now: Millis): Promise<PartitionStatus[]> {
  const streams = streamsOf(ready, {}).filter(isCellStream);
  return (await Promise.all(streams.map((stream) => streamStatus(ready, stream, state, now)))).flat();
}

async function streamStatus(
  ready: ReadyAccount,
  stream: CellStreamName,
  state: State,
  now: Millis,
): Promise<PartitionStatus[]> {
  const { account } = ready;
  const key = { account: account.id, stream };
  const about = { account: account.id, provider: account.provider, stream };
  try {
    // What failed before there were partitions to fail is remembered beside them.
    const { failure } = await state.peek({ ...key, partition: ACCOUNT_PARTITION });
    const known = await state.partitions(key);
    const partitions = known.length > 0 ? known : ['all'];
    return await Promise.all(
      partitions.map(async (partition) => {
        const stored = await state.peek({ ...key, partition });
        return { ...about, partition, ...progressOf(ready, stored, stored.failure ?? failure, now) };
      }),
    );
  } catch (error) {
    return [{ ...about, partition: 'all', ...NOTHING_KNOWN, last_error: toWireError(error) }];
  }
}

type Progress = Omit<PartitionStatus, 'account' | 'provider' | 'stream' | 'partition'>;

const NOTHING_KNOWN: Progress = {
  last_cell: null,
  checkpoint: null,
  lag: null,
  due: 0,
  next_due: null,
  not_before: null,
  failures: 0,
  last_error: null,
  unsettled: [],
  incomplete: [],
  gaps: [],
};

function progressOf(
  { room, subject }: ReadyAccount,
  stored: PartitionState,
  failure: Failure | null,
  now: Millis,
): Progress {
  const { cells, checkpoint, grid } = stored;
  const last = cells.findLast((cell) => checkpoint !== null && cell.end <= checkpoint);
  const plan = grid && planCells({ ...settingsOf(room.provider, subject), ...stored, grid, now });
  const nextDue = plan === null || plan.cells.length > 0 ? now : plan.nextDue;
  return {
    last_cell: last ? formatInterval(last) : null,
    checkpoint: checkpoint === null ? null : formatInstant(checkpoint),
    lag: checkpoint === null ? null : Math.max(0, Math.round((now - checkpoint) / SECOND)),
    due: plan?.cells.length ?? 0,
    next_due: formatInstant(Math.max(nextDue, failure?.notBefore ?? nextDue)),
    not_before: failure?.notBefore == null ? null : formatInstant(failure.notBefore),
    failures: failure?.failures ?? 0,
    last_error: failure?.lastError ?? null,
    unsettled: cells.filter(({ settled }) => !settled).map(formatInterval),
    incomplete: cells.filter(({ quarantined }) => quarantined > 0).map(formatInterval),
    gaps: [...gapsOf(stored), ...joinGaps(cells.flatMap(({ gaps = [] }) => gaps))].map(formatInterval),
  };
}

function gapsOf({ cells, checkpoint }: PartitionState): Interval[] {
  const gaps: Interval[] = [];
  let reached = checkpoint ?? Number.POSITIVE_INFINITY;
  for (const { start, end } of cells) {
    if (start > reached) gaps.push({ start: reached, end: start });
    reached = Math.max(reached, end);
  }
  return gaps;
}

/** What was never delivered is later than any limit. */
function isLate({ lag }: PartitionStatus, maxLag: number | null): boolean {
  return maxLag !== null && (lag === null || lag > maxLag);
}

function seconds(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidConfig('--max-lag: expected a whole number of seconds');
  return Number(text);
}

const headings = [
  'account',
  'stream',
  'partition',
  'last cell',
  'lag',
  'due',
  'next due',
  'unsettled',
  'gaps',
];

function asText(statuses: readonly PartitionStatus[], maxLag: number | null): string {
  const rows = statuses.map((status) => [
    status.account,
    status.stream,
    status.partition,
    status.last_cell ?? status.checkpoint ?? 'none',
    status.lag === null ? '–' : `${status.lag} s`,
    String(status.due),
    status.next_due ?? '–',
    String(status.unsettled.length),
    String(status.gaps.length),
  ]);
  return [table(headings, rows), ...statuses.flatMap((status) => notesOf(status, maxLag))].join('');
}

function notesOf(status: PartitionStatus, maxLag: number | null): string[] {
  const { account, partition, last_error: error, failures, not_before, gaps, incomplete } = status;
  const tries = failures > 0 ? `, ${failures} in a row` : '';
  const pause = not_before === null ? '' : `, waits until ${not_before}`;
  const notes = [
    ...(isLate(status, maxLag) ? [`lags more than ${maxLag} s`] : []),
    ...(error ? [`${error.exc_type}: ${error.exc_message} (${error.code}${tries}${pause})`] : []),
    ...gaps.map((gap) => `gap ${gap}`),
    ...incomplete.map((cell) => `incomplete ${cell}: some of its records are in quarantine`),
  ];
  return notes.map((note) => `${account}/${partition}: ${note}\n`);
}
