/**
 * event → cells → fetch → normalise → settle → map → deliver → checkpoint → report
 *
 * This file is that sentence, and the only one that knows its order.
 */
import { commitCell } from './cells.ts';
import type { Clock } from './clock.ts';
import { rememberingFailure } from './failure.ts';
import { cellAt, type Grid } from './grid.ts';
import type { Log } from './log.ts';
import { type Mapped, type Mapper, mapCell } from './map.ts';
import { assertSameGrid, covering, type PlannedCell, planCells } from './plan.ts';
import type { MetricsStream, Policy, Provider, Settled } from './provider.ts';
import { type BadRow, type CellRead, readCells } from './read.ts';
import { type PartitionReport, reportOf, type StreamReport, type WindowReport } from './report.ts';
import type { Quarantined, Receipt, Sink } from './sink/sink.ts';
import { type Lease, NOTHING_STORED, type PartitionState, type State } from './state/state.ts';
import { formatInstant, type Interval, type Millis } from './time.ts';

/** How an account is read; durations in seconds. */
export interface Settings {
  readonly poll: number;
  readonly skew: number;
  readonly lookback: number;
  /** The longest span of one fetch; 0 without limit. */
  readonly backfill: number;
  readonly initialInterval: number;
}

/** One account's stream, ready to be worked on. */
export interface SyncJob<Client> {
  readonly account: string;
  readonly provider: Pick<Provider<unknown, Client>, 'policy' | 'partitions' | 'concurrency'>;
  readonly stream: MetricsStream<Client>;
  readonly client: Client;
  readonly clock: Clock;
  /** Aborts when time is up: complete cells are committed, the rest is for the next run. */
  readonly signal: AbortSignal;
  readonly log: Log;
  readonly settings: Settings;
  /** How records become metrics, in the account's name. */
  readonly mapperFor: (partition: string) => Mapper;
  readonly sink: Sink;
  readonly state: State;
  /** Where a partition begins of which nothing is stored: the event's `last_update`. */
  readonly seed: Millis | null;
  /** `--from/--to`: read this again, whatever is due. */
  readonly range?: Interval;
  readonly order?: 'oldest-first' | 'fresh-first';
  /** Rewrites the history on a grid that changed. */
  readonly regrid: boolean;
  /** Tries although a former failure asks to wait. */
  readonly retryNow: boolean;
  /** Changes when the credentials do. */
  readonly credentialsMark: string;
  readonly random: () => number;
  /** Makes a row printable: no secret in it. */
  readonly quarantine: (row: BadRow) => Quarantined;
  /** Told after every checkpoint. */
  readonly report: (progress: {
    partition: string;
    done: number;
    planned: number;
    window: WindowReport;
  }) => void;
}

/**
 * Works through everything that is due. A failure leaves every checkpoint where the last delivered cell put
 * it, and is remembered. Partitions fail alone; the error is thrown when none succeeded.
 */
export async function syncStream<Client>(job: SyncJob<Client>): Promise<StreamReport> {
  const account = await remembered(job, '_account', () => openAccount(job));
  if (account === null) return reportOf([idle('all', 'continue', job.seed)], []);
  const { policy, partitions } = account;
  const reports: PartitionReport[] = [];
  const failures: { partition: string; error: unknown }[] = [];
  for (const partition of partitions) {
    try {
      reports.push(await remembered(job, partition, () => syncPartition(job, policy, partition)));
    } catch (error) {
      failures.push({ partition, error });
    }
  }
  const [first] = failures;
  if (first && reports.length === 0) throw first.error;
  return reportOf(reports, [...policy.notes, ...failures.map(describeFailure)]);
}

/** How far the provider's numbers can be trusted, and what there is to work on; null when time ran out. */
async function openAccount<Client>({ provider, client, signal }: SyncJob<Client>) {
  try {
    const policy = await provider.policy(client);
    return { policy, partitions: (await provider.partitions?.(client)) ?? ['all'] };
  } catch (error) {
    if (signal.aborted) return null;
    throw error;
  }
}

async function syncPartition<Client>(
  job: SyncJob<Client>,
  policy: Policy,
  partition: string,
): Promise<PartitionReport> {
  const { account, clock, mapperFor, provider, settings, sink, stream } = job;
  const lease = await job.state.acquire({ account, stream: 'metrics', partition });
  if (lease === null) return idle(partition, 'busy', job.seed);
  try {
    let state = await openHistory(job, policy.grid, partition, lease);
    const plan = planCells({ ...job, ...settings, ...state, grid: policy.grid, now: clock.plan() });
    const windows: WindowReport[] = [];
    const mapper = mapperFor(partition);
    const reading = { ...job, ...settings, partition, grid: policy.grid, concurrency: provider.concurrency };
    for await (const read of readCells(plan.cells, reading)) {
      const { cell } = read;
      const settled = stream.settle(read.records, cell, state.memory);
      const mapped = mapCell(settled.records, read.bad, mapper);
      const quarantined = () => mapped.tally.bad.map(job.quarantine);
      const receipt = await sink.deliver({ account, partition, cell, metrics: mapped.metrics, quarantined });
      state = advanced(state, plan.cells, { read, settled, mapped, receipt }, job, policy);
      await lease.commit(state);
      windows.push(describeWindow(partition, { read, settled, mapped, receipt }, state));
      job.report({
        partition,
        done: windows.length,
        planned: plan.cells.length,
        window: windows.at(-1) as WindowReport,
      });
    }
    const status =
      plan.cells.length === 0 ? 'nothing_due' : windows.length < plan.cells.length ? 'continue' : 'done';
    return {
      partition,
      status,
      windows,
      notes: plan.notes,
      checkpoint: state.checkpoint,
      nextDue: plan.nextDue,
    };
  } finally {
    await lease.release();
  }
}

/** Nothing was done, and `last_update` stays as it came. */
function idle(
  partition: string,
  status: PartitionReport['status'],
  checkpoint: Millis | null,
): PartitionReport {
  return { partition, status, windows: [], notes: [], checkpoint, nextDue: null };
}

/** Everything that one turn of the loop found out about its cell. */
interface Turn {
  readonly read: CellRead;
  readonly settled: Settled;
  readonly mapped: Mapped;
  readonly receipt: Receipt;
}

/** What is stored, on the provider's grid of today; on another one nothing is added to it. */
async function openHistory<Client>(
  job: SyncJob<Client>,
  grid: Grid,
  partition: string,
  { state, commit }: Lease,
): Promise<PartitionState> {
  const seeded = { ...state, checkpoint: state.checkpoint ?? job.seed };
  if (!job.regrid) {
    assertSameGrid(state.grid, grid);
    return seeded;
  }
  const changed =
    state.grid !== null && (state.grid.minutes !== grid.minutes || state.grid.zone !== grid.zone);
  if (!changed || state.origin === null) return seeded;
  await job.sink.setAside(job.account, partition);
  const origin = cellAt(grid, state.origin).start;
  const anew = { ...NOTHING_STORED, grid, origin, checkpoint: origin };
  await commit(anew);
  return anew;
}

/** The state after a delivered cell: never ahead of what the sink acknowledged. */
function advanced<Client>(
  state: PartitionState,
  planned: readonly PlannedCell[],
  { read, settled, mapped, receipt }: Turn,
  job: SyncJob<Client>,
  policy: Policy,
): PartitionState {
  const now = job.clock.plan();
  const { start, end } = read.cell;
  const first = covering(planned).start;
  const cell = {
    start,
    end,
    digest: receipt.digest,
    records: settled.records.length,
    quarantined: mapped.tally.bad.length,
    readAt: now,
  };
  const finality = { ...job.settings, settledUntil: policy.settledUntil, now };
  return {
    ...commitCell({ checkpoint: state.checkpoint ?? first, cells: state.cells }, cell, finality),
    grid: policy.grid,
    origin: Math.min(state.origin ?? first, first),
    memory: settled.memory ?? state.memory,
    failure: state.failure,
  };
}

function describeWindow(
  partition: string,
  { read, settled, mapped, receipt }: Turn,
  state: PartitionState,
): WindowReport {
  const { tally } = mapped;
  const { start, end, reasons } = read.cell;
  return {
    start: formatInstant(start),
    end: formatInstant(end),
    partition,
    records: settled.records.length,
    metrics: tally.metrics,
    dropped: { null_result: tally.nullResults, unmapped: tally.unmapped, system: 0 },
    duplicates: settled.duplicates,
    conflicting: tally.conflicting,
    quarantined: tally.bad.length,
    settled: state.cells.find((cell) => cell.start === start)?.settled ?? true,
    changed: receipt.previous !== null && receipt.previous !== receipt.digest,
    reasons,
  };
}

function remembered<Client, Result>(
  job: SyncJob<Client>,
  partition: string,
  work: () => Promise<Result>,
): Promise<Result> {
  const key = { account: job.account, stream: 'metrics', partition };
  const rules = { ...job, poll: job.settings.poll, now: job.clock.plan() };
  return rememberingFailure(key, rules, work);
}

function describeFailure({ partition, error }: { partition: string; error: unknown }): string {
  return `Partition ${partition} failed: ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}`;
}
