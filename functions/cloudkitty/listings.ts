import { InconsistentListing } from '../../lib/errors.ts';
import { type Page, paginate } from '../../lib/paginate.ts';
import { NOTHING } from './answer.ts';
import type { CloudKittyClient, Parameters } from './client.ts';
import { isObject, missing, pointsOfFrame, resourcesOfFrame } from './frames.ts';

/** One answer of a paged listing: its rows, and how many there are in all, where the server says so. */
export interface Counted {
  readonly rows: readonly unknown[];
  readonly total: number | null;
}

/** How one listing is read: where it is, and what its answers hold. */
interface Paged {
  readonly path: string;
  readonly limit: number;
  read(path: string, body: unknown): Counted;
}

/** Loki sums no more raw lines than the limit (sheet 6), so it is as large as Loki allows. */
export const summaries: Paged = { path: '/v2/summary', limit: 5000, read: readSummary };
export const points: Paged = { path: '/v2/dataframes', limit: 1000, read: readPoints };
export const scopes: Paged = { path: '/v2/scope', limit: 1000, read: readResults };
export const reprocesses: Paged = { path: '/v2/task/reprocesses', limit: 1000, read: readResults };

/**
 * Walks a listing of v2, whole or not at all. It ends on a page that is not full, never on the server's total
 * alone: Loki says as total how many rows it gave, and gives the first page again for any offset (sheet 5.2).
 * @throws InconsistentListing when a page comes again, or the rows are not as many as the server counted
 */
export async function* walk(
  client: CloudKittyClient,
  listing: Paged,
  parameters: Parameters,
  signal: AbortSignal,
): AsyncGenerator<Page> {
  const { limit, path } = listing;
  const totals: (number | null)[] = [];
  let seen = 0;
  let previous = '';
  const fetch = async (offset: number) => {
    const query = { ...parameters, limit: String(limit), offset: String(offset) };
    const body = await client.get(path, query);
    const { rows, total } = body === NOTHING ? { rows: [], total: null } : listing.read(path, body);
    const text = rows.length === 0 ? '' : printed(rows);
    if (text !== '' && text === previous) throw repeated(path);
    previous = text;
    if (rows.length > 0) totals.push(total);
    seen += rows.length;
    return { page: { rows }, next: rows.length < limit ? null : offset + limit };
  };
  yield* paginate({ first: 0, fetch, maxPages: 100_000, signal });
  const [first = null, last = null] = [totals[0], totals.at(-1)];
  if (first !== null && (first !== seen || last !== seen)) throw uneven(path, first, last, seen);
}

/** What pages are compared by; rows that are nested too deeply to be printed are like no others. */
function printed(rows: readonly unknown[]): string {
  try {
    return JSON.stringify(rows);
  } catch {
    return '';
  }
}

/** All rows of a listing. */
export async function collect(pages: AsyncIterable<Page>): Promise<readonly unknown[]> {
  const all: unknown[] = [];
  for await (const { rows } of pages) all.push(...rows);
  return all;
}

/** Tables, which every version writes, become rows with names; objects are such already (sheet 5.1). */
function readSummary(path: string, body: unknown): Counted {
  const { rows, total } = readResults(path, body);
  const columns = isObject(body) ? body.columns : undefined;
  if (!Array.isArray(columns)) return { rows, total };
  const named = rows.map((row) =>
    Array.isArray(row) ? Object.fromEntries(columns.map((column, at) => [String(column), row[at]])) : row,
  );
  return { rows: named, total };
}

function readPoints(path: string, body: unknown): Counted {
  const { rows, total } = readArray(path, body, 'dataframes');
  return { rows: rows.flatMap((frame) => pointsOfFrame(path, frame)), total };
}

/** The resources of `/v1/storage/dataframes`. */
export function readResources(
  path: string,
  body: unknown,
  units: ReadonlyMap<string, string>,
): readonly unknown[] {
  const { rows } = readArray(path, body, 'dataframes');
  return rows.flatMap((frame) => resourcesOfFrame(path, frame, units));
}

function readResults(path: string, body: unknown): Counted {
  return readArray(path, body, 'results');
}

function readArray(path: string, body: unknown, name: string): Counted {
  const rows = isObject(body) ? body[name] : undefined;
  if (!Array.isArray(rows)) throw missing(path, name);
  const total = isObject(body) && typeof body.total === 'number' ? body.total : null;
  return { rows, total };
}

function repeated(path: string): InconsistentListing {
  return new InconsistentListing(`${path}: the server gave the same page twice`, { code: 'REPEATED_PAGE' });
}

function uneven(path: string, first: number, last: number | null, seen: number): InconsistentListing {
  return new InconsistentListing(
    `${path}: the server counted ${first} rows at first and ${last} at last, and gave ${seen}`,
    { code: first === last ? 'COUNT_NOT_REACHED' : 'LISTING_MOVED' },
  );
}
