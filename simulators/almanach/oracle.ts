import type { Interval, Millis } from '../../lib/time.ts';
import { cloudOf } from './cloud.ts';
import { type AlmanachOptions, settingsOf } from './options.ts';
import type { InstanceRow, Row, VolumeRow } from './row.ts';

/** How several rows of one id at one time count: the later-started row alone, or all of them (sheet 4.7). */
export type Overlap = 'union' | 'sum';

export interface Question {
  readonly project: string;
  /** Half-open. */
  readonly interval: Interval;
  /** Nothing is counted after it. */
  readonly now: Millis;
  readonly overlap: Overlap;
}

/** What one row truly contributes. */
export interface TrueUse {
  readonly row: InstanceRow | VolumeRow;
  /** Half-open, in their order, without touching each other. */
  readonly spans: readonly Interval[];
  /** The length of the spans, never 0. */
  readonly ms: Millis;
}

/** The true rows at a moment of a world that nobody wrote to. */
export function rowsAt(options: AlmanachOptions, now: Millis): readonly Row[] {
  const cloud = cloudOf(settingsOf({ ...options, faults: [], now: () => now }));
  cloud.catchUp();
  return cloud.table.rows;
}

/**
 * The usage of a project, row by row, in the order of the rows. Neither the answers nor the faults have a part
 * in it: it is found by looking at every stretch between two dates of an id's rows.
 */
export function oracle(rows: readonly Row[], { project, interval, now, overlap }: Question): TrueUse[] {
  const counted = rows.filter((row) => isCounted(row) && row.project === project) as TrueUse['row'][];
  const horizon = { start: interval.start, end: Math.min(interval.end, now) };
  const uses = counted.map((row) => {
    const rivals =
      overlap === 'sum' ? [row] : counted.filter(({ id, type }) => id === row.id && type === row.type);
    return useOf(row, rivals, horizon);
  });
  return uses.filter(({ ms }) => ms > 0);
}

function isCounted(row: Row): boolean {
  return row.type !== 'network' && (row.end === null || row.end > row.start);
}

function useOf(row: TrueUse['row'], rivals: readonly Row[], horizon: Interval): TrueUse {
  const cut = (at: Millis) => Math.min(Math.max(at, horizon.start), Math.max(horizon.start, horizon.end));
  const edges = rivals.flatMap(({ start, end }) => [cut(start), cut(end ?? horizon.end)]);
  const moments = [...new Set(edges)].sort((a, b) => a - b);
  const spans: Interval[] = [];
  moments.slice(1).forEach((end, index) => {
    const start = moments[index] ?? end;
    if (winnerAt(rivals, start) !== row) return;
    const last = spans.at(-1);
    if (last?.end === start) spans[spans.length - 1] = { start: last.start, end };
    else spans.push({ start, end });
  });
  return { row, spans, ms: spans.reduce((sum, { start, end }) => sum + end - start, 0) };
}

/** Of the rows alive at a moment the one that started last; of those the one inserted last. */
function winnerAt(rivals: readonly Row[], at: Millis): Row | undefined {
  return rivals
    .filter(({ start, end }) => start <= at && (end === null || at < end))
    .reduce<Row | undefined>((best, row) => (best && best.start > row.start ? best : row), undefined);
}
