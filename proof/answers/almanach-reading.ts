import type { Interval, Millis } from '../../lib/time.ts';

/** A row as naively as it can be read; a bad one has only what its dates say. */
export interface NaiveLife {
  readonly good: boolean;
  readonly start: Millis | null;
  /** Endless when it is open, or cannot be read. */
  readonly end: Millis;
  /** Kind, project and id. */
  readonly who: string;
  readonly kind: string;
  readonly id: string;
  /** Flavor, volume type and size. */
  readonly facts: readonly unknown[];
  /** Tells rows of one id apart that share both dates: the one whose text sorts last comes first. */
  readonly text: string;
}

type Fields = Readonly<Record<string, unknown>>;

export function lifeOf(raw: unknown): NaiveLife {
  const row = (typeof raw === 'object' && raw !== null ? raw : {}) as Fields;
  const { entity_type: kind, entity_id: id, project_id: project, flavor, volume_type: type } = row;
  const [start, end] = [instantOf(row.start), instantOf(row.end)];
  const image = row.image_meta ?? row.os ?? {};
  const others = [row.metadata, row.last_event, row.processed];
  const rawSize = kind === 'volume' ? row.size : null;
  const size = kind === 'volume' ? sizeOf(row.size) : null;
  const good =
    [kind, id, project].every((one) => typeof one === 'string' && one !== '') &&
    start !== null &&
    (row.end === null || end !== null) &&
    ['name', 'last_event', 'processed', 'flavor', 'volume_type'].every((name) => isText(row[name])) &&
    ['image_meta', 'os', 'metadata'].every((name) => isFacts(row[name])) &&
    isAttachment(row.attached_to) &&
    !Number.isNaN(size);
  return {
    good,
    start,
    end: end ?? Number.POSITIVE_INFINITY,
    who: JSON.stringify([kind, project, id]),
    kind: String(kind),
    id: String(id),
    facts: [flavor ?? null, type ?? null, size],
    text: good
      ? JSON.stringify([row.end, row.name, flavor, type, rawSize, row.attached_to, image, ...others])
      : '',
  };
}

/**
 * What a cell of the lives comes to, millisecond edge by edge: the row that started last has the instant.
 * @param isFirst of what was asked for: rows without a date are missing from it
 * @returns the pieces that are to be delivered, and for how many rows the cell has to account
 */
export function piecesIn(
  lives: readonly NaiveLife[],
  cell: Interval,
  isFirst: boolean,
): { pieces: string[]; rows: number } {
  const pieces: string[] = [];
  let rows = 0;
  for (const life of lives.filter(({ good }) => !good)) {
    if (life.start === null ? isFirst : touches(cell, life.start, life.end)) rows += 1;
  }
  const alive = lives
    .filter(
      ({ good, start, end }) => good && start !== null && start < end && start < cell.end && end > cell.start,
    )
    .map((life) => ({ ...life, start: life.start ?? 0 }));
  for (const who of new Set(alive.map((life) => life.who))) {
    const rivals = alive.filter((life) => life.who === who).sort(byPrecedence);
    const edges = rivals.flatMap(({ start, end }) => [Math.max(start, cell.start), Math.min(end, cell.end)]);
    const moments = [...new Set(edges)].sort((a, b) => a - b);
    const won = rivals.map(() => [] as Interval[]);
    moments.slice(1).forEach((end, index) => {
      const start = moments[index] ?? end;
      const winner = rivals.findIndex((life) => life.start <= start && life.end >= end);
      const last = won[winner]?.at(-1);
      if (last?.end === start) won[winner]?.splice(-1, 1, { start: last.start, end });
      else won[winner]?.push({ start, end });
    });
    rivals.forEach(({ kind, id, facts }, index) => {
      const own = won[index] ?? [];
      rows += Math.max(1, own.length);
      if (kind !== 'instance' && kind !== 'volume') return;
      pieces.push(...own.map(({ start, end }) => JSON.stringify([kind, id, start, end, ...facts])));
    });
  }
  return { pieces, rows };
}

/** The later start, then the later end. */
function byPrecedence(a: NaiveLife, b: NaiveLife): number {
  const later = (b.start ?? 0) - (a.start ?? 0);
  if (later !== 0) return later;
  if (a.end !== b.end) return b.end > a.end ? 1 : -1;
  return a.text < b.text ? 1 : -1;
}

function touches(cell: Interval, start: Millis, end: Millis): boolean {
  const [from, to] = [Math.min(start, end), Math.max(start, end)];
  return from < cell.end && (from >= cell.start || to > cell.start);
}

function instantOf(text: unknown): Millis | null {
  const match =
    typeof text === 'string'
      ? /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?(?:Z|([+-]\d\d):?(\d\d))?$/.exec(text)
      : null;
  if (!match) return null;
  const [, day = '', clock = '', fraction = '', hours = '+00', minutes = '00'] = match;
  const whole = new Date(`${day}T${clock}.${fraction.padEnd(3, '0').slice(0, 3)}Z`);
  if (Number.isNaN(whole.getTime()) || !whole.toISOString().startsWith(`${day}T${clock}`)) return null;
  const offset = Number(`${hours[0]}1`) * (Math.abs(Number(hours)) * 60 + Number(minutes));
  return whole.getTime() - offset * 60_000;
}

/** NaN for what is no plain decimal. */
function sizeOf(size: unknown): number {
  const text = typeof size === 'number' || typeof size === 'string' ? String(size).trim() : '';
  return /^\d{1,15}(\.\d{1,15})?$/.test(text) ? Number(text) : Number.NaN;
}

function isText(value: unknown): boolean {
  return value === undefined || value === null || typeof value === 'string';
}

function isFacts(value: unknown): boolean {
  if (value === undefined || value === null) return true;
  try {
    return typeof value === 'object' && !Array.isArray(value) && JSON.stringify(value) !== '';
  } catch {
    return false; // too deep to be printed
  }
}

function isAttachment(value: unknown): boolean {
  return isText(value) || (Array.isArray(value) && value.every((one) => typeof one === 'string'));
}
