import { pathSegment } from '../files.ts';
import type { CellStreamName } from '../job.ts';
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

/** The streams whose cells are texts, each by the ending of their names. */
const endings: Readonly<Record<CellStreamName, string>> = { metrics: 'ndjson', spend: 'json' };

export const cellStreams: readonly CellStreamName[] = ['metrics', 'spend'];

/** Where a cell stands; `place` as in {@link placeOf}. */
export function fileOf(stream: CellStreamName, place: string, cell: string): string {
  return `${stream}/${place}/${cell}.${endings[stream]}`;
}

/** Where that of a cell stands which could not be used. Two streams may have cells of the same time. */
export function quarantineName(stream: CellStreamName, place: string, cell: string): string {
  return `quarantine/${place}/${cell}${stream === 'metrics' ? '' : `.${stream}`}.ndjson`;
}
