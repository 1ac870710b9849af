import type * as z from 'zod';
import {
  InconsistentListing,
  InsufficientPermission,
  InvalidConfig,
  MalformedResponse,
} from '../../lib/errors.ts';
import { type Page, paginate } from '../../lib/paginate.ts';
import { parse } from '../../lib/parse.ts';
import type { CloudTowerClient } from './client.ts';

/** A filter in the tower's own form (sheet 2.3). */
export type Where = Readonly<Record<string, unknown>>;

/** Rows that list others: one of a large fleet is as long as a page of the rest (sheet 2.4). */
const heavy = /^get-(clusters|labels|vlans|vdses|vm-folders|datacenters|organizations)$/;

/**
 * Walks a listing (sheet 2.4): `first` and the order are always sent, `after` is the last id of the page before,
 * and a short page ends it. What the tower does when the row of the cursor is gone is not documented: a page that
 * is empty, or does not go on behind the cursor, is asked for once more by a filter, which no row can break.
 */
export async function* listPages(
  call: CloudTowerClient['call'],
  operation: string,
  where: Where,
  signal: AbortSignal,
): AsyncGenerator<Page> {
  const first = heavy.test(operation) ? 100 : 500;
  const seen = new Set<string>();
  const ask = async (filter: Where, after: string) => {
    const cursor = after === '' ? {} : { after };
    return rowsOf(operation, await call(operation, { where: filter, orderBy: 'id_ASC', first, ...cursor }));
  };
  const fetch = async (after: string) => {
    let rows = await ask(where, after);
    if (after !== '' && !rows.some(({ id }) => !seen.has(id))) {
      rows = await ask({ AND: [where, { id_gt: after }] }, '');
    }
    const fresh = rows.filter(({ id }) => !seen.has(id) && seen.add(id));
    if (fresh.length === 0 && rows.length > 0) throw repeated(operation);
    const last = fresh.at(-1)?.id ?? null;
    return { page: { rows: fresh.map(({ row }) => row) }, next: endsAfter(rows.length, first) ? null : last };
  };
  yield* paginate<string>({ first: '', fetch, maxPages: 100_000, signal });
}

/** A short page ends the walk, unless its length looks like a limit of the tower's own: none is documented. */
function endsAfter(rows: number, first: number): boolean {
  return rows === 0 || (rows < first && rows % 50 !== 0);
}

interface Row {
  readonly id: string;
  readonly row: unknown;
}

function rowsOf(operation: string, answer: unknown): Row[] {
  if (!Array.isArray(answer)) {
    throw new MalformedResponse(`${operation}: the answer is no array`, { code: 'MISSING_ARRAY' });
  }
  return answer.map((row: unknown, at) => {
    const id = typeof row === 'object' && row !== null && 'id' in row ? row.id : undefined;
    if (typeof id === 'string' && id !== '') return { id, row };
    throw new MalformedResponse(`${operation}: row ${at + 1}: id: must be a text with a value`);
  });
}

function repeated(operation: string): InconsistentListing {
  return new InconsistentListing(`${operation}: the tower gave the same page twice`, {
    code: 'REPEATED_PAGE',
  });
}

/** All rows of a listing, read. @throws MalformedResponse naming operation, record and field */
export async function listAll<Row>(
  client: Pick<CloudTowerClient, 'list'>,
  operation: string,
  schema: z.ZodType<Row>,
  signal: AbortSignal,
  where: Where = {},
): Promise<Row[]> {
  const all: Row[] = [];
  for await (const { rows } of client.list(operation, where, signal))
    for (const row of rows) all.push(parse(schema, row, `${operation} "${idOf(row)}"`, MalformedResponse));
  return all;
}

/** A listing that the user may be denied, or the tower too old for: then a note says what is missing, and null. */
export async function whereAllowed<Row>(
  notes: string[],
  missing: string,
  listing: Promise<Row[]>,
): Promise<Row[] | null> {
  try {
    return await listing;
  } catch (error) {
    const refused = error instanceof InvalidConfig && unknownThere.has(error.code);
    if (!(error instanceof InsufficientPermission) && !refused) throw error;
    notes.push(`${missing}: ${error.message}`);
    return null;
  }
}

const unknownThere: ReadonlySet<string> = new Set(['OPERATION_NOT_AVAILABLE', 'PARAMETER_REFUSED']);

function idOf(row: unknown): string {
  const { id } = row as { id: string };
  return id.slice(0, 80);
}
