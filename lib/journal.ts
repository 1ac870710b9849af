import { cellsOver, defineGrid } from './grid.ts';
import { setupTimeInterval } from './interval.ts';
import type { Settings } from './job.ts';
import type { LogEntry } from './models/log-entry.ts';
import { eachPartition, type PartitionedJob } from './partitions.ts';
import type { JournalStream } from './provider.ts';
import { idle, type PartitionReport, reportOf, type StreamReport } from './report.ts';
import type { Sink } from './sink/sink.ts';
import { type Millis, parseInstant, SECOND } from './time.ts';

/** One account's events, ready to be read. Durations in seconds. */
export interface JournalJob<Client> extends PartitionedJob {
  readonly stream: JournalStream<Client, LogEntry>;
  readonly client: Client;
  readonly settings: Pick<Settings, 'poll' | 'initialInterval'>;
  readonly sink: Sink;
}

/** Events are kept in files of a day each. */
const days = defineGrid(1440, 'UTC');

/** Reads what happened since the last run; a failure is remembered. */
export async function syncJournal<Client>(job: JournalJob<Client>): Promise<StreamReport> {
  const { reports, failures } = await eachPartition(job, ['all'], () => readJournal(job));
  return reportOf(reports, [], failures);
}

/**
 * A sink that replaces is given whole days, the last as far as it has come; one that only returns is given what is
 * new.
 */
async function readJournal<Client>(job: JournalJob<Client>): Promise<PartitionReport> {
  const { poll, initialInterval } = job.settings;
  const lease = await job.state.acquire({ account: job.account, stream: 'logs', partition: 'all' });
  if (lease === null) return idle('all', 'busy', job.seed);
  const reached = (until: Millis) => ({ ...idle('all', 'done', until), nextDue: until + poll * SECOND });
  try {
    const checkpoint = lease.state.checkpoint ?? job.seed;
    const due = setupTimeInterval(
      { last_update: checkpoint, poll_interval: poll },
      { initial_interval: initialInterval },
      job.clock.plan(),
    );
    if (due === null)
      return checkpoint === null
        ? idle('all', 'nothing_due', null)
        : { ...reached(checkpoint), status: 'nothing_due' };
    const [first] = job.sink.replaces ? cellsOver(days, due) : [due];
    const span = { start: first?.start ?? due.start, end: due.end };
    const { items, notes } = await job.stream.collect(job.client, { span, signal: job.signal });
    for (const day of cellsOver(days, span)) {
      const entries = items.filter(({ time }) => isWithin(parseInstant(time), day));
      await job.sink.deliverJournal({ account: job.account, fence: lease.fence, day, entries });
    }
    await lease.commit({ ...lease.state, origin: lease.state.origin ?? span.start, checkpoint: due.end });
    return { ...reached(due.end), notes: [`${items.length} log entries`, ...notes] };
  } finally {
    await lease.release();
  }
}

function isWithin(instant: Millis | null, { start, end }: { start: Millis; end: Millis }): boolean {
  return instant !== null && instant >= start && instant < end;
}
