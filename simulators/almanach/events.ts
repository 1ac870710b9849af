import { MINUTE, type Millis } from '../../lib/time.ts';
import { errorRefusal } from './answer.ts';
import type { InstanceRow, Meta, Row, VolumeRow } from './row.ts';
import type { Table } from './table.ts';

/** `volume_existence_threshold`: below this age a volume's row is changed in place, or vanishes (sheet 1.8). */
const THRESHOLD = MINUTE;

/** Inserts an open row; a row of the id that is open and newer swallows it, any other is not looked at. */
export function create(table: Table, row: Row): void {
  const open = table.open(row.id);
  if (open && open.lastEvent !== null && row.lastEvent !== null && open.lastEvent > row.lastEvent) return;
  table.insert(row);
}

/** @throws Refusal 404 unless exactly one row of the id is open */
export function requireOneOpen(table: Table, id: string): void {
  const open = table.rows.filter((row) => row.id === id && row.end === null);
  if (open.length !== 1) throw errorRefusal(404, `InstanceId: ${id} Not Found`);
}

/** @throws Refusal 404 when no row of the id is open */
export function close(table: Table, id: string, date: Millis, processed: Millis): void {
  const row = openRow(table, id);
  table.replace(row, { ...row, end: date, lastEvent: date, processed });
}

/** The same flavor changes nothing. @throws Refusal 404; 500 for the id of a volume */
export function resizeInstance(table: Table, id: string, flavor: unknown, date: Millis, at: Millis): void {
  const row = openInstance(table, id);
  if (row.flavor !== flavor) split(table, row, { ...row, flavor }, date, at);
}

/** The same image changes nothing; without allowed keys every image is the same. @throws Refusal as resizing */
export function rebuildInstance(table: Table, id: string, meta: Meta, date: Millis, at: Millis): void {
  const row = openInstance(table, id);
  if (!isSameMeta(row.meta, meta)) split(table, row, { ...row, meta }, date, at);
}

/** Splits the row even when the size is the same. @throws Refusal 404 */
export function resizeVolume(table: Table, id: string, size: unknown, date: Millis, at: Millis): void {
  const row = openRow(table, id);
  split(table, row, row.type === 'volume' ? { ...row, size } : row, date, at);
}

/** In place when something is attached already, or the row is young. @throws Refusal 404 */
export function attach(table: Table, id: string, attachments: unknown, date: Millis, at: Millis): void {
  const row = openVolume(table, id);
  reattach(table, row, attachments, date, at, isAttached(row.attachedTo) || isYoung(row, date));
}

/** @param remaining what stays attached: in place unless it is empty. @throws Refusal 404 */
export function detach(table: Table, id: string, remaining: unknown, date: Millis, at: Millis): void {
  const row = openVolume(table, id);
  reattach(table, row, remaining, date, at, isAttached(remaining) || isYoung(row, date));
}

/** Removes the open row altogether when it is young and not the only one of its id. @throws Refusal 404 */
export function deleteVolume(table: Table, id: string, date: Millis, at: Millis): void {
  const row = openRow(table, id);
  const several = table.rows.filter((other) => other.id === id).length > 1;
  if (several && isYoung(row, date)) table.remove(row);
  else close(table, id, date, at);
}

function openRow(table: Table, id: string): Row {
  const row = table.open(id);
  if (row === undefined) throw errorRefusal(404, `Entity ${id} not found`);
  return row;
}

function openInstance(table: Table, id: string): InstanceRow {
  const row = openRow(table, id);
  if (row.type !== 'instance') throw errorRefusal(500, {});
  return row;
}

function openVolume(table: Table, id: string): VolumeRow {
  const row = openRow(table, id);
  if (row.type !== 'volume') throw errorRefusal(500, {});
  return row;
}

/** Closes the row and opens another where it ends, before its own start if the date has it so. */
function split(table: Table, row: Row, changed: Row, date: Millis, processed: Millis): void {
  table.replace(row, { ...row, end: date, lastEvent: date, processed });
  table.insert({ ...changed, start: date, end: null, lastEvent: date, processed });
}

function reattach(
  table: Table,
  row: VolumeRow,
  attachedTo: unknown,
  date: Millis,
  processed: Millis,
  inPlace: boolean,
): void {
  if (inPlace) table.replace(row, { ...row, attachedTo, lastEvent: date, processed });
  else split(table, row, { ...row, attachedTo }, date, processed);
}

function isAttached(attachedTo: unknown): boolean {
  return (Array.isArray(attachedTo) || typeof attachedTo === 'string') && attachedTo.length > 0;
}

function isYoung(row: Row, date: Millis): boolean {
  return date - row.start < THRESHOLD;
}

function isSameMeta(a: Meta, b: Meta): boolean {
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...keys].every((key) => a[key] === b[key]);
}
