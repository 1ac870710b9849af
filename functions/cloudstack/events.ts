import { MalformedResponse } from '../../lib/errors.ts';
import { type LogEntry, logEntry, type Severity } from '../../lib/models/log-entry.ts';
import type { JournalStream, Snapshot } from '../../lib/provider.ts';
import { type Interval, type Millis, SECOND } from '../../lib/time.ts';
import type { CloudStackClient } from './client.ts';
import { datesAround } from './dates.ts';
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
  const dates = datesAround(span, SECOND, await client.release());
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
