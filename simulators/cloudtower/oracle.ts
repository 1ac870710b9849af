import type { Interval } from '../../lib/time.ts';
import { historyOf } from './history.ts';
import { type CloudTowerOptions, settingsOf } from './options.ts';
import { worldOf } from './world.ts';

/** A stretch of true usage, cut at the interval's edges. */
export interface TrueUse {
  readonly kind: 'vm' | 'volume';
  /** The UUID, as resources and metrics are known by. */
  readonly id: string;
  /** What the tower's audit names it by. */
  readonly towerId: string;
  /** Tower ids of a volume's machines. */
  readonly machines: readonly string[];
  readonly cluster: string;
  readonly period: Interval;
  readonly running: boolean;
  readonly vcpu: number;
  readonly memory: number;
  readonly size: number;
}

/**
 * What was used in an interval. Made from the history: neither the answers nor the faults have a part in it, nor
 * whether anybody could have seen it.
 */
export function oracle(
  source: CloudTowerOptions | { readonly options: CloudTowerOptions },
  interval: Interval,
): TrueUse[] {
  const world = worldOf(settingsOf('options' in source ? source.options : source));
  const history = historyOf(world);
  const ofMachines = history.machinesIn(interval).flatMap(({ id, local_id, cluster, states }) =>
    states.map(({ start, end, status, vcpu, memory }) => ({
      kind: 'vm' as const,
      id: local_id,
      towerId: id,
      machines: [],
      cluster: cluster.name,
      period: cut({ start, end }, interval),
      running: status === 'RUNNING',
      vcpu,
      memory,
      size: 0,
    })),
  );
  const ofVolumes = history.volumesIn(interval).flatMap(({ id, local_id, cluster, machines, states }) =>
    states.map(({ start, end, size }) => ({
      kind: 'volume' as const,
      id: local_id,
      towerId: id,
      machines,
      cluster: cluster.name,
      period: cut({ start, end }, interval),
      running: false,
      vcpu: 0,
      memory: 0,
      size,
    })),
  );
  return [...ofMachines, ...ofVolumes].filter(({ period }) => period.start < period.end);
}

function cut({ start, end }: Interval, to: Interval): Interval {
  return { start: Math.max(start, to.start), end: Math.min(end, to.end) };
}
