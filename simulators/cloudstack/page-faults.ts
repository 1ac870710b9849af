import { randomFor } from '../seeded.ts';
import type { FaultName } from './faults.ts';
import { listing, type PageRequest, pageOf } from './paging.ts';
import type { Row } from './usage-job.ts';

/** One page of rows, and how many rows the server claims in all. */
export interface RowPage {
  readonly rows: readonly Row[];
  readonly count: number;
}

/** Cuts pages, faulty ones where a fault says so. */
export interface Pager {
  /** @param query tells one walk from another: all parameters but the page */
  cut(faults: ReadonlySet<FaultName>, query: string, rows: readonly Row[], request: PageRequest): RowPage;
}

export function pager(seed: number): Pager {
  const drifts = new Map<string, Drift>();
  return {
    cut(faults, query, all, request) {
      const asked = faults.has('repeat-page') ? { ...request, page: 1 } : request;
      const rows = faults.has('page-drift') ? drifted(seed, drifts, query, all, request) : all;
      const lie = faults.has('lying-count') && rows.length > 0 ? randomFor(seed, 'lying-count').int(1, 7) : 0;
      return { rows: pageOf(rows, asked), count: rows.length + lie };
    },
  };
}

/** The body of a page of records; `missing-array` leaves them out of page one. */
export function pageBody(
  faults: ReadonlySet<FaultName>,
  { page }: PageRequest,
  count: number,
  records: readonly unknown[],
): Readonly<Record<string, unknown>> {
  return listing('usagerecord', count, faults.has('missing-array') && page === 1 ? [] : records);
}

interface Drift {
  readonly walk: number;
  /** The row that is not there before or after the first page was read; null: this walk is calm. */
  readonly hidden: { readonly index: number; readonly onFirstPage: boolean } | null;
}

/**
 * Every first page begins a walk, and every other walk drifts: a row of page one is purged after it was read,
 * or appears only then. What follows moves by one, and the count shows it.
 */
function drifted(
  seed: number,
  drifts: Map<string, Drift>,
  query: string,
  rows: readonly Row[],
  { page, pageSize }: PageRequest,
): readonly Row[] {
  if (rows.length <= pageSize) return rows;
  if (page === 1) {
    const walk = (drifts.get(query)?.walk ?? -1) + 1;
    const chance = randomFor(seed, 'page-drift', query, walk);
    const hidden = { index: chance.int(0, pageSize - 1), onFirstPage: chance.chance(0.5) };
    drifts.set(query, { walk, hidden: walk % 2 === 0 ? hidden : null });
  }
  const hidden = drifts.get(query)?.hidden;
  if (!hidden || hidden.onFirstPage !== (page === 1)) return rows;
  return rows.filter((_, index) => index !== hidden.index);
}
