import { InsufficientPermission } from '../../lib/errors.ts';
import type { Grid } from '../../lib/grid.ts';
import type { Page } from '../../lib/paginate.ts';
import type { FetchRequest } from '../../lib/provider.ts';
import { DAY, type Interval, MINUTE, type Millis } from '../../lib/time.ts';
import type { CloudStackClient, Parameters, Release } from './client.ts';

/**
 * The usage rows that concern a span, and some more: the server filters by both dates and includes both ends,
 * so that, asked exactly, it would leave out rows that straddle an edge (sheet 2.3). The engine cuts by each
 * row's start.
 */
export async function* fetchUsage(
  client: CloudStackClient,
  { span, grid, signal }: FetchRequest,
): AsyncGenerator<Page> {
  const parameters = { ...datesAround(span, grid, await client.release()), ...scopeOf(client) };
  let begun = false;
  try {
    for await (const page of client.list(
      'listUsageRecords',
      { ...parameters, isrecursive: 'true' },
      signal,
    )) {
      begun = true;
      yield page;
    }
  } catch (error) {
    // Only administrators may look below their own domain.
    if (begun || !(error instanceof InsufficientPermission) || error.code !== 'FOREIGN_ACCOUNT') throw error;
    yield* client.list('listUsageRecords', parameters, signal);
  }
}

/** Never `account` without `domainid`: the server ignores it and shows everybody's records (sheet 2.1). */
function scopeOf({ context }: CloudStackClient): Parameters {
  return context.config.domain_id ? { domainid: context.config.domain_id } : {};
}

/**
 * From 4.20 on dates carry their offset. Before, and when the release is not known, they are read in a zone of
 * the server's that may be a day away, and any other form silently loses its time of day (sheet 2.3).
 */
function datesAround(span: Interval, grid: Grid, release: Release | null): Parameters {
  const period = grid.minutes * MINUTE;
  const exact = release !== null && (release.major > 4 || (release.major === 4 && release.minor >= 20));
  if (exact) return { startdate: withOffset(span.start), enddate: withOffset(span.end + period) };
  return { startdate: naive(span.start - period - DAY), enddate: naive(span.end + DAY) };
}

function withOffset(instant: Millis): string {
  return `${new Date(instant).toISOString().slice(0, 19)}+0000`;
}

function naive(instant: Millis): string {
  return new Date(instant).toISOString().slice(0, 19).replace('T', ' ');
}
