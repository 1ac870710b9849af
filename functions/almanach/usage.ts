import { MalformedResponse } from '../../lib/errors.ts';
import type { Page } from '../../lib/paginate.ts';
import type { FetchRequest } from '../../lib/provider.ts';
import type { Interval } from '../../lib/time.ts';
import { type AlmanachClient, listRows } from './client.ts';
import { queryDate } from './dates.ts';
import type { AlmanachConfig, AlmanachUnshown } from './types.ts';

/**
 * All rows of a project that touch a span, in one answer: there are no pages (sheet 1.5). Both ends count for the
 * server, so that rows come which only touch it; `settle` cuts.
 */
export async function* fetchUsage(
  client: AlmanachClient,
  { partition, span, signal }: FetchRequest,
): AsyncGenerator<Page> {
  signal.throwIfAborted();
  const { rows, unshown } = await readEntities(client, partition, span);
  const { duplicates } = client.context.config;
  const marked = rows.map((row) => markRow(row, duplicates));
  yield { rows: unshown === null ? marked : [...marked, unshown] };
}

export interface Entities {
  readonly rows: readonly unknown[];
  /** Stands for the rows that the server has and cannot show. */
  readonly unshown: AlmanachUnshown | null;
}

/**
 * One row of a type that the server does not know makes it refuse the whole listing (sheet 1.10); asked by type,
 * it leaves that row out.
 */
export async function readEntities(
  client: AlmanachClient,
  project: string,
  { start, end }: Interval,
): Promise<Entities> {
  // Without `end` the server would take its local time for UTC (sheet 1.4).
  const query = { start: queryDate(start), end: queryDate(end) };
  const list = (what: string) => listRows(client, ['project', project, what], query);
  try {
    return { rows: await list('entities'), unshown: null };
  } catch (error) {
    if (!(error instanceof MalformedResponse) || error.code !== 'UNSUPPORTED_ENTITY_TYPE') throw error;
    const type = /type: "?([^"]{1,80})"?/i.exec(error.message)?.[1] ?? 'unknown';
    client.context.log.warn(`${error.message}; asking for instances and volumes instead`, { project });
    const rows = [...(await list('instances')), ...(await list('volumes'))];
    return { rows, unshown: { unshown_type: type, project_id: project, start, end } };
  }
}

/**
 * What is the account's to choose travels with its rows: `settle` sees nothing else. A server's own field of that
 * name would decide in its place, and is left out.
 */
function markRow(row: unknown, duplicates: AlmanachConfig['duplicates']): unknown {
  if (typeof row !== 'object' || row === null || Array.isArray(row)) return row;
  if (duplicates === 'sum') return { ...row, duplicates };
  if (!('duplicates' in row)) return row;
  const { duplicates: _, ...own } = row;
  return own;
}
