import { IANAZone } from 'luxon';
import { DAY, HOUR, type Interval, MINUTE, type Millis } from '../../lib/time.ts';

/**
 * Time as the usage job cuts it: days of the aggregation zone, and periods in them. Written apart from the
 * connector's grid, so that the two can disagree.
 */
export interface Calendar {
  /** The local date that an instant lies on, as days since 1970. */
  dayOf(instant: Millis): number;
  /** The periods that start on a local date, in order, half-open. */
  periodsOf(day: number): readonly Interval[];
  /** Milliseconds that the wall clock is ahead of UTC. */
  offsetAt(instant: Millis): number;
}

export function calendar(zone: string, minutes: 1440 | 60): Calendar {
  const rules = IANAZone.create(zone);
  const offsetAt = (instant: Millis) => rules.offset(instant) * MINUTE;
  const dayOf = (instant: Millis) => Math.floor((instant + offsetAt(instant)) / DAY);
  const known = new Map<number, readonly Interval[]>();
  const cut = (day: number): readonly Interval[] => {
    const start = startOf(day, dayOf);
    const end = startOf(day + 1, dayOf);
    return minutes === 1440 ? [{ start, end }] : hoursOf({ start, end }, offsetAt);
  };
  return {
    dayOf,
    offsetAt,
    periodsOf(day) {
      const periods = known.get(day) ?? cut(day);
      known.set(day, periods);
      return periods;
    },
  };
}

/** The first instant of a local date. Clocks never go back over midnight to a date that was over. */
function startOf(day: number, dayOf: (instant: Millis) => number): Millis {
  let before = day * DAY - 16 * HOUR;
  let after = day * DAY + 16 * HOUR;
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (dayOf(middle) < day) before = middle;
    else after = middle;
  }
  return after;
}

/** Full hours of the wall clock. One that is lived twice is two periods. */
function hoursOf(day: Interval, offsetAt: (instant: Millis) => number): Interval[] {
  const hours: Interval[] = [];
  for (let start = day.start; start < day.end; ) {
    const past = (((start + offsetAt(start)) % HOUR) + HOUR) % HOUR;
    let end = start + HOUR - past;
    const step = offsetAt(end) - offsetAt(start);
    // A change by half an hour backwards (Lord Howe) prolongs the hour that it falls into.
    if (step < 0 && step % HOUR !== 0) end -= step % HOUR;
    hours.push({ start, end: Math.min(end, day.end) });
    start = end;
  }
  return hours;
}
