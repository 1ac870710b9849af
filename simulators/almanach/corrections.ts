import type { Millis } from '../../lib/time.ts';
import { errorRefusal } from './answer.ts';
import { badPayload, dateOf } from './asked.ts';
import { strictDate } from './dates.ts';
import type { Meta, Row } from './row.ts';
import { type Form, shown } from './shown.ts';
import type { Table } from './table.ts';

type Fields = Readonly<Record<string, unknown>>;

/**
 * Corrects the open row of an id, a volume's too; `last_event` and `processed` stay (sheet 1.9).
 * @returns the row as the answer shows it, with an `os`, or a volume's flavor, that is not stored
 * @throws Refusal 400 with the fields at fault, 404
 */
export function correctOpen(table: Table, id: string, fields: Fields, form: Form): Record<string, unknown> {
  refuseInvalid(fields);
  const row = table.open(id);
  if (row === undefined) throw errorRefusal(404, `Entity ${id} not found`);
  const corrected: Row = {
    ...row,
    ...('name' in fields ? { name: fields.name } : {}),
    ...('start_date' in fields ? { start: strictDate(fields.start_date) ?? row.start } : {}),
    ...('end_date' in fields ? { end: strictDate(fields.end_date) } : {}),
    ...(row.type === 'instance' && 'flavor' in fields ? { flavor: fields.flavor } : {}),
    ...(row.type === 'instance' && 'metadata' in fields ? { metadata: fields.metadata as Meta } : {}),
  };
  table.replace(row, corrected);
  const echoed = ['flavor', 'os'].filter((name) => name in fields);
  return { ...shown(corrected, form), ...Object.fromEntries(echoed.map((name) => [name, fields[name]])) };
}

/**
 * Corrects the one closed row that lies wholly inside the span, without looking at the fields.
 * @throws Refusal 400, 404
 */
export function correctClosed(
  table: Table,
  id: string,
  { start, end }: { readonly start: Millis; readonly end: Millis },
  fields: Fields,
  now: Millis,
): Row {
  if ('start' in fields || 'end' in fields) throw badPayload();
  const inside = table.rows.filter(
    (row) => row.id === id && row.end !== null && row.start >= start && row.end <= end,
  );
  const [row] = inside;
  if (row === undefined) throw errorRefusal(404, `InstanceId: ${id} Not Found with start`);
  if (inside.length > 1) throw errorRefusal(400, 'Multiple entities found while updating a closed entity');
  const corrected: Row = {
    ...row,
    ...('name' in fields ? { name: fields.name } : {}),
    ...('start_date' in fields ? { start: dateOf(fields.start_date, now) } : {}),
    ...('end_date' in fields ? { end: dateOf(fields.end_date, now) } : {}),
    ...(row.type === 'instance' && 'flavor' in fields ? { flavor: fields.flavor } : {}),
    ...(row.type === 'instance' && 'os' in fields ? { meta: fields.os as Meta } : {}),
  };
  table.replace(row, corrected);
  return corrected;
}

const NO_DATE = 'value does not match expected format %Y-%m-%dT%H:%M:%S.%fZ';

const checks: Readonly<Record<string, (value: unknown) => string | null>> = {
  name: (value) => (typeof value === 'string' ? null : 'expected str'),
  flavor: (value) => (typeof value === 'string' ? null : 'expected str'),
  os: (value) => osFault(value),
  metadata: (value) => (isObject(value) ? null : 'expected a dictionary'),
  start_date: (value) => (strictDate(value) === null ? NO_DATE : null),
  end_date: (value) => (strictDate(value) === null ? NO_DATE : null),
};

function refuseInvalid(fields: Fields): void {
  const wrong = Object.entries(fields).flatMap(([name, value]) => {
    const fault = Object.hasOwn(checks, name) ? checks[name]?.(value) : 'extra keys not allowed';
    return fault ? [[name, fault] as const] : [];
  });
  if (wrong.length > 0) throw errorRefusal(400, Object.fromEntries(wrong));
}

function osFault(value: unknown): string | null {
  if (!isObject(value)) return 'expected a dictionary';
  const keys = ['distro', 'version', 'os_type'];
  if (keys.some((key) => !Object.hasOwn(value, key))) return 'required key not provided';
  if (Object.keys(value).some((key) => !keys.includes(key))) return 'extra keys not allowed';
  return keys.every((key) => typeof value[key] === 'string') ? null : 'expected str';
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
