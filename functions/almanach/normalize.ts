import { MalformedResponse } from '../../lib/errors.ts';
import type { UsageRecord, Variables } from '../../lib/models/usage.ts';
import { formatInstant, type Interval, type Millis } from '../../lib/time.ts';
import { instantOf } from './dates.ts';
import { type AlmanachRow, almanachRow, almanachUnshown } from './types.ts';

/** A row's whole life: what `settle` cuts to cells. An open one ends never; some end before they start. */
export interface Life extends UsageRecord {
  /** Overlapping lives of one id add up, as the account wants it. */
  readonly addsUp?: boolean;
  /** It is no life but something to report: what happened. */
  readonly notice?: string;
}

/**
 * A row as a life. `value` is its length in seconds, which is not known of an open one until it is cut.
 * @throws MalformedResponse naming the record and the field
 */
export function normalizeUsage(raw: unknown): Life[] {
  const unshown = almanachUnshown.safeParse(raw);
  if (unshown.success) return [noticeOf(unshown.data, raw)];
  const row = parseRow(raw);
  const period = periodOf(row);
  const { entity_type, entity_id, project_id, name } = row;
  const identity = [entity_type, project_id, entity_id, formatInstant(period.start)];
  return [
    {
      kind: entity_type,
      resource: name ? { id: entity_id, name } : { id: entity_id },
      period,
      variables: variablesOf(row, period),
      tenant: { id: project_id },
      location: null,
      attributes: attributesOf(row),
      identity,
      fingerprint: () => JSON.stringify([...identity, ...detailsOf(row)]),
      raw,
      ...(row.duplicates === 'sum' ? { addsUp: true } : {}),
    },
  ];
}

/** When a row begins, as far as it can still be read. */
export function startOfUsage(raw: unknown): Millis | null {
  return dateIn(raw, 'start');
}

/** When a row ends, as far as it can still be read; null when it is open, too. */
export function endOfUsage(raw: unknown): Millis | null {
  return dateIn(raw, 'end');
}

/** Who the row says it is attached to: a list, or one id as text; an empty text is none (sheet 1.6). */
export function attachmentsOf({ attached_to }: Pick<AlmanachRow, 'attached_to'>): readonly string[] {
  if (Array.isArray(attached_to)) return attached_to;
  return attached_to ? [attached_to] : [];
}

/** The size in GiB, from a number or a plain decimal text; null when it is neither, and never 0 for that. */
export function gibibytesOf({ size }: Pick<AlmanachRow, 'size'>): number | null {
  const text = typeof size === 'number' ? String(size) : size;
  if (typeof text !== 'string' || !/^\s*\d{1,15}(?:\.\d{1,15})?\s*$/.test(text)) return null;
  return Number(text);
}

/** What the operator's server keeps of the image; old servers call it otherwise. */
export function imageOf({ image_meta, os }: Pick<AlmanachRow, 'image_meta' | 'os'>) {
  return image_meta ?? os ?? {};
}

/** A row as it is on the wire. @throws MalformedResponse naming the record and the field */
export function parseRow(raw: unknown): AlmanachRow {
  const parsed = almanachRow.safeParse(raw);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw malformed(raw, String(issue?.path.join('.') ?? ''), issue?.message ?? 'unreadable');
}

/** @throws MalformedResponse for a date that is none */
export function periodOf(row: AlmanachRow): Interval {
  const start = instantOf(row.start);
  const end = row.end === null ? Number.POSITIVE_INFINITY : instantOf(row.end);
  if (start === null) throw malformed(row, 'start', 'not a date');
  if (end === null) throw malformed(row, 'end', 'not a date');
  return { start, end };
}

function variablesOf(row: AlmanachRow, { start, end }: Interval): Variables {
  const flat = Object.entries(row).filter(([, value]) => value === null || typeof value !== 'object');
  const value = end === Number.POSITIVE_INFINITY ? null : Math.max(0, end - start) / 1000;
  const fields = { ...(Object.fromEntries(flat) as Variables), value };
  return row.entity_type === 'volume' ? { ...fields, size: sizeOf(row) } : fields;
}

function sizeOf(row: AlmanachRow): number {
  const size = gibibytesOf(row);
  if (size === null) throw malformed(row, 'size', 'not a number');
  return size;
}

/** What is printed with every metric; what has no value is left out. */
function attributesOf(row: AlmanachRow): UsageRecord['attributes'] {
  const attachments = attachmentsOf(row);
  return {
    flavor: row.flavor ?? undefined,
    volume_type: row.volume_type ?? undefined,
    size: row.entity_type === 'volume' ? sizeOf(row) : undefined,
    attached_to: attachments.length > 0 ? attachments.join(',') : undefined,
    ...flattened(row, 'image_meta', imageOf(row)),
    ...flattened(row, 'metadata', row.metadata ?? {}),
  };
}

/** @throws MalformedResponse for a fact that is nested too deeply to be printed */
function flattened(row: AlmanachRow, prefix: string, facts: Readonly<Record<string, unknown>>) {
  const print = (value: unknown) => {
    try {
      return JSON.stringify(value);
    } catch {
      throw malformed(row, prefix, 'nested too deeply');
    }
  };
  const entries = Object.entries(facts)
    .filter(([, value]) => value !== null && value !== undefined)
    .map(([key, value]) => [`${prefix}.${key}`, typeof value === 'string' ? value : print(value)]);
  return Object.fromEntries(entries) as Record<string, string>;
}

/** All that two rows of one id and start can differ in. */
function detailsOf(row: AlmanachRow): unknown[] {
  const { end, name, flavor, volume_type, attached_to, metadata, last_event, processed } = row;
  const size = row.entity_type === 'volume' ? row.size : null; // of others it may be anything
  return [end, name, flavor, volume_type, size, attached_to, imageOf(row), metadata, last_event, processed];
}

/** Rows that the server has and cannot show: there is no more to it than that they exist. */
function noticeOf(
  { unshown_type, project_id, start, end }: ReturnType<typeof almanachUnshown.parse>,
  raw: unknown,
) {
  const identity = [unshown_type, project_id, unshown_type, formatInstant(start)];
  return {
    kind: unshown_type,
    resource: { id: unshown_type },
    period: { start, end },
    variables: { value: null },
    tenant: { id: project_id },
    location: null,
    attributes: {},
    identity,
    fingerprint: () => JSON.stringify(identity),
    raw,
    notice: 'Almanach holds rows of a type that it cannot show; only instances and volumes were read',
  };
}

function dateIn(raw: unknown, field: 'start' | 'end'): Millis | null {
  const value = typeof raw === 'object' && raw !== null ? (raw as Record<string, unknown>)[field] : null;
  return typeof value === 'string' ? instantOf(value) : null;
}

function malformed(row: unknown, field: string, what: string): MalformedResponse {
  return new MalformedResponse(`${nameOf(row)}: ${field}: ${what}`);
}

/** Names a row, which has no id of its own. */
function nameOf(row: unknown): string {
  const fields = typeof row === 'object' && row !== null ? (row as Record<string, unknown>) : {};
  const shown = (value: unknown, none: string) => (typeof value === 'string' ? value.slice(0, 80) : none);
  const from = typeof fields.start === 'string' ? ` from ${fields.start.slice(0, 40)}` : '';
  return `${shown(fields.entity_type, 'row')} ${shown(fields.entity_id, 'without an id')}${from}`;
}
