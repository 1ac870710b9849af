import { InconsistentListing } from './errors.ts';
import type { Log } from './log.ts';
import type { Location } from './models/location.ts';
import { eachPartition, type PartitionedJob, partitionsOf, rememberedAccount } from './partitions.ts';
import type { Provider, Snapshot, SnapshotStream } from './provider.ts';
import { idle, type PartitionReport, reportOf, type StreamReport } from './report.ts';
import type { Sink, SnapshotItem } from './sink/sink.ts';
import type { PartitionState } from './state/state.ts';
import { type Millis, SECOND } from './time.ts';

/** One account's inventory or status, ready to be taken. */
export interface SnapshotJob<Client, Item> extends PartitionedJob {
  readonly name: 'resources' | 'status';
  readonly stream: SnapshotStream<Client, Item>;
  readonly client: Client;
  readonly log: Log;
  readonly locations: Readonly<Record<string, Location>>;
  readonly sink: Sink;
  /** An item as it is delivered, with what tells it from others. */
  readonly print: (item: Item, now: Millis) => SnapshotItem;
}

/**
 * Takes the snapshots of all partitions, where the provider has them; each fails alone.
 * @throws the first failure when no partition succeeded
 */
export async function syncSnapshots<Client, Item>(
  job: SnapshotJob<Client, Item>,
  provider: Pick<Provider<unknown, Client>, 'partitions'> = {},
): Promise<StreamReport> {
  const { account, client, name, state } = job;
  const partitions = provider.partitions
    ? await rememberedAccount(job, () => partitionsOf(provider, client, state, { account, stream: name }))
    : ['all'];
  if (partitions === null) return reportOf([idle('all', 'continue', job.seed)], []);
  const { reports, failures } = await eachPartition(job, partitions, ({ partition }) =>
    syncSnapshot(job, partition),
  );
  return reportOf(reports, [], failures);
}

/**
 * Takes a snapshot when one is due and delivers it whole: what is not in it is gone, so that half of one would
 * read as deletions.
 */
async function syncSnapshot<Client, Item>(
  job: SnapshotJob<Client, Item>,
  partition: string,
): Promise<PartitionReport> {
  const { account, name, settings } = job;
  const now = job.clock.plan();
  const lease = await job.state.acquire({ account, stream: name, partition });
  if (lease === null) return idle(partition, 'busy', null);
  const reached = (at: Millis) => ({ ...idle(partition, 'done', at), nextDue: at + settings.poll * SECOND });
  try {
    const { checkpoint } = lease.state;
    // A caller who keeps nothing takes an empty answer for an empty cloud: it is always given the whole.
    const recent = checkpoint !== null && checkpoint <= now && now - checkpoint < settings.poll * SECOND;
    if (recent && job.sink.replaces) return { ...reached(checkpoint), status: 'nothing_due' };
    const { items, notes, unseen = [] } = await collectWhole(job, partition, now);
    const printed = items.map((item) => job.print(item, now));
    const { gone } = await job.sink.deliverSnapshot({
      account,
      stream: name,
      partition,
      fence: lease.fence,
      takenAt: now,
      items: printed,
      unseen,
    });
    const next: PartitionState = { ...lease.state, origin: lease.state.origin ?? now, checkpoint: now };
    await lease.commit(next);
    return { ...reached(now), notes: [counted(items.length, name), ...goneNote(gone), ...notes] };
  } finally {
    await lease.release();
  }
}

/** What moved while it was read is read once more, from the start; the second time is final. */
async function collectWhole<Client, Item>(
  job: SnapshotJob<Client, Item>,
  partition: string,
  now: Millis,
): Promise<Snapshot<Item>> {
  const { client, locations, signal, stream } = job;
  const request = { locations, partition, now, signal };
  try {
    return await stream.collect(client, request);
  } catch (error) {
    if (!(error instanceof InconsistentListing)) throw error;
    job.log.warn('The listing moved while it was read; walking it once more', { code: error.code });
    return stream.collect(client, request);
  }
}

function counted(count: number, name: 'resources' | 'status'): string {
  return `${count} ${name === 'status' ? 'states' : name}`;
}

/** Names what is gone; of very many, the first. */
function goneNote(gone: readonly string[]): string[] {
  if (gone.length === 0) return [];
  const named = gone.slice(0, 20).join(', ');
  return [
    `${gone.length} are gone since the last complete snapshot: ${named}${gone.length > 20 ? ', …' : ''}`,
  ];
}
