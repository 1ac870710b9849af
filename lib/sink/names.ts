import { pathSegment } from '../files.ts';
import { formatInstant, type Interval, stamp } from '../time.ts';

/** Where things stand, in a folder and in a bucket alike (contract: What a sync leaves behind). */

/** `20261118T000000Z_20261119T000000Z`. */
export function cellName({ start, end }: Interval): string {
  return `${stamp(start)}_${stamp(end)}`;
}

/** `2026-11-18`. */
export function dayName({ start }: Interval): string {
  return formatInstant(start).slice(0, 10);
}

/** `<account>/<partition>`, whatever characters they have. */
export function placeOf(account: string, partition: string): string {
  return `${pathSegment(account)}/${pathSegment(partition)}`;
}
