import { DAY, type Millis, parseInstant, SECOND } from '../../lib/time.ts';
import type { Calendar } from './calendar.ts';
import type { Settings } from './options.ts';
import { refusedParameter } from './refusal.ts';

/**
 * A date of a usage record (sheet 2.2): with quotation marks in the aggregation zone, or plain in the zone of
 * the server's own clock, which is UTC here.
 */
export function formatRecordDate(
  instant: Millis,
  calendar: Calendar,
  format: Settings['dateFormat'],
): string {
  if (format === 'offset') return formatServerDate(instant);
  const offset = calendar.offsetAt(instant);
  const [date, time] = new Date(instant + offset).toISOString().slice(0, 19).split('T');
  return `${date}'T'${time}${formatOffset(offset)}`;
}

/** Any other date of the API: `2021-10-04T09:24:38+0000`. */
export function formatServerDate(instant: Millis): string {
  return `${new Date(instant).toISOString().slice(0, 19)}+0000`;
}

/**
 * `startdate` or `enddate` as the server takes them (sheet 2.3). Text without an offset is in the aggregation
 * zone. A server of 4.18 reads a form with a T by its date alone, and silently loses the time.
 * @throws Refusal 431
 */
export function parseQueryDate(
  text: string,
  edge: 'start' | 'end',
  calendar: Calendar,
  format: Settings['dateFormat'],
): Millis {
  const [, date = '', rest = ''] = /^(\d{4}-\d\d-\d\d)(.*)$/s.exec(text) ?? [];
  if (format === 'offset' && /^T\d\d:\d\d:\d\d([+-]\d\d:?\d\d|Z)$/.test(rest)) {
    return parseInstant(text) ?? unparsable(text);
  }
  const naive =
    rest === '' || rest.startsWith('T') ? `${date} ${edge === 'start' ? '00:00:00' : '23:59:59'}` : text;
  const wall = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(naive) ? parseInstant(naive) : null;
  return wall === null ? unparsable(text) : instantOf(wall, calendar);
}

function unparsable(text: string): never {
  throw refusedParameter(
    `Unable to parse date ${text} for command listusagerecords, please pass dates in the format yyyy-MM-dd'T'HH:mm:ssZ`,
  );
}

/** The instant at which a wall clock shows `wall`; the first of two, the moment after a gap. */
function instantOf(wall: Millis, calendar: Calendar): Millis {
  const before = wall - calendar.offsetAt(wall - DAY);
  if (before + calendar.offsetAt(before) === wall) return before;
  const after = wall - calendar.offsetAt(wall + DAY);
  return after + calendar.offsetAt(after) === wall ? after : before;
}

function formatOffset(offset: number): string {
  const minutes = Math.abs(offset) / (60 * SECOND);
  const digits = (value: number) => String(Math.floor(value)).padStart(2, '0');
  return `${offset < 0 ? '-' : '+'}${digits(minutes / 60)}:${digits(minutes % 60)}`;
}
