import { MalformedResponse } from '../../lib/errors.ts';
import { type LogEntry, logEntry, type Severity } from '../../lib/models/log-entry.ts';
import type { JournalStream, Snapshot } from '../../lib/provider.ts';
import { DAY, type Interval, type Millis, SECOND } from '../../lib/time.ts';
import type { CloudStackClient, Parameters, Release } from './client.ts';
import { listOwned, readRows } from './listings.ts';
import { instantOf } from './normalize.ts';
import { type CloudStackEvent, cloudStackEvent } from './resource-types.ts';

/** What the cloud notes of what people and itself did: the events of accounts and projects. */
export const logsStream: JournalStream<CloudStackClient, LogEntry> = { collect: collectEvents };

/** Entries by time, then by id. */
async function collectEvents(
  client: CloudStackClient,
  { span, signal }: { readonly span: Interval; readonly signal: AbortSignal },
): Promise<Snapshot<LogEntry>> {
  const dates = datesAround(span, await client.release());
  const rows = await listOwned(client, 'listEvents', dates, signal);
  const items = readRows(cloudStackEvent, 'listEvents', rows)
    .map((event) => ({ event, at: createdAt(event) }))
    .filter(({ at }) => at >= span.start && at < span.end)
    .sort((a, b) => a.at - b.at || (a.event.id < b.event.id ? -1 : 1))
    .map(({ event }) => entryOf(event));
  return { items, notes: [] };
}

function entryOf(event: CloudStackEvent): LogEntry {
  return logEntry({
    message: event.description?.trim() || event.type,
    severity: severities.get(event.level?.toUpperCase() ?? '') ?? 'INFO',
    time: event.created,
    service: 'cloudstack',
  });
}

const severities: ReadonlyMap<string, Severity> = new Map([
  ['INFO', 'INFO'],
  ['WARN', 'WARNING'],
  ['WARNING', 'WARNING'],
  ['ERROR', 'ERROR'],
]);

function createdAt({ id, created }: CloudStackEvent): Millis {
  const at = instantOf(created);
  if (at === null) throw new MalformedResponse(`listEvents "${id}".created: not a date with an offset`);
  return at;
}

/**
 * Dates that contain the span; what is too much is cut off. From 4.20 on they carry their offset. Before, and
 * when the release is not known, they are read in a zone of the server's that may be a day away (sheet 2.3).
 */
function datesAround({ start, end }: Interval, release: Release | null): Parameters {
  const exact = release !== null && (release.major > 4 || (release.major === 4 && release.minor >= 20));
  const [from, to] = exact ? [start, end + SECOND] : [start - DAY, end + DAY];
  const written = (instant: Millis) => {
    const text = new Date(instant).toISOString().slice(0, 19);
    return exact ? `${text}+0000` : text.replace('T', ' ');
  };
  return { startdate: written(from), enddate: written(to) };
}
