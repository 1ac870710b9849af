import { type Interval, parseInstant } from '../../lib/time.ts';
import { type Cloud, month } from './cloud.ts';
import { Refusal } from './refusal.ts';

/** A query as it arrived. */
export type Query = URLSearchParams;

/** Unknown parameters are refused by both APIs, each in its own words (sheet 3.7). */
export function checkNames(query: Query, version: 'v1' | 'v2', known: readonly string[]): void {
  const unknown = [...new Set(query.keys())].filter((name) => !known.includes(name));
  if (unknown.length === 0) return;
  if (version === 'v1') throw new Refusal(400, 'wsme', `Unknown argument: "${unknown.join(', ')}"`);
  throw invalid(query, 'extra keys not allowed', unknown[0] ?? '');
}

/** v1: the last of a repeated parameter counts, an empty one is none. */
export function windowV1(cloud: Cloud, query: Query): Interval {
  const usual = month(cloud.settings.planNow());
  const read = (name: 'begin' | 'end', otherwise: number) => {
    const text = query.getAll(name).at(-1) ?? '';
    if (text === '') return otherwise;
    const instant = parseInstant(text);
    if (instant !== null) return instant;
    const what = `Invalid input for field/attribute ${name}. Value: '${text}'. unable to convert to datetime.`;
    throw new Refusal(400, 'wsme', what);
  };
  return { start: read('begin', usual.start), end: read('end', usual.end) };
}

export function windowV2(cloud: Cloud, query: Query): Interval {
  const usual = month(cloud.settings.planNow());
  const read = (name: 'begin' | 'end', otherwise: number) => {
    const texts = query.getAll(name);
    if (texts.length === 0) return otherwise;
    if (texts.length > 1) throw invalid(query, 'length of value must be 1', name);
    const instant = / \d\d:\d\d$/.test(texts[0] ?? '') ? null : parseInstant(texts[0] ?? '');
    if (instant === null) throw invalid(query, 'expected dt_from_iso', name);
    return Math.floor(instant / 1000) * 1000;
  };
  return { start: read('begin', usual.start), end: read('end', usual.end) };
}

export function pageV2(cloud: Cloud, query: Query): { limit: number; offset: number } {
  const read = (name: string, least: number, otherwise: number) => {
    const text = query.get(name);
    if (text === null) return otherwise;
    if (!/^-?\d+$/.test(text)) throw invalid(query, 'expected int', name);
    if (Number(text) < least) throw invalid(query, `value must be at least ${least}`, name);
    return Number(text);
  };
  const offset = read('offset', 0, 0);
  return { limit: read('limit', 1, 100), offset: cloud.faults.has('ignored-offset') ? 0 : offset };
}

/** `a,b` and `a&b` are the same in v2. */
export function listV2(query: Query, name: string): string[] {
  return query
    .getAll(name)
    .flatMap((text) => text.split(','))
    .filter(Boolean);
}

/** `key:value`; the values of one key are alternatives, where several are allowed. */
export function filtersV2(query: Query, several: boolean): Map<string, readonly string[]> {
  const filters = new Map<string, readonly string[]>();
  for (const text of listV2(query, 'filters')) {
    const [key = '', value, ...more] = text.split(':');
    if (value === undefined || more.length > 0)
      throw invalid(query, 'invalid key:value association', 'filters');
    if (value.includes("'")) throw new Refusal(500, 'v2', 'Internal Server Error');
    const before = filters.get(key);
    if (before && !several) throw invalid(query, `key ${key} already provided`, 'filters');
    filters.set(key, [...(before ?? []), value]);
  }
  return filters;
}

export function invalid(query: Query, what: string, name: string): Refusal {
  const data = [...new Set(query.keys())].map(
    (key) =>
      `'${key}': [${query
        .getAll(key)
        .map((value) => `'${value}'`)
        .join(', ')}]`,
  );
  return new Refusal(400, 'v2', `Invalid data '{${data.join(', ')}}' : ${what} (path: '['${name}']')`);
}
