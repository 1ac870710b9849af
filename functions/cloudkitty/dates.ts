import { DAY, formatInstant, type Interval, type Millis, parseInstant, SECOND } from '../../lib/time.ts';

/**
 * `2026-11-18T00:00:00Z`: the one form that both APIs read the same way. Others are taken too, and some silently
 * for another moment (sheet 3.2).
 */
export function wireDate(instant: Millis): string {
  return formatInstant(Math.floor(instant / SECOND) * SECOND);
}

/** v1 and the reprocessing tasks write UTC without saying so, v2 the server's own offset (sheet 3.3). */
export function instantOf(text: string): Millis | null {
  return text.length > LONGEST_DATE ? null : parseInstant(text);
}

const LONGEST_DATE = 48;

/** The UTC days of a span that is made of whole ones. */
export function daysOf({ start, end }: Interval): Interval[] {
  const days: Interval[] = [];
  for (let day = start; day < end; day += DAY) days.push({ start: day, end: Math.min(day + DAY, end) });
  return days;
}
