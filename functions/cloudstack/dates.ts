import { DAY, type Interval, type Millis } from '../../lib/time.ts';
import type { Parameters, Release } from './client.ts';

/**
 * Dates that contain a span; what is too much is cut off by each row's own time. From 4.20 on dates carry their
 * offset. Before, and when the release is not known, they are read in a zone of the server's that may be a day
 * away, and any other form silently loses its time of day (sheet 2.3).
 * @param margin milliseconds that belong to it on both sides: a row ends after it begins.
 */
export function datesAround({ start, end }: Interval, margin: number, release: Release | null): Parameters {
  const exact = release !== null && (release.major > 4 || (release.major === 4 && release.minor >= 20));
  if (exact) return { startdate: withOffset(start), enddate: withOffset(end + margin) };
  return { startdate: naiveDate(start - margin - DAY), enddate: naiveDate(end + margin + DAY) };
}

/** `yyyy-MM-dd HH:mm:ss`: all releases read it, each in its own zone. */
export function naiveDate(instant: Millis): string {
  return new Date(instant).toISOString().slice(0, 19).replace('T', ' ');
}

function withOffset(instant: Millis): string {
  return `${new Date(instant).toISOString().slice(0, 19)}+0000`;
}
