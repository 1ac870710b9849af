import { InconsistentListing } from './errors.ts';

/** One response of a listing: its rows, still raw. */
export interface Page {
  readonly rows: readonly unknown[];
}

/** How a listing is walked. A token is whatever asks for a page: a number, a cursor, a set of parameters. */
export interface Listing<Token> {
  readonly first: Token;
  /** One page, and the token of the one after it; `next: null` ends the listing. */
  fetch(token: Token): Promise<{ readonly page: Page; readonly next: Token | null }>;
  /** More pages than this listing can honestly have. Reaching it is a failure, never an end. */
  readonly maxPages: number;
  readonly signal: AbortSignal;
}

/**
 * Walks a listing to its end, one page at a time as the consumer asks for it.
 * @throws InconsistentListing when a token comes back or the pages exceed `maxPages`: a listing is complete or
 * it is a failure; `signal.reason` when aborted before a request.
 */
export async function* paginate<Token>(listing: Listing<Token>): AsyncGenerator<Page, void, undefined> {
  const seen = new Set<string>();
  let token: Token | null = listing.first;
  while (token !== null) {
    listing.signal.throwIfAborted();
    seen.add(JSON.stringify(token));
    const { page, next }: { page: Page; next: Token | null } = await listing.fetch(token);
    if (next !== null) refuseLoop(seen, next, listing.maxPages);
    yield page;
    token = next;
  }
}

/** Tokens may be credentials of a kind, so messages count pages and do not show them. */
function refuseLoop(seen: ReadonlySet<string>, next: unknown, maxPages: number): void {
  if (seen.has(JSON.stringify(next))) {
    throw new InconsistentListing(`After page ${seen.size} the listing points back to a page already read`, {
      code: 'PAGE_REPEATED',
    });
  }
  if (seen.size >= maxPages) {
    throw new InconsistentListing(`The listing goes on after ${maxPages} pages, the most that are read`, {
      code: 'TOO_MANY_PAGES',
      hint: 'Shorten the span that is read at once, or report a listing without an end to the operator.',
    });
  }
}
