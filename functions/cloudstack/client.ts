import {
  InconsistentListing,
  InvalidConfig,
  InvalidCredentials,
  MalformedResponse,
} from '../../lib/errors.ts';
import { type Page, paginate } from '../../lib/paginate.ts';
import type { Context } from '../../lib/provider.ts';
import { type CloudStackBody, readAnswer } from './answer.ts';
import { type SignatureAlgorithm, signedQuery } from './signature.ts';
import type { CloudStackConfig } from './types.ts';

export type Parameters = Readonly<Record<string, string>>;

export interface Release {
  readonly major: number;
  readonly minor: number;
}

/** CloudStack's API for one invocation. */
export interface CloudStackClient {
  readonly context: Context<CloudStackConfig>;
  /** The server's release; null when it says none that we can read. Any role may ask: it proves the keys. */
  release(): Promise<Release | null>;
  /** One command; the body without its envelope. */
  call(command: string, parameters?: Parameters): Promise<CloudStackBody>;
  /** A listing, page by page, whole or not at all. */
  list(command: string, parameters: Parameters, signal: AbortSignal): AsyncGenerator<Page>;
}

/** The server's default for `default.page.size`; smaller when it says so (sheet 3). */
const PAGE_SIZE = 500;

export function cloudStackClient(context: Context<CloudStackConfig>): CloudStackClient {
  const call = caller(context);
  let release: Promise<Release | null> | undefined;
  return {
    context,
    call,
    release() {
      release ??= call('listCapabilities').then(releaseOf);
      return release;
    },
    list: (command, parameters, signal) => listPages(call, command, parameters, signal),
  };
}

function releaseOf(body: CloudStackBody): Release | null {
  const version = (body.capability as { cloudstackversion?: unknown } | undefined)?.cloudstackversion;
  const [, major, minor] = /^(\d+)\.(\d+)/.exec(String(version)) ?? [];
  return major === undefined ? null : { major: Number(major), minor: Number(minor) };
}

type Call = CloudStackClient['call'];

function caller(context: Context<CloudStackConfig>): Call {
  const { config } = context;
  let algorithms: readonly SignatureAlgorithm[] =
    config.signature_algorithm === 'auto' ? ['sha512', 'sha1'] : [config.signature_algorithm];

  const send = async (algorithm: SignatureAlgorithm, command: string, parameters: Parameters) => {
    let body: CloudStackBody = {};
    const keys = { apiKey: config.api_key.reveal(), secretKey: config.secret_key.reveal(), algorithm };
    await context.http.send(
      () => {
        // Signed anew for every attempt: a long wait would outlive the signature.
        const url = new URL(config.url);
        url.search = signedQuery({ ...parameters, command }, keys, context.clock.wire());
        return { method: 'GET', url };
      },
      (response) => {
        const answer = readAnswer(command, response, context.clock.wire());
        body = answer.body;
        return answer.verdict;
      },
    );
    return body;
  };

  return async (command, parameters = {}) => {
    const [first = 'sha1', second] = algorithms;
    if (second === undefined) return send(first, command, parameters);
    try {
      const body = await send(first, command, parameters);
      algorithms = [first];
      return body;
    } catch (error) {
      // A server that does not know the algorithm says the same as one that does not know the key.
      if (!(error instanceof InvalidCredentials)) throw error;
      algorithms = [second];
      return send(second, command, parameters);
    }
  };
}

/**
 * Walks a listing (sheet 3). Page and page size are always sent together. The walk ends on a short page, and
 * only counts when its rows are as many as the server said: a listing that moved while it was read, or that
 * repeats a page, is an InconsistentListing.
 */
async function* listPages(
  call: Call,
  command: string,
  parameters: Parameters,
  signal: AbortSignal,
): AsyncGenerator<Page> {
  let pageSize = PAGE_SIZE;
  let seen = 0;
  const counts: Counts = { first: null, last: null, pageLengths: true };
  let previous: readonly unknown[] = [];
  const fetch = async (page: number): Promise<{ page: Page; next: number | null }> => {
    const ask = (size: number) =>
      call(command, { ...parameters, page: String(page), pagesize: String(size) });
    const body = await ask(pageSize).catch((error: unknown) => {
      pageSize = allowedPageSize(error, page, pageSize);
      return ask(pageSize);
    });
    const { rows, count } = readPage(command, body, page);
    seen += rows.length;
    note(counts, count, rows.length);
    assertNotRepeated(command, rows, previous, count !== null && seen <= count);
    previous = rows;
    return { page: { rows }, next: rows.length < pageSize ? null : page + 1 };
  };
  yield* paginate({ first: 1, fetch, maxPages: 100_000, signal });
  assertComplete(command, counts, seen);
}

interface Counts {
  first: number | null;
  last: number | null;
  /** Some releases count the rows of the page instead of all (sheet 3): such counts say nothing. */
  pageLengths: boolean;
}

function note(counts: Counts, count: number | null, rows: number): void {
  if (counts.first === null) counts.first = count;
  counts.last = count ?? counts.last;
  if (count !== null && count !== rows) counts.pageLengths = false;
}

function assertComplete(command: string, { first, last, pageLengths }: Counts, seen: number): void {
  if (first === null || pageLengths) return;
  if (first === seen && last === seen) return;
  throw new InconsistentListing(
    `${command}: the server counted ${first} rows at first and ${last} at last, and gave ${seen}`,
    {
      code: first === last ? 'COUNT_NOT_REACHED' : 'LISTING_MOVED',
    },
  );
}

function assertNotRepeated(
  command: string,
  rows: readonly unknown[],
  previous: readonly unknown[],
  withinCount: boolean,
): void {
  if (rows.length === 0 || withinCount || JSON.stringify(rows) !== JSON.stringify(previous)) return;
  throw new InconsistentListing(`${command}: the server gave the same page twice`, { code: 'REPEATED_PAGE' });
}

/**
 * The array is named after the response object, not the command (sheet 3): it is the one key beside `count`.
 * Nothing found is an empty body; past the end the array is absent. Only a first page may not promise rows
 * and leave them out.
 */
function readPage(
  command: string,
  body: CloudStackBody,
  page: number,
): { rows: readonly unknown[]; count: number | null } {
  const { count, ...rest } = body;
  const total = typeof count === 'number' ? count : null;
  const [rows, ...others] = Object.values(rest);
  if (rows === undefined) {
    if (total !== null && total > 0 && page === 1) throw missingArray(command, total);
    return { rows: [], count: total };
  }
  if (others.length > 0 || typeof rows !== 'object' || rows === null) throw missingArray(command, total);
  return { rows: Array.isArray(rows) ? rows : [rows], count: total };
}

function missingArray(command: string, count: number | null): MalformedResponse {
  return new MalformedResponse(
    `${command}: the page has no array${count === null ? '' : `, but a count of ${count}`}`,
    {
      code: 'MISSING_ARRAY',
    },
  );
}

/** `Page size can't exceed max allowed page size value: N`: the server's own limit, once, on the first page. */
function allowedPageSize(error: unknown, page: number, asked: number): number {
  const limit =
    error instanceof InvalidConfig ? /page size value:\s*(\d+)/i.exec(error.message)?.[1] : undefined;
  if (page !== 1 || limit === undefined || Number(limit) >= asked || Number(limit) < 1) throw error;
  return Number(limit);
}
