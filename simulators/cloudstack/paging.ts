import { Refusal } from './refusal.ts';
import type { Parameters } from './signature.ts';

/** Which rows of a listing are asked for. */
export interface PageRequest {
  /** From 1. */
  readonly page: number;
  readonly pageSize: number;
}

/** Both or neither, and not more than the server allows (sheet 3). @throws Refusal 431 */
export function pageRequest({ page, pagesize }: Parameters, maxPageSize: number): PageRequest {
  if (pagesize === undefined) {
    if (page !== undefined)
      throw new Refusal(431, '"pagesize" parameter is required when "page" is specified');
    return { page: 1, pageSize: maxPageSize };
  }
  const size = wholeNumber('pagesize', pagesize);
  if (size === -1 && page === undefined) return { page: 1, pageSize: Number.POSITIVE_INFINITY };
  if (page === undefined) throw new Refusal(431, '"page" parameter is required when "pagesize" is specified');
  if (size > maxPageSize)
    throw new Refusal(431, `Page size can't exceed max allowed page size value: ${maxPageSize}`);
  if (size < 1) throw new Refusal(431, `Parameter pagesize: ${size} must be positive`);
  return { page: Math.max(wholeNumber('page', page), 1), pageSize: size };
}

/** The rows of a page. */
export function pageOf<T>(rows: readonly T[], { page, pageSize }: PageRequest): readonly T[] {
  if (pageSize === Number.POSITIVE_INFINITY) return rows;
  return rows.slice((page - 1) * pageSize, page * pageSize);
}

/** Nothing found: neither count nor array. Past the end: a count without an array. */
export function listing(
  key: string,
  count: number,
  rows: readonly unknown[],
): Readonly<Record<string, unknown>> {
  if (count === 0) return {};
  return rows.length === 0 ? { count } : { count, [key]: rows };
}

function wholeNumber(name: string, text: string): number {
  if (/^-?\d{1,9}$/.test(text)) return Number(text);
  throw new Refusal(431, `Unable to execute API command due to invalid value ${text} for parameter ${name}`);
}
