import { formatInstant, MINUTE, type Millis } from '../../lib/time.ts';
import type { Machine } from './machine.ts';
import { cuid, type Named } from './world.ts';

/** A row of a listing: at least its id. */
export type Row = Readonly<Record<string, unknown>> & { readonly id: string };

/** Milliseconds always, as the tower writes them. */
export function isoText(at: Millis): string {
  return formatInstant(at).replace(/(:\d\d)Z$/, '$1.000Z');
}

export function stub({ id, name }: Named): Named {
  return { id, name };
}

export function nicId(tower: Moment, machine: Machine): string {
  return churning(tower, 'nic', machine.id);
}

/** Rows that are deleted and made anew at every synchronisation: their ids hold for five minutes (sheet 2.6). */
export function churning(tower: Moment, sort: string, of: string): string {
  return cuid(sort, Math.floor(tower.now() / (5 * MINUTE)), of);
}

/** When rows are looked at. */
interface Moment {
  now(): Millis;
}
