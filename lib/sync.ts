/**
 * event → cells → fetch → normalise → settle → map → deliver → checkpoint → report
 *
 * This file is that sentence, and the only one that knows its order.
 */
import { rememberingFailure } from './failure.ts';
import { advanced, openHistory } from './history.ts';
import type { Step, SyncJob } from './job.ts';
import { type Mapped, mapCell } from './map.ts';
import { type Plan, planCells } from './plan.ts';
import type { Policy } from './provider.ts';
import { type CellRead, readCells } from './read.ts';
import {
  describeWindow,
  type PartitionReport,
  reportOf,
  type StreamReport,
  type WindowReport,
} from './report.ts';
import type { Batch } from './sink/sink.ts';
import { ACCOUNT_PARTITION, type PartitionState } from './state/state.ts';
import { formatInstant, type Millis } from './time.ts';

/**
 * Works through everything that is due. A failure leaves every checkpoint where the last delivered cell put
 * it, and is remembered. Partitions fail alone; the error is thrown when none succeeded.
 */
export async function syncStream<Client>(job: SyncJob<Client>): Promise<StreamReport> {
  const account = await remembered(job, ACCOUNT_PARTITION, () => openAccount(job));
  if (account === null) return reportOf([idle('all', 'continue', job.seed)], []);
  const { policy, partitions } = account;
  const reports: PartitionReport[] = [];
  const failures: { partition: string; error: unknown }[] = [];
  for (const [done, partition] of partitions.entries()) {
    const place = { partition, partitions: { done, all: partitions.length } };
    try {
      reports.push(await remembered(job, partition, () => syncPartition(job, policy, place)));
    } catch (error) {
      failures.push({ partition, error });
    }
  }
  const [first] = failures;
  if (first && reports.length === 0) throw first.error;
  return reportOf(reports, policy.notes, failures);
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

/** One partition, cell by cell, under its lease. */
async function syncPartition<Client>(
  job: SyncJob<Client>,
  policy: Policy,
  place: Pick<Step, 'partition' | 'partitions'>,
): Promise<PartitionReport> {
  const { partition } = place;
  const { account, settings, sink, stream } = job;
  const { grid } = policy;
  const lease = await job.state.acquire({ account, stream: 'metrics', partition });
  if (lease === null) return idle(partition, 'busy', job.seed);
  try {
    let state = await openHistory(job, grid, partition, lease);
    const plan = planCells({ ...job, ...settings, ...state, grid, now: job.clock.plan() });
    const mapper = job.mapperFor(partition);
    const reading = { ...job, ...settings, partition, grid, concurrency: job.provider.concurrency };
    const windows: WindowReport[] = [];
    for await (const read of readCells(plan.cells, reading)) {
      const settled = stream.settle(read.records, read.cell, state.memory);
      const mapped = mapCell(settled.records, read.bad, mapper);
      const receipt = await sink.deliver({
        ...batchOf(job, partition, read, mapped),
        fence: lease.fence,
        known: state.cells.find(({ start }) => start === read.cell.start)?.digest ?? null,
      });
      const turn = { read, settled, mapped, receipt };
      state = advanced(state, plan.cells, turn, job, policy);
      await lease.commit(state);
      const window = describeWindow(partition, turn, state);
      windows.push(window);
      job.report({ ...place, done: windows.length, planned: plan.cells.length, window });
    }
    return finished(partition, plan, windows, state);
  } finally {
    await lease.release();
  }
}

function batchOf<Client>(
  job: SyncJob<Client>,
  partition: string,
  { cell }: CellRead,
  mapped: Mapped,
): Omit<Batch, 'fence' | 'known'> {
  const quarantined = () => mapped.tally.bad.map(job.quarantine);
  return { account: job.account, partition, cell, metrics: mapped.metrics, quarantined };
}

/** Later cells may have settled earlier ones: what is said of a cell is what holds at the end. */
function finished(
  partition: string,
  plan: Plan,
  windows: readonly WindowReport[],
  { cells, checkpoint }: PartitionState,
): PartitionReport {
  const open = new Set(cells.filter((cell) => !cell.settled).map((cell) => formatInstant(cell.start)));
  const done = plan.cells.length === 0 ? 'nothing_due' : 'done';
  return {
    partition,
    status: windows.length < plan.cells.length ? 'continue' : done,
    windows: windows.map((window) => ({ ...window, settled: !open.has(window.start) })),
    notes: plan.notes,
    checkpoint,
    nextDue: plan.nextDue,
  };
}

/** Nothing was done, and `last_update` stays as it came. */
function idle(
  partition: string,
  status: PartitionReport['status'],
  checkpoint: Millis | null,
): PartitionReport {
  return { partition, status, windows: [], notes: [], checkpoint, nextDue: null };
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
