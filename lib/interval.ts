import { InvalidEvent } from './errors.ts';
import { type Interval, type Millis, parseInstant, SECOND } from './time.ts';

/** What nflex reads of an event. Seconds; `last_update` as text or as an instant. */
export interface IntervalEvent {
  readonly last_update?: string | Millis | null;
  readonly poll_interval?: number | null;
  readonly resource?: { readonly poll_interval?: number | null } | null;
}

/** Seconds. */
export interface IntervalOptions {
  /** The longest interval after a `last_update`; 0 means no limit. */
  readonly backfill_time?: number;
  /** How much more than one poll a first run reads. */
  readonly initial_interval?: number;
  /** How far the end stays behind now. */
  readonly skew?: number;
}

/** Seconds between two runs when nobody says (nflex: 3. Interval). */
export const DEFAULT_POLL_INTERVAL = 900;

/**
 * nflex's `setup_time_interval`: the half-open interval a run is about.
 * @throws InvalidEvent when `last_update` is text and no timestamp.
 * @returns null when nothing is due, where the original gives a start at or after the end.
 */
export function setupTimeInterval(
  event: IntervalEvent,
  { backfill_time = 0, initial_interval = 0, skew = 0 }: IntervalOptions,
  now: Millis,
): Interval | null {
  const poll = event.poll_interval ?? event.resource?.poll_interval ?? DEFAULT_POLL_INTERVAL;
  const latest = now - skew * SECOND;
  const lastUpdate = instantOf(event.last_update);
  const start = lastUpdate ?? latest - (poll + initial_interval) * SECOND;
  const capped = lastUpdate !== null && backfill_time > 0;
  const end = capped ? Math.min(latest, start + backfill_time * SECOND) : latest;
  return start < end ? { start, end } : null;
}

function instantOf(value: string | Millis | null | undefined): Millis | null {
  if (typeof value !== 'string') return value ?? null;
  const instant = parseInstant(value);
  if (instant === null) throw new InvalidEvent('event.last_update: expected an RFC 3339 timestamp');
  return instant;
}
