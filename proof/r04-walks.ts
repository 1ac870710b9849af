import type { CloudStackClient } from '../functions/cloudstack/client.ts';
import type { Page } from '../lib/paginate.ts';
import { DAY } from '../lib/time.ts';
import type { CloudStackStream } from './cloudstack-run.ts';

/** What a walk knows after a page. */
interface Walked {
  /** On this page. */
  readonly rows: number;
  /** On this page, and on none before. */
  readonly fresh: number;
  readonly asked: number;
  readonly seen: number;
  readonly count: number | null;
}

/** More than any listing of this proof has: a server that repeats its first page has no last one. */
const MOST_PAGES = 30;

/** A walk that ends by a rule of its own, or on a page without rows, and then trusts what it has. */
export function pagesUntil(isOver: (walked: Walked) => boolean): CloudStackStream['fetch'] {
  return async function* (client, { span }) {
    const parameters = {
      startdate: wide(span.start - 2 * DAY),
      enddate: wide(span.end + DAY),
      isrecursive: 'true',
    };
    const asked = await largestPage(client, parameters);
    const known = new Set<string>();
    for (let page = 1, seen = 0; page <= MOST_PAGES; page += 1) {
      const paging = { page: String(page), pagesize: String(asked) };
      const { count, usagerecord } = await client.call('listUsageRecords', { ...parameters, ...paging });
      const rows = Array.isArray(usagerecord) ? usagerecord : [];
      yield { rows } satisfies Page;
      seen += rows.length;
      const before = known.size;
      for (const row of rows) known.add(JSON.stringify(row));
      const walked = { rows: rows.length, fresh: known.size - before, asked, seen };
      if (rows.length === 0 || isOver({ ...walked, count: typeof count === 'number' ? count : null })) return;
    }
  };
}

/** The server says what it allows when it is asked for more. */
async function largestPage(client: CloudStackClient, parameters: Record<string, string>): Promise<number> {
  const paging = { page: '1', pagesize: '500' };
  try {
    await client.call('listUsageRecords', { ...parameters, ...paging });
    return 500;
  } catch (error) {
    return Number(/page size value:\s*(\d+)/i.exec(String(error))?.[1] ?? 500);
  }
}

/** Without an offset, which every release reads. */
function wide(instant: number): string {
  return new Date(instant).toISOString().slice(0, 19).replace('T', ' ');
}
