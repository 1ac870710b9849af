import type { AlmanachClient } from '../functions/almanach/client.ts';
import type { AlmanachConfig } from '../functions/almanach/types.ts';
import { loadMapping } from '../lib/mapping/load.ts';
import type { Provider } from '../lib/provider.ts';
import { HOUR, type Interval } from '../lib/time.ts';
import type { AlmanachSimulator } from '../simulators/almanach/index.ts';
import type { Overlap } from '../simulators/almanach/oracle.ts';
import { add, type Delivered, type Sums } from './delivered.ts';

/** Almanach's provider, ours or one that does a part of the work in a bad way. */
export type AlmanachProvider = Provider<AlmanachConfig, AlmanachClient>;

/** Seconds of life as they came: what is compared is the reading, not the mapping. */
export const livedTime = loadMapping('instance: {name: lived}\nvolume: {name: lived}\n', 'lived.yaml');

/** What a project truly used, in milliseconds: by id, what it was, and hour. */
export function truthOf(
  cloud: Pick<AlmanachSimulator, 'oracle'>,
  project: string,
  range: Interval,
  overlap: Overlap,
): Sums {
  const sums = new Map<string, bigint>();
  for (let start = range.start; start < range.end; start += HOUR) {
    for (const { row, ms } of cloud.oracle({ project, interval: { start, end: start + HOUR }, overlap })) {
      const facts = row.type === 'instance' ? [row.flavor] : [row.volumeType, Number(row.size)];
      add(sums, placeOf([row.type, row.id, ...facts], start), BigInt(ms));
    }
  }
  return sums;
}

/** The same of what was delivered. */
export function sumsOf(lines: Iterable<Delivered>): Sums {
  const sums = new Map<string, bigint>();
  for (const { kind, provider_id, attributes, time, value } of lines) {
    const { flavor, volume_type, size } = attributes;
    const facts = kind === 'instance' ? [flavor] : [volume_type, size];
    add(
      sums,
      placeOf([kind, provider_id, ...facts], Number(new Date(time))),
      BigInt(Math.round(value * 1000)),
    );
  }
  return sums;
}

function placeOf(facts: readonly unknown[], at: number): string {
  const hour = new Date(Math.floor(at / HOUR) * HOUR).toISOString();
  return [...facts.map((fact) => fact ?? 'none'), hour].join(' ');
}
