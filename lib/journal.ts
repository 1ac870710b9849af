import type { Clock } from './clock.ts';
import { cellsOver, defineGrid } from './grid.ts';
import { setupTimeInterval } from './interval.ts';
import type { LogEntry } from './models/log-entry.ts';
import type { JournalStream } from './provider.ts';
import { reportUntil, type StreamReport } from './report.ts';
import type { Sink } from './sink/sink.ts';
import type { State } from './state/state.ts';
import { type Millis, parseInstant } from './time.ts';

/** One account's events, ready to be read. Durations in seconds. */
export interface JournalJob<Client> {
  readonly account: string;
  readonly stream: JournalStream<Client, LogEntry>;
  readonly client: Client;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly poll: number;
  readonly initialInterval: number;
  readonly sink: Sink;
  readonly state: State;
  readonly seed: Millis | null;
}

/** Events are kept in files of a day each. */
const days = defineGrid(1440, 'UTC');

/**
 * Reads what happened since the last run. A sink that replaces is given whole days, the last as far as it has
 * come; one that only returns is given what is new.
 */
export async function syncJournal<Client>(job: JournalJob<Client>): Promise<StreamReport> {
  const lease = await job.state.acquire({ account: job.account, stream: 'logs', partition: 'all' });
  if (lease === null) return reportUntil('busy', job.seed, job.poll);
  try {
    const checkpoint = lease.state.checkpoint ?? job.seed;
    const options = { initial_interval: job.initialInterval };
    const due = setupTimeInterval(
      { last_update: checkpoint, poll_interval: job.poll },
      options,
      job.clock.plan(),
    );
    if (due === null) return reportUntil('nothing_due', checkpoint, job.poll);
    const [first] = job.sink.replaces ? cellsOver(days, due) : [due];
    const span = { start: first?.start ?? due.start, end: due.end };
    const { items, notes } = await job.stream.collect(job.client, { span, signal: job.signal });
    for (const day of cellsOver(days, span)) {
      const entries = items.filter(({ time }) => isWithin(parseInstant(time), day));
      await job.sink.deliverJournal({ account: job.account, fence: lease.fence, day, entries });
    }
    await lease.commit({ ...lease.state, origin: lease.state.origin ?? span.start, checkpoint: due.end });
    return reportUntil('done', due.end, job.poll, [`${items.length} log entries`, ...notes]);
  } finally {
    await lease.release();
  }
}

function isWithin(instant: Millis | null, { start, end }: { start: Millis; end: Millis }): boolean {
  return instant !== null && instant >= start && instant < end;
}
