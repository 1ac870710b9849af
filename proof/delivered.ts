import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Metric } from '../lib/models/metric.ts';
import { fileOf, placeOf } from '../lib/sink/names.ts';
import type { Millis } from '../lib/time.ts';

/** What was used by whom and when, in whole numbers. */
export type Sums = ReadonlyMap<string, bigint>;

/** A line of a delivered file, or a metric before it is one. */
export interface Delivered
  extends Pick<Metric, 'attributes' | 'key' | 'kind' | 'metric' | 'provider_id' | 'value'> {
  readonly tenant: { readonly id: string } | null;
  readonly time: string | Millis;
  readonly end: string | Millis;
}

/** Where a file sink leaves a cell. */
export function cellFile(folder: string, partition: string, cell: string, account = 'acme'): string {
  return join(folder, fileOf('metrics', placeOf(account, partition), cell));
}

/** The lines of all files that a file sink left of a partition. */
export async function linesIn(folder: string, partition: string, account = 'acme'): Promise<Delivered[]> {
  const place = dirname(cellFile(folder, partition, 'any', account));
  const names = await readdir(place).catch(() => []);
  const texts = await Promise.all(names.map((name) => readFile(join(place, name), 'utf8')));
  return texts.flatMap(linesOf);
}

/** The lines of one such file. */
export function linesOf(text: string): Delivered[] {
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}

/** The first difference, readable; null when there is none. */
export function differenceOf(found: Sums, expected: Sums): string | null {
  for (const at of new Set([...found.keys(), ...expected.keys()])) {
    if (found.get(at) !== expected.get(at)) return `${at}: ${found.get(at)}, not ${expected.get(at)}`;
  }
  return null;
}

export function add(sums: Map<string, bigint>, at: string, amount: bigint): void {
  sums.set(at, (sums.get(at) ?? 0n) + amount);
}
