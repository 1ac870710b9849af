/**
 * event → cells → fetch → normalise → settle → map → deliver → checkpoint → report
 *
 * This file is that sentence, and the only one that knows its order.
 */
import { deliverCell } from './deliver.ts';
import { advanced, observed, openHistory } from './history.ts';
import type { Step, SyncJob } from './job.ts';
import { eachPartition, partitionsOf, rememberedAccount } from './partitions.ts';
import { type Plan, planCells } from './plan.ts';
import type { Dated, Gap, Policy } from './provider.ts';
import { readCells } from './read.ts';
import { joinGaps } from './report/gaps.ts';
import {
  describeWindow,
  idle,
  type PartitionReport,
  reportGap,
  reportOf,
  type StreamReport,
  type WindowReport,
} from './report.ts';
import type { Lease, PartitionState } from './state/state.ts';
import { formatInstant, type Interval } from './time.ts';

/**
 * Works through everything that is due. A failure leaves every checkpoint where the last delivered cell put
 * it, and is remembered. Partitions fail alone; the error is thrown when none succeeded.
 */
export async function syncStream<Client, Model extends Dated>(
  job: SyncJob<Client, Model>,
): Promise<StreamReport> {
  const account = await rememberedAccount(job, () => openAccount(job));
  if (account === null) return reportOf([idle('all', 'continue', job.seed)], []);
  const { policy, partitions } = account;
  const { reports, failures } = await eachPartition(job, partitions, (place) =>
    syncPartition(job, policy, place),
  );
  return reportOf(reports, policy.notes, failures);
}

/** How far the provider's numbers can be trusted, and what there is to work on. */
async function openAccount<Client, Model extends Dated>(job: SyncJob<Client, Model>) {
  const { account, client, name, provider, state } = job;
  const policy = await provider.policy(client);
  return { policy, partitions: await partitionsOf(provider, client, state, { account, stream: name }) };
}

/** One partition, cell by cell, under its lease. */
async function syncPartition<Client, Model extends Dated>(
  job: SyncJob<Client, Model>,
  account: Policy,
  place: Pick<Step, 'partition' | 'partitions'>,
): Promise<PartitionReport> {
  const { partition } = place;
  const { settings, sink, stream } = job;
  const { grid } = account;
  const lease = await job.state.acquire({ account: job.account, stream: job.name, partition });
  if (lease === null) return idle(partition, 'busy', job.seed);
  try {
    let state = await observed(job, partition, await openHistory(job, grid, partition, lease), lease);
    const plan = planCells({ ...job, ...settings, ...state, grid, now: job.clock.plan() });
    const due = plan.cells.slice(0, job.most);
    const policy = due.length === 0 ? account : await trusted(job, account, partition);
    const map = job.mapFor(partition);
    const reading = { ...job, ...settings, partition, grid, concurrency: job.provider.concurrency };
    const windows: WindowReport[] = [];
    const gaps: Gap[] = [];
    for await (const read of readCells(due, reading)) {
      const settled = stream.settle(read.records, read.cell, state.memory);
      const mapped = map(settled.records, read);
      const cell = cellOf(job, lease, partition, read.cell, state);
      const receipt = await deliverCell(sink, cell, mapped, job.quarantine);
      const turn = { read, settled, mapped, receipt };
      const before = state;
      state = advanced(before, plan.cells, turn, job, policy);
      await lease.commit(state);
      const window = describeWindow(partition, turn, before, state);
      windows.push(window);
      gaps.push(...(settled.gaps ?? []));
      job.report({ ...place, done: windows.length, planned: due.length, window });
    }
    return finished(partition, plan, windows, gaps, state);
  } finally {
    await lease.release();
  }
}

/** The cell as the sink must know it: under which lease it was read, and what the state knows of it. */
function cellOf(
  { account }: { readonly account: string },
  { fence }: Lease,
  partition: string,
  cell: Interval,
  { cells }: PartitionState,
) {
  const known = cells.find(({ start }) => start === cell.start) ?? null;
  return { account, partition, fence, cell, known };
}

/** Finality may differ by partition. */
async function trusted<Client, Model extends Dated>(
  { client, provider }: SyncJob<Client, Model>,
  policy: Policy,
  partition: string,
): Promise<Policy> {
  if (!provider.settledUntil) return policy;
  return { ...policy, settledUntil: await provider.settledUntil(client, partition) };
}

/** Later cells may have settled earlier ones: what is said of a cell is what holds at the end. */
function finished(
  partition: string,
  plan: Plan,
  windows: readonly WindowReport[],
  gaps: readonly Gap[],
  { cells, checkpoint }: PartitionState,
): PartitionReport {
  const open = new Set(cells.filter((cell) => !cell.settled).map((cell) => formatInstant(cell.start)));
  const done = plan.cells.length === 0 ? 'nothing_due' : 'done';
  return {
    partition,
    status: windows.length < plan.cells.length ? 'continue' : done,
    windows: windows.map((window) => ({ ...window, settled: !open.has(window.start) })),
    gaps: joinGaps(gaps).map(reportGap),
    notes: plan.notes,
    checkpoint,
    nextDue: plan.nextDue,
  };
}
