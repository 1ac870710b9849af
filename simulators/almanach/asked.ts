import type { Millis } from '../../lib/time.ts';
import { errorRefusal, type Refusal } from './answer.ts';
import { bodyDate, DateOverflow, queryDate } from './dates.ts';

/** A request as the views see it. */
export interface Asked {
  readonly query: URLSearchParams;
  readonly body: string;
  readonly contentType: string;
  /** The server's clock, UTC. */
  readonly now: Millis;
  /** What stands in for a missing `end`: the local clock read as UTC (sheet 1.4). */
  readonly localNow: Millis;
}

export function badPayload(): Refusal {
  return errorRefusal(400, 'Invalid parameter or payload');
}

/** `start` and `end` of a query. @throws Refusal 400 */
export function spanOf({ query, localNow }: Asked): { readonly start: Millis; readonly end: Millis } {
  const start = query.get('start');
  if (start === null) {
    const lost =
      '400 Bad Request: The browser (or proxy) sent a request that this server could not understand.';
    throw errorRefusal(400, `The ${lost} param is mandatory for the request you have made.`);
  }
  const end = query.get('end');
  return { start: dateOrBad(start), end: end === null ? localNow : dateOrBad(end) };
}

function dateOrBad(text: string): Millis {
  const date = queryDate(text);
  if (date === null) throw badPayload();
  return date;
}

/** The body as an object. A form's content type hides it from the server (sheet 1.1). @throws Refusal 400 */
export function fieldsOf({ body, contentType }: Asked): Readonly<Record<string, unknown>> {
  if (/^(application\/x-www-form-urlencoded|multipart\/)/.test(contentType)) throw badPayload();
  const value = parsed(body);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw badPayload();
  return value as Readonly<Record<string, unknown>>;
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw badPayload();
  }
}

/** @throws Refusal 400, naming the first that is missing in the order given */
export function requireFields(fields: Readonly<Record<string, unknown>>, names: readonly string[]): void {
  const missing = names.find((name) => !Object.hasOwn(fields, name));
  if (missing === undefined) return;
  throw errorRefusal(400, `The '${missing}' param is mandatory for the request you have made.`);
}

/** A date of a body. @throws Refusal 400; 500 for a number that no date holds */
export function dateOf(text: unknown, now: Millis): Millis {
  try {
    const date = bodyDate(text, now);
    if (date !== null) return date;
  } catch (error) {
    if (error instanceof DateOverflow) throw errorRefusal(500, {});
    throw error;
  }
  const form = 'yyyy-mm-ddThh:mm:ss.msZ, ex: 2015-01-31T18:24:34.1523Z';
  throw errorRefusal(400, `The provided date has an invalid format. Format should be of ${form}`);
}
