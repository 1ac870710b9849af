/**
 * Instants are whole milliseconds since 1970 UTC; intervals are half-open. Provider text is never given to
 * `new Date(text)`: it shifts text without a zone with the host, and takes or refuses forms as it likes.
 */

import { memo } from './memo.ts';

/** Milliseconds since 1970-01-01T00:00:00Z. */
export type Millis = number;

/** Half-open: `start` belongs to it, `end` does not. */
export interface Interval {
  readonly start: Millis;
  readonly end: Millis;
}

export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** A moment as text carries it: microseconds survive beside the milliseconds that arithmetic uses. */
export interface Timestamp {
  /** Whole seconds since 1970 UTC. */
  readonly seconds: number;
  /** 0–999,999, counted forwards from `seconds`; finer digits are cut off. */
  readonly micros: number;
}

const pattern =
  /^(\d{4})-(\d{2})-(\d{2})(?:[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d+))?)?\s?([Zz]|[+-]\d{2}(?::?\d{2})?)?)?$/;

/**
 * Reads every RFC 3339 form and its near relations: a blank for the T, a date alone, offsets `+HH`, `+HHMM`
 * and `+HH:MM`. Without an offset it is UTC.
 * @returns null when the text is no such moment, a 30th of February included.
 */
export function parseTimestamp(text: string): Timestamp | null {
  const match = pattern.exec(text.trim());
  if (!match) return null;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map((digits) => Number(digits ?? 0)) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  if (hour > 23 || minute > 59 || second > 60) return null;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return null;
  const offset = offsetMinutes(match[8]);
  if (offset === null) return null;
  const seconds = date.getTime() / SECOND + hour * 3600 + minute * 60 + second - offset * 60;
  return { seconds, micros: Number((match[7] ?? '').slice(0, 6).padEnd(6, '0')) };
}

/** The instant of a text, cut towards the past below a millisecond; null as in {@link parseTimestamp}. */
export function parseInstant(text: string): Millis | null {
  const moment = parseTimestamp(text);
  return moment && moment.seconds * SECOND + Math.floor(moment.micros / 1000);
}

/** RFC 3339 in UTC: whole seconds without a fraction, else three digits. */
export const formatInstant: (instant: Millis) => string = memo((instant) => {
  const text = new Date(instant).toISOString();
  return text.endsWith('.000Z') ? `${text.slice(0, -5)}Z` : text;
});

/** The compact form of file names: `20261118T000000Z`. */
export function stamp(instant: Millis): string {
  return formatInstant(instant).replace(/[-:]/g, '');
}

/** `start/end` in RFC 3339, as reports and keys name an interval; `start/..` (ISO 8601-2) when it has no end. */
export function formatInterval({ start, end }: Interval): string {
  return `${formatInstant(start)}/${end === Number.POSITIVE_INFINITY ? '..' : formatInstant(end)}`;
}

function offsetMinutes(text: string | undefined): number | null {
  if (text === undefined || /^[Zz]$/.test(text)) return 0;
  const hours = Number(text.slice(1, 3));
  const minutes = Number(text.slice(3).replace(':', '') || 0);
  if (hours > 23 || minutes > 59) return null;
  return (text.startsWith('-') ? -1 : 1) * (hours * 60 + minutes);
}
