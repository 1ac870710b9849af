import { type Interval, MINUTE, type Millis, SECOND } from '../../lib/time.ts';
import type { Cloud } from './cloud.ts';
import { formatServerDate } from './dates.ts';
import { usageTypes } from './kinds.ts';
import { pageBody } from './page-faults.ts';
import { listing, pageRequest } from './paging.ts';
import type { Parameters } from './signature.ts';
import { jobTime, type Row } from './usage-job.ts';
import { type UsageQuery, usageQuery } from './usage-query.ts';
import { usageRecord } from './usage-record.ts';

export type Body = Readonly<Record<string, unknown>>;

/** listUsageRecords. A benchmark's page is given as ready JSON. */
export type ListUsageRecords = (cloud: Cloud, parameters: Parameters) => Body | { readonly json: string };

/** Answers from the table; a walk over many pages searches it once. */
export function listUsageRecords(): ListUsageRecords {
  const found = new Map<string, readonly Row[]>();
  return (cloud, parameters) => {
    const { settings, world, calendar, caller, faults } = cloud;
    const request = pageRequest(parameters, settings.maxPageSize);
    const query = usageQuery(parameters, caller, world, calendar, settings.dateFormat);
    if (cloud.synthetic) {
      const { count, records } = cloud.synthetic.page(query.from, query.to, request);
      const rows = records.length === 0 ? '' : `,"usagerecord":[${records.join(',')}]`;
      return { json: count === 0 ? '{}' : `{"count":${count}${rows}}` };
    }
    const walk = walkOf(parameters);
    const rows = remember(found, `${cloud.faultsVersion} ${tick(settings.planNow())} ${walk}`, () =>
      search(cloud, query),
    );
    const page = cloud.pager.cut(faults, walk, rows, request);
    const withTags = parameters.includetags === 'true';
    const records = page.rows.map((row) => usageRecord(row, calendar, settings.dateFormat, withTags));
    return pageBody(faults, request, page.count, records);
  };
}

/** Up to 4.19 the id has another name, and there is no name (sheet 2.4). */
export function listUsageTypes({ settings }: Cloud): Body {
  const rows = usageTypes.map(({ id, name, description }) =>
    settings.dateFormat === 'offset' ? { id, name, description } : { usagetypeid: id, description },
  );
  return listing('usagetype', rows.length, rows);
}

/** How far the usage job has come: the last second of the last period that it has worked through. */
export function listUsageServerMetrics({ settings, calendar, rowFaults }: Cloud): Body {
  const now = settings.planNow();
  const until = Math.min(now, rowFaults.stoppedAt ?? now);
  const last = lastPeriod(calendar.dayOf(until), calendar.periodsOf, until);
  return {
    usageMetrics: {
      state: rowFaults.stoppedAt === null ? 'Up' : 'Down',
      lastheartbeat: formatServerDate(until),
      lastsuccessfuljob: formatServerDate(last.end - SECOND),
      collectiontime: formatServerDate(now),
      hostname: 'usage-1',
    },
  };
}

function search({ table, rowFaults, settings }: Cloud, query: UsageQuery): readonly Row[] {
  const now = settings.planNow();
  // Nothing of a later period is stored: a query for all times must not make the future.
  return rowFaults
    .apply(table.between(query.from, Math.min(query.to, now)))
    .filter((row) => row.storedAt <= now && query.matches(row));
}

function lastPeriod(day: number, periodsOf: (day: number) => readonly Interval[], now: Millis): Interval {
  const done = [...periodsOf(day - 2), ...periodsOf(day - 1), ...periodsOf(day)].filter(
    (period) => jobTime(period) <= now,
  );
  return done.at(-1) ?? { start: 0, end: 0 };
}

/** Jobs run at quarters of an hour: between two of them nothing appears. */
function tick(now: Millis): number {
  return Math.floor(now / (15 * MINUTE));
}

/** Everything that a query says but its page and its signature. */
function walkOf({ page, signature, expires, ...query }: Parameters): string {
  return JSON.stringify(Object.entries(query).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The last few searches. */
function remember<T>(known: Map<string, T>, key: string, make: () => T): T {
  const value = known.get(key) ?? make();
  known.delete(key);
  known.set(key, value);
  for (const oldest of known.keys()) {
    if (known.size <= 8) break;
    known.delete(oldest);
  }
  return value;
}
