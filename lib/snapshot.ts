import type { Clock } from './clock.ts';
import { InconsistentListing } from './errors.ts';
import type { Log } from './log.ts';
import type { Location } from './models/location.ts';
import type { Snapshot, SnapshotStream } from './provider.ts';
import { reportUntil, type StreamReport } from './report.ts';
import type { Sink, SnapshotItem } from './sink/sink.ts';
import type { PartitionState, State } from './state/state.ts';
import { type Millis, SECOND } from './time.ts';

/** One account's inventory or status, ready to be taken. */
export interface SnapshotJob<Client, Item> {
  readonly account: string;
  readonly name: 'resources' | 'status';
  readonly stream: SnapshotStream<Client, Item>;
  readonly client: Client;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly log: Log;
  readonly locations: Readonly<Record<string, Location>>;
  /** Seconds between two snapshots. */
  readonly poll: number;
  readonly sink: Sink;
  readonly state: State;
  /** An item as it is delivered, with what tells it from others. */
  readonly print: (item: Item, now: Millis) => SnapshotItem;
}

/**
 * Takes a snapshot when one is due and delivers it whole: what is not in it is gone, so that half of one would
 * read as deletions.
 */
export async function syncSnapshot<Client, Item>(job: SnapshotJob<Client, Item>): Promise<StreamReport> {
  const now = job.clock.plan();
  const lease = await job.state.acquire({ account: job.account, stream: job.name, partition: 'all' });
  if (lease === null) return reportUntil('busy', null, job.poll);
  try {
    const { checkpoint } = lease.state;
    // A caller who keeps nothing takes an empty answer for an empty cloud: it is always given the whole.
    const recent = checkpoint !== null && checkpoint <= now && now - checkpoint < job.poll * SECOND;
    if (recent && job.sink.replaces) {
      return reportUntil('nothing_due', checkpoint, job.poll);
    }
    const { items, notes, unseen = [] } = await collectWhole(job, now);
    const printed = items.map((item) => job.print(item, now));
    const { gone } = await job.sink.deliverSnapshot({
      account: job.account,
      stream: job.name,
      fence: lease.fence,
      takenAt: now,
      items: printed,
      unseen,
    });
    const next: PartitionState = { ...lease.state, origin: lease.state.origin ?? now, checkpoint: now };
    await lease.commit(next);
    return reportUntil('done', now, job.poll, [counted(items.length, job.name), ...goneNote(gone), ...notes]);
  } finally {
    await lease.release();
  }
}

/** What moved while it was read is read once more, from the start; the second time is final. */
async function collectWhole<Client, Item>(
  job: SnapshotJob<Client, Item>,
  now: Millis,
): Promise<Snapshot<Item>> {
  const { client, locations, signal, stream } = job;
  const request = { locations, now, signal };
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
