import { type Interval, MINUTE, type Millis, SECOND } from '../../lib/time.ts';
import type { Calendar } from './calendar.ts';
import type { History } from './history.ts';
import type { Use } from './use.ts';

/** A usage record as the job stores it. */
export interface Row {
  readonly use: Use;
  /** Half-open; on the wire its end is a second earlier. */
  readonly period: Interval;
  /** Millionths of an hour, bytes or operations. */
  readonly amount: number;
  /** When it was stored. Internal ids follow this moment. */
  readonly storedAt: Millis;
  /** Set by a fault: the text on the wire instead of the amount. */
  readonly badText?: string;
}

/** The job starts at 00:15, or a quarter past the hour. */
const JOB_DELAY = 15 * MINUTE;
/** Rows kept in memory for the next request; older days are made again. */
const KEPT_ROWS = 400_000;

/** When the job stores the rows of a period. */
export function jobTime(period: Interval): Millis {
  return period.end + JOB_DELAY;
}

/** All rows that the job makes of one period, in the order in which it stores them: by type. */
export function rowsOf(history: History, period: Interval): Row[] {
  const rows: Row[] = [];
  for (const use of history.usesIn(period)) {
    const amount = use.amountIn(period);
    if (amount > 0) rows.push({ use, period, amount, storedAt: jobTime(period) });
  }
  return rows.sort((a, b) => a.use.type - b.use.type);
}

/** The usage database: rows by the dates that they carry, made when they are first asked for. */
export interface UsageTable {
  /** Rows whose start and last second both lie in `[from, to]`, by internal id. */
  between(from: Millis, to: Millis): Row[];
}

export function usageTable(history: History, calendar: Calendar, since: Millis): UsageTable {
  const days = new Map<number, readonly Row[]>();
  let kept = 0;
  const rowsOfDay = (day: number): readonly Row[] => {
    const known = days.get(day);
    if (known) return known;
    if (kept > KEPT_ROWS) {
      days.clear();
      kept = 0;
    }
    const rows = calendar.periodsOf(day).flatMap((period) => rowsOf(history, period));
    days.set(day, rows);
    kept += rows.length;
    return rows;
  };
  return {
    between(from, to) {
      const rows: Row[] = [];
      const last = calendar.dayOf(to);
      for (let day = calendar.dayOf(Math.max(from, since)); day <= last; day += 1) {
        for (const row of rowsOfDay(day)) if (isBetween(row.period, from, to)) rows.push(row);
      }
      return rows;
    },
  };
}

function isBetween({ start, end }: Interval, from: Millis, to: Millis): boolean {
  return from <= start && start <= to && from <= end - SECOND && end - SECOND <= to;
}
