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
  const walks = new Map<string, number>();
  return {
    cut(faults, query, all, request) {
      if (request.page === 1) walks.set(query, (walks.get(query) ?? -1) + 1);
      const walk = { seed, query, number: walks.get(query) ?? 0 };
      const asked = faults.has('repeat-page') ? { ...request, page: 1 } : request;
      const moved = all.length > request.pageSize ? movedRows(faults, walk, all, request) : all;
      const rows = pageOf(moved, asked);
      const short =
        faults.has('short-page') && isRestless(walk) && isFirst(request) && moved.length > rows.length;
      const count = countOf(faults, seed, moved.length, rows.length);
      return { rows: short ? rows.slice(0, -1) : rows, count };
    },
  };
}

/** What the count says; a listing with rows never says that there are none. */
function countOf(faults: ReadonlySet<FaultName>, seed: number, all: number, onPage: number): number {
  if (all === 0) return 0;
  if (faults.has('page-counts')) return onPage;
  if (faults.has('low-count')) return Math.max(1, all - randomFor(seed, 'low-count').int(1, 7));
  return all + (faults.has('lying-count') ? randomFor(seed, 'lying-count').int(1, 7) : 0);
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

/** Every first page begins one. */
interface Walk {
  readonly seed: number;
  readonly query: string;
  /** From 0. */
  readonly number: number;
}

/** Every other walk meets a listing that moves. */
function isRestless({ number }: Walk): boolean {
  return number % 2 === 0;
}

function isFirst({ page }: PageRequest): boolean {
  return page === 1;
}

/** The listing as it is at the time of a page: the same for the pages after the first. */
function movedRows(
  faults: ReadonlySet<FaultName>,
  walk: Walk,
  rows: readonly Row[],
  request: PageRequest,
): readonly Row[] {
  if (faults.has('restless-listing') || (faults.has('page-drift') && isRestless(walk)))
    return drifted(walk, rows, request);
  if (faults.has('page-swap') && isRestless(walk)) return swapped(walk, rows, request);
  const reordered = faults.has('page-reorder') && isRestless(walk) && !isFirst(request);
  return reordered ? [...rows].reverse() : rows;
}

/**
 * A row of page one is purged after it was read, or appears only then. What follows moves by one, and the
 * count shows it.
 */
function drifted({ seed, query, number }: Walk, rows: readonly Row[], request: PageRequest): readonly Row[] {
  const chance = randomFor(seed, 'page-drift', query, number);
  const hidden = chance.int(0, request.pageSize - 1);
  const onFirstPage = chance.chance(0.5);
  return onFirstPage === isFirst(request) ? without(rows, hidden) : rows;
}

/** As many rows come as go: the count does not show that the first row of page two moved to page one. */
function swapped({ seed, query, number }: Walk, rows: readonly Row[], request: PageRequest): readonly Row[] {
  const gone = randomFor(seed, 'page-swap', query, number).int(0, request.pageSize - 1);
  return without(rows, isFirst(request) ? rows.length - 1 : gone);
}

function without(rows: readonly Row[], hidden: number): readonly Row[] {
  return rows.filter((_, index) => index !== hidden);
}
