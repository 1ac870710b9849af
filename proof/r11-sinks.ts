import { appendFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { metricLine } from '../lib/models/metric.ts';
import { cellName } from '../lib/sink/names.ts';
import type { Sink } from '../lib/sink/sink.ts';

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
      const path = pathOf(folder, cellName(batch.cell));
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

/** Puts what it is given behind what is there. */
export function addingSink(inner: Sink, folder: string): Sink {
  return {
    ...inner,
    async deliver(batch) {
      const path = pathOf(folder, cellName(batch.cell));
      if ((await markOf(path)) === null) return inner.deliver(batch);
      const lines = [...batch.metrics].map((metric) => `${metricLine(metric)}\n`);
      await appendFile(path, lines.join(''));
      return { digest: String(lines.length), previous: null };
    },
  };
}

function pathOf(folder: string, cell: string): string {
  return join(folder, 'metrics/acme/all', `${cell}.ndjson`);
}

/** A file that is replaced by rename is another file; one that is written in place has another time. */
async function markOf(path: string): Promise<string | null> {
  return stat(path, { bigint: true }).then(
    ({ ino, mtimeNs }) => `${ino} ${mtimeNs}`,
    () => null,
  );
}
