import { memo } from '../../lib/memo.ts';
import { type Millis, parseInstant } from '../../lib/time.ts';

/** Blank or T, a fraction or none, an offset or none: which of them depends on a library of the server (sheet 1.7). */
const pattern = /^\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:?\d\d)?$/;

/** The instant of a date in an answer; without an offset it is UTC. Null when it is none. */
export function instantOf(text: string): Millis | null {
  return text.length <= LONGEST_DATE && pattern.test(text) ? instantOfDate(text) : null;
}

const LONGEST_DATE = 48;
const instantOfDate = memo(parseInstant);

/** The one form that `start` and `end` of a query may have (sheet 1.4): UTC, a blank, and always a fraction. */
export function queryDate(instant: Millis): string {
  return `${micros(instant).replace('T', ' ')}`;
}

/** The form that the Python client writes into bodies, and the only one that a correction accepts (sheet 1.9). */
export function bodyDate(instant: Millis): string {
  return `${micros(instant)}Z`;
}

function micros(instant: Millis): string {
  return `${new Date(instant).toISOString().slice(0, -1)}000`;
}
