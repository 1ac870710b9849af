import { SyncError } from './errors.ts';
import { rememberingFailure } from './failure.ts';
import type { Provider } from './provider.ts';
import { type FailedPartition, idle, type PartitionReport } from './report.ts';
import { ACCOUNT_PARTITION, type PartitionKey, type State } from './state/state.ts';
import type { Millis } from './time.ts';

/** Whose partitions are worked on, and how their failures are remembered. */
export interface PartitionedJob {
  readonly account: string;
  /** The stream's name. */
  readonly name: string;
  readonly state: State;
  readonly clock: { plan(): Millis };
  readonly signal: AbortSignal;
  /** Seconds between two runs. */
  readonly settings: { readonly poll: number };
  readonly seed: Millis | null;
  readonly credentialsMark: string;
  readonly retryNow: boolean;
  readonly random: () => number;
  readonly clean: (error: unknown) => unknown;
}

/** A partition, and how many were done before it. */
export interface PartitionPlace {
  readonly partition: string;
  readonly partitions: { readonly done: number; readonly all: number };
}

/**
 * Works on each partition in turn. One that fails leaves the others alone, and its failure is remembered; when time
 * runs out the rest is left for the next run.
 * @throws the first failure when no partition succeeded
 */
export async function eachPartition(
  job: PartitionedJob,
  partitions: readonly string[],
  work: (place: PartitionPlace) => Promise<PartitionReport>,
): Promise<{ reports: PartitionReport[]; failures: FailedPartition[] }> {
  const reports: PartitionReport[] = [];
  const failures: FailedPartition[] = [];
  for (const [done, partition] of partitions.entries()) {
    const place = { partition, partitions: { done, all: partitions.length } };
    if (job.signal.aborted) {
      reports.push(idle(partition, 'continue', job.seed));
      continue; // not even looked at: that takes time, too
    }
    try {
      reports.push(
        (await remembered(job, partition, () => work(place))) ?? idle(partition, 'continue', job.seed),
      );
    } catch (error) {
      failures.push({ partition, error, checkpoint: await checkpointOf(job, partition) });
    }
  }
  const [first] = failures;
  if (first && reports.length === 0) throw first.error;
  return { reports, failures };
}

/** What there is to work on in an account's stream: what the provider says, given what is stored. */
export async function partitionsOf<Client>(
  { partitions }: Pick<Provider<unknown, Client>, 'partitions'>,
  client: Client,
  state: State,
  key: Omit<PartitionKey, 'partition'>,
): Promise<readonly string[]> {
  return partitions ? partitions(client, await state.partitions(key)) : ['all'];
}

/** What an account says of itself before there are partitions; null when time ran out. */
export function rememberedAccount<Result>(
  job: PartitionedJob,
  work: () => Promise<Result>,
): Promise<Result | null> {
  return remembered(job, ACCOUNT_PARTITION, work);
}

/** Null when time ran out: that is no failure. */
function remembered<Result>(
  job: PartitionedJob,
  partition: string,
  work: () => Promise<Result>,
): Promise<Result | null> {
  const key = { account: job.account, stream: job.name, partition };
  const rules = { ...job, poll: job.settings.poll, now: job.clock.plan() };
  return rememberingFailure(key, rules, async () => {
    try {
      return await work();
    } catch (error) {
      const ours = error instanceof SyncError && error.owner === 'us'; // a store's failure stays one
      if (job.signal.aborted && !ours) return null;
      throw error;
    }
  });
}

/** How far a partition that failed had come; what cannot be asked counts as where the run began. */
async function checkpointOf({ account, name, seed, state }: PartitionedJob, partition: string) {
  const stored = await state.peek({ account, stream: name, partition }).catch(() => null);
  return stored?.checkpoint ?? seed;
}
