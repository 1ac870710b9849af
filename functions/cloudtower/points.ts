import type { Interval, Millis } from '../../lib/time.ts';

/** A measurement: epoch milliseconds, and the value; null where there is none. */
export interface Point {
  readonly t: Millis;
  readonly v: number | null;
}

/** A cell's share of a stream. */
export interface Folded {
  /** In the unit of the points; of a counter per second. */
  readonly mean: number;
  readonly count: number;
  /** Share of the cell that the points stand for; at most 1. */
  readonly coverage: number;
}

/** How a range is measured: the tower knows no others, and tells them from now backwards (sheet 4.3). */
export interface Range {
  readonly name: '2h' | '24h' | '7d' | '30d' | '182d';
  readonly length: Millis;
  /** Usual distance of its points. */
  readonly spacing: Millis;
}

const HOUR: Millis = 3_600_000;

const ranges: readonly Range[] = [
  { name: '2h', length: 2 * HOUR, spacing: 30_000 },
  { name: '24h', length: 24 * HOUR, spacing: 300_000 },
  { name: '7d', length: 168 * HOUR, spacing: 1_800_000 },
  { name: '30d', length: 720 * HOUR, spacing: 24 * HOUR },
  { name: '182d', length: 4368 * HOUR, spacing: 24 * HOUR },
];

/** The finest range that still has all of a cell; null when only coarser points exist, or none. */
export function rangeFor(cell: Interval, now: Millis): Range | null {
  return (
    ranges.find(({ length, spacing }) => now - cell.start <= length && spacing <= cell.end - cell.start) ??
    null
  );
}

/** @throws TypeError naming the point that cannot be read */
export function pointsOf(raw: readonly unknown[]): Point[] {
  const points = raw.map((one, at) => {
    const { t, v = null } = (one ?? {}) as { t?: unknown; v?: unknown };
    if (typeof t !== 'number' || !Number.isFinite(t)) throw new TypeError(`points[${at}].t: not a number`);
    if (v !== null && (typeof v !== 'number' || !Number.isFinite(v)))
      throw new TypeError(`points[${at}].v: not a number`);
    return { t, v };
  });
  return points.sort((a, b) => a.t - b.t);
}

/**
 * The mean of the points of a cell, each weighing as long as it stands for: until the next one, and no longer than
 * usual. Points are in no step with cells, nor those of two answers with each other: a time that comes again counts
 * once. Null when no point of the cell has a value.
 * @param spacing the usual distance; what the points themselves say goes before it
 */
export function meanOver(all: readonly Point[], cell: Interval, spacing: Millis): Folded | null {
  const points = all.filter(({ t }, at) => all[at - 1]?.t !== t);
  const usual = usualSpacing(points) ?? spacing;
  let [sum, weight, count] = [0, 0, 0];
  for (const [at, { t, v }] of points.entries()) {
    if (t < cell.start || t >= cell.end || v === null) continue;
    const next = points[at + 1]?.t ?? t + usual;
    const stands = Math.max(Math.min(next - t, usual), 1);
    sum += v * stands;
    weight += stands;
    count += 1;
  }
  if (count === 0) return null;
  return { mean: sum / weight, count, coverage: Math.min(1, weight / (cell.end - cell.start)) };
}

/**
 * A counter as a rate: what it grew by between neighbouring points of the cell, by the seconds between them. Where it
 * falls it began anew: how much it had grown by then is not known, and that time does not count.
 */
export function rateOver(points: readonly Point[], cell: Interval): Folded | null {
  const inside = points.filter(({ t, v }) => t >= cell.start && t < cell.end && v !== null);
  let [grown, time, count] = [0, 0, 0];
  for (const [at, point] of inside.slice(1).entries()) {
    const before = inside[at];
    if (!before || point.v === null || before.v === null || point.v < before.v || point.t === before.t)
      continue;
    grown += point.v - before.v;
    time += point.t - before.t;
    count += 1;
  }
  if (count === 0) return null;
  return { mean: (grown / time) * 1000, count, coverage: Math.min(1, time / (cell.end - cell.start)) };
}

/** Of the distances between points the middle one: a stated step is true of one range only (sheet 4.2). */
function usualSpacing(points: readonly Point[]): Millis | null {
  const distances = points
    .slice(1)
    .map(({ t }, at) => t - (points[at]?.t ?? t))
    .filter((distance) => distance > 0)
    .sort((a, b) => a - b);
  return distances[Math.floor(distances.length / 2)] ?? null;
}
