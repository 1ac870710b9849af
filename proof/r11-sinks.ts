import { appendFile, stat } from 'node:fs/promises';
import { type Metric, metricLine } from '../lib/models/metric.ts';
import { cellName } from '../lib/sink/names.ts';
import type { Sink } from '../lib/sink/sink.ts';
import { cellFile } from './delivered.ts';

type Batch = Parameters<Sink['deliver']>[0];

/** What a sink did with the cells that it was given. */
export interface Writes {
  delivered: number;
  written: number;
  readonly broken: string[];
}

/** Looks at each cell's file before and after: one that holds the same as before must be the same file. */
export function countingSink(inner: Sink, folder: string, writes: Writes): Sink {
  return {
    ...inner,
    async deliver(batch) {
      const path = pathOf(folder, batch);
      const before = await markOf(path);
      const receipt = await inner.deliver(batch);
      const isWritten = (await markOf(path)) !== before;
      writes.delivered += 1;
      if (isWritten) writes.written += 1;
      const isChanged = receipt.previous !== receipt.digest;
      if (isWritten !== isChanged) {
        writes.broken.push(`${cellName(batch.cell)} was ${isWritten ? 'written unchanged' : 'not written'}`);
      }
      return receipt;
    },
  };
}

/** What it is given comes behind what it was given of the same cell before. */
export function addingMemory(inner: Sink): Sink {
  const held = new Map<string, readonly Metric[]>();
  return {
    ...inner,
    deliver(batch) {
      const metrics = [...(held.get(cellName(batch.cell)) ?? []), ...batch.metrics];
      held.set(cellName(batch.cell), metrics);
      return inner.deliver({ ...batch, metrics });
    },
  };
}

/** Puts what it is given behind what is there. */
export function addingSink(inner: Sink, folder: string): Sink {
  return {
    ...inner,
    async deliver(batch) {
      const path = pathOf(folder, batch);
      if ((await markOf(path)) === null) return inner.deliver(batch);
      const lines = [...batch.metrics].map((metric) => `${metricLine(metric)}\n`);
      await appendFile(path, lines.join(''));
      return { digest: String(lines.length), previous: null };
    },
  };
}

function pathOf(folder: string, { partition, cell }: Batch): string {
  return cellFile(folder, partition, cellName(cell));
}

/** A file that is replaced by rename is another file; one that is written in place has another time. */
async function markOf(path: string): Promise<string | null> {
  return stat(path, { bigint: true }).then(
    ({ ino, mtimeNs }) => `${ino} ${mtimeNs}`,
    () => null,
  );
}
