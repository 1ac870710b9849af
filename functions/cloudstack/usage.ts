import { InsufficientPermission } from '../../lib/errors.ts';
import type { Page } from '../../lib/paginate.ts';
import type { FetchRequest } from '../../lib/provider.ts';
import { MINUTE } from '../../lib/time.ts';
import type { CloudStackClient, Parameters } from './client.ts';
import { datesAround } from './dates.ts';

/**
 * The usage rows that concern a span, and some more: the server filters by both dates and includes both ends,
 * so that, asked exactly, it would leave out rows that straddle an edge (sheet 2.3). The engine cuts by each
 * row's start.
 */
export async function* fetchUsage(
  client: CloudStackClient,
  { span, grid, signal }: FetchRequest,
): AsyncGenerator<Page> {
  const parameters = {
    ...datesAround(span, grid.minutes * MINUTE, await client.release()),
    ...scopeOf(client),
  };
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
