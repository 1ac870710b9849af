import { MalformedResponse } from '../errors.ts';
import { formatInstant, parseTimestamp, SECOND } from '../time.ts';
import { type Maybe, quote } from './fields.ts';

/** Seconds of 0000-01-01T00:00:00Z and 9999-12-31T23:59:59Z: the years that RFC 3339 can write. */
const FIRST = -62_167_219_200;
const LAST = 253_402_300_799;

/**
 * A provider's time as RFC 3339 in UTC with `Z`: six fractional digits when the fraction is not zero (finer
 * ones are cut off), else none. It works on the text, so that microseconds survive. A text without an offset
 * is UTC; a date alone is its midnight.
 * @param what how an error names the time: `server "i-1": provider_created_at`.
 * @returns null for null, undefined and the empty text.
 * @throws MalformedResponse when the text is no time, or lies outside the years 0000 to 9999 in UTC.
 */
export function convertDatetime(text: Maybe<string>, what = 'A time'): string | null {
  if (text === null || text === undefined || text === '') return null;
  const moment = typeof text === 'string' ? parseTimestamp(text) : null;
  if (!moment || moment.seconds < FIRST || moment.seconds > LAST) {
    throw new MalformedResponse(`${what}: ${quote(text)} is not an RFC 3339 time of the years 0000 to 9999`);
  }
  const whole = formatInstant(moment.seconds * SECOND);
  if (moment.micros === 0) return whole;
  return `${whole.slice(0, -1)}.${String(moment.micros).padStart(6, '0')}Z`;
}

/** As {@link convertDatetime}, of a time that must be there. */
export function requireDatetime(text: Maybe<string>, what: string): string {
  const converted = convertDatetime(text, what);
  if (converted === null) throw new MalformedResponse(`${what} must be a time with a value`);
  return converted;
}
