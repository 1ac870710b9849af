import { parseTimestamp } from '../../lib/time.ts';
import { type DateFormat, dateText } from './dates.ts';
import type { Meta, Row } from './row.ts';

/** How a release writes its rows: before 4.1.0 without `processed`, and only with `os` (sheet 1.6). */
export interface Form {
  readonly dateFormat: DateFormat;
  readonly oldRelease: boolean;
}

/** A row as an answer shows it, in the order of the newer stack. */
export function shown(row: Row, { dateFormat, oldRelease }: Form): Record<string, unknown> {
  const date = (at: number | null) => (at === null ? null : dateText(at, dateFormat));
  return {
    entity_id: row.id,
    project_id: row.project,
    start: date(row.start),
    end: date(row.end),
    last_event: date(row.lastEvent),
    name: row.name,
    entity_type: row.type,
    ...(oldRelease ? {} : { processed: date(row.processed) }),
    ...attributes(row, oldRelease),
  };
}

function attributes(row: Row, oldRelease: boolean): Record<string, unknown> {
  if (row.type === 'volume') {
    const attachedTo = row.attachedTo === '' || row.attachedTo === null ? [] : row.attachedTo;
    return { volume_type: row.volumeType, size: row.size, attached_to: attachedTo };
  }
  if (row.type !== 'instance') return {};
  const { flavor, meta } = row;
  const metadata = withDots(row.metadata);
  return { flavor, metadata, ...(oldRelease ? {} : { image_meta: meta }), os: meta };
}

/** Stored keys hold ^ where the collector saw a dot (sheet 1.6). */
function withDots(metadata: Meta): Meta {
  return Object.fromEntries(
    Object.entries(metadata).map(([key, value]) => [key.replaceAll('^', '.'), value]),
  );
}

/** A row from what an answer showed: a world can begin with recorded ones. @throws Error for a date it cannot read */
export function rowFrom(fields: Readonly<Record<string, unknown>>): Row {
  const common = {
    id: String(fields.entity_id),
    project: String(fields.project_id),
    start: moment(fields.start) ?? 0,
    end: moment(fields.end),
    lastEvent: moment(fields.last_event),
    processed: moment(fields.processed),
    name: fields.name,
  };
  if (fields.entity_type === 'volume') {
    const { size, attached_to: attachedTo } = fields;
    const volumeType = typeof fields.volume_type === 'string' ? fields.volume_type : null;
    return { ...common, type: 'volume', volumeType, size, attachedTo };
  }
  if (fields.entity_type === 'network') return { ...common, type: 'network' };
  const meta = (fields.image_meta ?? fields.os ?? {}) as Meta;
  return {
    ...common,
    type: 'instance',
    flavor: fields.flavor,
    meta,
    metadata: (fields.metadata ?? {}) as Meta,
  };
}

function moment(text: unknown): number | null {
  if (text === null || text === undefined) return null;
  const read = parseTimestamp(String(text));
  if (read === null) throw new Error(`Not a date of a row: ${String(text)}`);
  return read.seconds * 1000 + Math.floor(read.micros / 1000);
}
