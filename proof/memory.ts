import { type Metric, metricLine } from '../lib/models/metric.ts';
import { cellName } from '../lib/sink/names.ts';
import type { Sink } from '../lib/sink/sink.ts';
import { NOTHING_STORED, type PartitionState, type State } from '../lib/state/state.ts';

/** A place in memory where cells replace each other: the lines of each by its name. */
export function memorySink(): Sink & { readonly cells: ReadonlyMap<string, readonly Metric[]> } {
  const cells = new Map<string, readonly Metric[]>();
  const printed = (metrics: readonly Metric[] | undefined) => metrics?.map(metricLine).join('\n');
  return {
    cells,
    replaces: true,
    async deliver({ cell, metrics, quarantined }) {
      const previous = printed(cells.get(cellName(cell))) ?? null;
      const whole = [...metrics];
      JSON.stringify(quarantined()); // a sink that keeps them prints them
      cells.set(cellName(cell), whole);
      return { digest: printed(whole) ?? '', previous };
    },
    deliverSpend: async () => {
      throw new Error('this cloud has no spend');
    },
    deliverSnapshot: async () => ({ gone: [] }),
    async deliverJournal() {},
    async setAside() {},
    async close() {},
  };
}

/** A state of one process: nothing is held against another. */
export function memoryState(): State {
  const kept = new Map<string, PartitionState>();
  let fence = 0;
  return {
    capabilities: { compareAndSet: true, durable: true },
    async acquire({ partition }) {
      const commit = async (next: PartitionState) => void kept.set(partition, next);
      fence += 1;
      return { fence, state: kept.get(partition) ?? NOTHING_STORED, commit, release: async () => {} };
    },
    peek: async ({ partition }) => kept.get(partition) ?? NOTHING_STORED,
    partitions: async () => [...kept.keys()],
  };
}
