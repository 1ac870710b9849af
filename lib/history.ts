import { commitCell } from './cells.ts';
import { cellAt, type Grid } from './grid.ts';
import type { SyncJob } from './job.ts';
import { assertSameGrid, covering, type PlannedCell } from './plan.ts';
import type { Dated, Policy } from './provider.ts';
import type { Turn } from './report.ts';
import { type Lease, NOTHING_STORED, type PartitionState } from './state/state.ts';

/** What is stored, on the provider's grid of today; on another one nothing is added to it. */
export async function openHistory<Client, Model extends Dated>(
  job: SyncJob<Client, Model>,
  grid: Grid,
  partition: string,
  { fence, state, commit }: Lease,
): Promise<PartitionState> {
  const seeded = { ...state, checkpoint: state.checkpoint ?? job.seed };
  if (!job.regrid) {
    assertSameGrid(state.grid, grid);
    return seeded;
  }
  const changed =
    state.grid !== null && (state.grid.minutes !== grid.minutes || state.grid.zone !== grid.zone);
  if (!changed || state.origin === null) return seeded;
  await job.sink.setAside(job.account, partition, fence);
  const origin = cellAt(grid, state.origin).start;
  const anew = { ...NOTHING_STORED, grid, origin, checkpoint: origin };
  await commit(anew);
  return anew;
}

/**
 * The state after a look at what is there now, for a provider that keeps no history. It is stored at once: what was
 * seen cannot be seen again.
 */
export async function observed<Client, Model extends Dated>(
  { clock, client, settings, signal, stream }: SyncJob<Client, Model>,
  partition: string,
  state: PartitionState,
  { commit }: Lease,
): Promise<PartitionState> {
  if (!stream.observe) return state;
  const now = clock.plan();
  const { poll } = settings;
  const memory = await stream.observe(client, { partition, memory: state.memory, poll, now, signal });
  const next = { ...state, memory, observedAt: now };
  await commit(next);
  return next;
}

/** The state after a delivered cell: never ahead of what the sink acknowledged. */
export function advanced<Client, Model extends Dated>(
  state: PartitionState,
  planned: readonly PlannedCell[],
  { read, settled, mapped, receipt }: Turn,
  job: SyncJob<Client, Model>,
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
    ...('spend' in mapped ? { amount: mapped.spend.amount } : {}),
    ...(settled.gaps?.length ? { gaps: settled.gaps } : {}),
  };
  const finality = { ...job.settings, settledUntil: policy.settledUntil, now };
  return {
    ...commitCell({ checkpoint: state.checkpoint ?? first, cells: state.cells }, cell, finality),
    grid: policy.grid,
    origin: Math.min(state.origin ?? first, first),
    memory: settled.memory ?? state.memory,
    observedAt: state.observedAt,
    failure: state.failure,
  };
}
