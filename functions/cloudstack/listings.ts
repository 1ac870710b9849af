import type * as z from 'zod';
import { InconsistentListing, InsufficientPermission, MalformedResponse } from '../../lib/errors.ts';
import { parse } from '../../lib/parse.ts';
import type { CloudStackClient, Parameters } from './client.ts';

/** The rows of a listing by their ids, still raw, in the server's order. */
export type Rows = ReadonlyMap<string, unknown>;

/**
 * A listing, whole. One that moved while it was read is walked once more: of the many listings of an inventory
 * one moves often, and only that one has to be read again.
 * @throws InconsistentListing when it moved twice; MalformedResponse for a row without an id.
 */
export async function listById(
  client: CloudStackClient,
  command: string,
  parameters: Parameters,
  signal: AbortSignal,
): Promise<Rows> {
  try {
    return await walk(client, command, parameters, signal);
  } catch (error) {
    if (!(error instanceof InconsistentListing)) throw error;
    return walk(client, command, parameters, signal);
  }
}

/** An id that comes twice stands for a row left out: the client has seen as many rows as the server counted. */
async function walk(
  client: CloudStackClient,
  command: string,
  parameters: Parameters,
  signal: AbortSignal,
): Promise<Rows> {
  const rows = new Map<string, unknown>();
  let seen = 0;
  for await (const page of client.list(command, parameters, signal)) {
    for (const row of page.rows) {
      seen += 1;
      rows.set(idOf(command, row, seen), row);
    }
  }
  if (rows.size === seen) return rows;
  throw new InconsistentListing(`${command}: of ${seen} rows only ${rows.size} have ids of their own`, {
    code: 'REPEATED_ROWS',
  });
}

/**
 * All that the caller may see of what accounts and projects own. `listall` leaves out what projects own, and
 * whether one request can give both depends on the release (sheet 6.1): so there are two walks, merged by id.
 */
export async function listOwned(
  client: CloudStackClient,
  command: string,
  parameters: Parameters,
  signal: AbortSignal,
): Promise<Rows> {
  const scoped = { ...parameters, listall: 'true', ...domainOf(client) };
  const ofAccounts = await listById(client, command, scoped, signal);
  const ofProjects = await listById(client, command, { ...scoped, projectid: '-1' }, signal);
  return new Map([...ofProjects, ...ofAccounts]);
}

/** A listing that a role may be denied: then there is a note that says what is missing, and null. */
export async function whereAllowed(
  notes: string[],
  missing: string,
  listing: Promise<Rows>,
): Promise<Rows | null> {
  try {
    return await listing;
  } catch (error) {
    if (!(error instanceof InsufficientPermission)) throw error;
    notes.push(`${missing}: ${error.message}`);
    return null;
  }
}

/** Reads the rows of a command. @throws MalformedResponse naming command, record and field. */
export function readRows<Row>(schema: z.ZodType<Row>, command: string, rows: Rows): Row[] {
  return [...rows].map(([id, row]) =>
    parse(schema, row, `${command} "${id.slice(0, 80)}"`, MalformedResponse),
  );
}

/** A domain and all below it. Never `account` without `domainid`, which servers ignore (sheet 2.1). */
function domainOf({ context }: CloudStackClient): Parameters {
  const { domain_id } = context.config;
  return domain_id ? { domainid: domain_id, isrecursive: 'true' } : {};
}

function idOf(command: string, row: unknown, position: number): string {
  const id = typeof row === 'object' && row !== null && 'id' in row ? row.id : undefined;
  if (typeof id === 'string' && id !== '') return id;
  throw new MalformedResponse(`${command}: row ${position}: id: must be a text with a value`);
}
