import { DAY, HOUR, MINUTE, type Millis, SECOND } from '../../lib/time.ts';

export type DateFormat = 'blank' | 'iso';

/** A moment as answers show it: Python's `str(datetime)`, or the T of newer libraries (sheet 1.7). */
export function dateText(at: Millis, format: DateFormat): string {
  const iso = new Date(at).toISOString();
  const seconds = format === 'iso' ? iso.slice(0, 19) : iso.slice(0, 19).replace('T', ' ');
  const millis = iso.slice(20, 23);
  return `${seconds}${millis === '000' ? '' : `.${millis}000`}+00:00`;
}

const queryForm = /^(\d{4})-(\d{1,2})-(\d{1,2})\s+(\d{1,2}):(\d{1,2}):(\d{1,2})\.(\d{1,6})$/;
const strictForm = /^(\d{4})-(\d{1,2})-(\d{1,2})T(\d{1,2}):(\d{1,2}):(\d{1,2})\.(\d{1,6})Z$/;

/** `%Y-%m-%d %H:%M:%S.%f`, cut to milliseconds (sheet 1.4). @returns null for anything else */
export function queryDate(text: string): Millis | null {
  return fromParts(queryForm.exec(text));
}

/** `%Y-%m-%dT%H:%M:%S.%fZ`, which corrections of open rows ask for (sheet 1.9). @returns null for anything else */
export function strictDate(text: unknown): Millis | null {
  return typeof text === 'string' ? fromParts(strictForm.exec(text)) : null;
}

const lenientForm =
  /^(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ](\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d+))?)?\s*(Z|[+-]\d{2}:?\d{2}|[A-Z]{3,4})?)?$/;
const compactForm = /^(\d{4})(\d{2})(\d{2})(?:T(\d{2})(\d{2})(\d{2}))?$/;
const englishForm = /^([A-Z][a-z]{2}) (\d{1,2}) (\d{4})(?: (\d{1,2})(am|pm))?$/;
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** A number of more digits than a year can have: dateutil overflows on it, and the server answers 500. */
export class DateOverflow extends Error {
  override readonly name = 'DateOverflow' as const;
}

/**
 * A date of a body, as lenient as the recorded answers of dateutil (sheet 1.10). The name of a zone is ignored.
 * @returns null for what is refused @throws DateOverflow
 */
export function bodyDate(text: unknown, now: Millis): Millis | null {
  if (typeof text !== 'string') return null;
  if (/^\d{15,}$/.test(text)) throw new DateOverflow(text);
  const lenient = lenientForm.exec(text);
  if (lenient) return withOffset(fromParts(lenient), lenient[8]);
  return fromParts(compactForm.exec(text)) ?? englishDate(text) ?? partialDate(text, now);
}

function englishDate(text: string): Millis | null {
  const match = englishForm.exec(text);
  if (!match) return null;
  const [, month = '', day, year, hour = '0', half] = match;
  const index = months.indexOf(month);
  return index < 0 ? null : instant(Number(year), index + 1, Number(day), hourOf(Number(hour), half));
}

function hourOf(hour: number, half: string | undefined): number {
  return half === undefined ? hour : (hour % 12) + (half === 'pm' ? 12 : 0);
}

/** A day of this month, or a time of today. */
function partialDate(text: string, now: Millis): Millis | null {
  const today = new Date(now);
  const time = /^(\d{1,2}):(\d{2})$/.exec(text);
  const [year, month] = [today.getUTCFullYear(), today.getUTCMonth() + 1];
  if (time) return instant(year, month, today.getUTCDate(), Number(time[1]), Number(time[2]));
  return /^\d{1,2}$/.test(text) ? instant(year, month, Number(text)) : null;
}

function fromParts(match: RegExpExecArray | null): Millis | null {
  if (!match) return null;
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = match
    .slice(1, 7)
    .map((part) => (part === undefined ? undefined : Number(part)));
  const fraction = Number((match[7] ?? '').padEnd(3, '0').slice(0, 3));
  const whole = instant(year, month, day, hour, minute, second);
  return whole === null ? null : whole + fraction;
}

function instant(year: number, month: number, day: number, hour = 0, minute = 0, second = 0): Millis | null {
  const midnight = Date.UTC(year, month - 1, day);
  const isDay = new Date(midnight).getUTCDate() === day && month >= 1 && month <= 12;
  if (!isDay || hour > 23 || minute > 59 || second > 59) return null;
  return midnight + hour * HOUR + minute * MINUTE + second * SECOND;
}

function withOffset(at: Millis | null, zone: string | undefined): Millis | null {
  const match = /^([+-])(\d{2}):?(\d{2})$/.exec(zone ?? '');
  if (at === null || !match) return at;
  const offset = Number(match[2]) * HOUR + Number(match[3]) * MINUTE;
  if (offset >= DAY) return null;
  return match[1] === '+' ? at - offset : at + offset;
}
