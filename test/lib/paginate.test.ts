import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InconsistentListing } from '../../lib/errors.ts';
import { type Listing, type Page, paginate } from '../../lib/paginate.ts';

/** A listing of numbered pages; `fetched` grows with every request. */
function pages(count: number, fetched: number[] = [], rest: Partial<Listing<number>> = {}): Listing<number> {
  return {
    first: 1,
    maxPages: 100,
    signal: new AbortController().signal,
    fetch: async (token) => {
      fetched.push(token);
      return { page: { rows: [token] }, next: token < count ? token + 1 : null };
    },
    ...rest,
  };
}

async function rowsOf(listing: AsyncIterable<Page>): Promise<unknown[]> {
  const rows: unknown[] = [];
  for await (const page of listing) rows.push(...page.rows);
  return rows;
}

const code = (work: Promise<unknown>) =>
  work.then(
    () => null,
    (error) => (error instanceof InconsistentListing ? error.code : error),
  );

describe('paginate', () => {
  it('gives every page once, in order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 50 }), async (count) => {
        expect(await rowsOf(paginate(pages(count)))).toEqual(Array.from({ length: count }, (_, n) => n + 1));
      }),
    );
  });

  it('asks for a page when the consumer does', async () => {
    const fetched: number[] = [];
    const walk = paginate(pages(3, fetched));
    await walk.next();
    expect(fetched).toEqual([1]);
    await walk.next();
    expect(fetched).toEqual([1, 2]);
    await walk.return();
    expect(fetched).toEqual([1, 2]);
  });

  it.each([
    ['itself', ['a', 'a']],
    ['an earlier page', ['a', 'b', 'c', 'b']],
  ])('fails when a page points to %s', async (_, tokens) => {
    let at = 0;
    const fetch = async () => ({ page: { rows: [] }, next: { marker: tokens[++at] ?? null, limit: 10 } });
    const listing = { ...pages(0), first: { marker: 'a' as string | null, limit: 10 }, fetch };
    expect(await code(rowsOf(paginate(listing)))).toBe('PAGE_REPEATED');
    expect(at).toBe(tokens.length - 1);
  });

  it('fails, and does not truncate, where there are more pages than there can be', async () => {
    const fetched: number[] = [];
    expect(await code(rowsOf(paginate(pages(4, fetched, { maxPages: 3 }))))).toBe('TOO_MANY_PAGES');
    expect(fetched).toEqual([1, 2, 3]);
    expect(await rowsOf(paginate(pages(3, [], { maxPages: 3 })))).toEqual([1, 2, 3]);
  });

  it('stops before the next request when aborted', async () => {
    const controller = new AbortController();
    const fetched: number[] = [];
    const walk = paginate(pages(3, fetched, { signal: controller.signal }));
    await walk.next();
    const reason = new Error('time is up');
    controller.abort(reason);
    await expect(walk.next()).rejects.toBe(reason);
    expect(fetched).toEqual([1]);
  });

  it('hands on the failure of a request', async () => {
    const failed = new Error('no');
    const listing = pages(2, [], { fetch: () => Promise.reject(failed) });
    await expect(rowsOf(paginate(listing))).rejects.toBe(failed);
  });
});
