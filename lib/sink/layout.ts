import type { CellStreamName } from '../job.ts';
import { metricLines } from '../models/metric.ts';
import { printSpend } from '../models/spend.ts';
import { compileManifest } from './manifest.ts';
import { cellName, fileOf, placeOf, quarantineName } from './names.ts';
import { cellsPart, contended, openParts, type Part, type Parts } from './parts.ts';
import { serialise } from './serialise.ts';
import type { Cell, Quarantined, Receipt, Sink } from './sink.ts';
import { deliverJournal, deliverSnapshot } from './snapshots.ts';
import { Changed, type Content, contentOf, linesOf, type Store } from './store.ts';

/** Tries of one write that others keep coming before. */
const TRIES = 5;

/**
 * Cells as texts of a store, one each (contract: What a sync leaves behind). A cell is replaced whole; one whose
 * digest did not change is not written. Promise: all cells of an account, concatenated, count everything once.
 */
export function layoutSink(store: Store): Sink {
  const parts = openParts(store);
  let ran = false;
  return {
    replaces: true,
    deliver: (batch) => {
      const print = metricLines();
      const lines = () => serialise(batch.metrics, (metric) => `${print(metric)}\n`);
      return deliver(store, parts, batch, { stream: 'metrics', cell: cellName(batch.cell), content: lines });
    },
    deliverSpend: (batch) => {
      const text = () => serialise([batch.spend], printSpend);
      return deliver(store, parts, batch, { stream: 'spend', cell: batch.spend.spend_date, content: text });
    },
    deliverSnapshot: (batch) => deliverSnapshot(store, parts, batch),
    deliverJournal: (batch) => deliverJournal(store, parts, batch),
    setAside: (account, partition, fence) => setAside(store, parts, placeOf(account, partition), fence),
    async recordRun(id, run) {
      ran = true;
      await store.write(`runs/${id}.json`, contentOf(`${JSON.stringify(run, null, 1)}\n`));
    },
    async close() {
      try {
        // One invocation among thousands would ask a remote store for the part of every other: a whole run compiles.
        if (store.local || ran) await compileManifest(store);
      } finally {
        store.close();
      }
    },
  };
}

/** What a cell is stored as. */
interface Stored {
  readonly stream: CellStreamName;
  readonly cell: string;
  readonly content: () => Content;
}

async function deliver(
  store: Store,
  parts: Parts,
  batch: Cell,
  { stream, cell, content: print }: Stored,
): Promise<Receipt> {
  const place = placeOf(batch.account, batch.partition);
  const content = print();
  const part = await parts.claim(cellsPart(stream, place), batch.fence);
  await writeQuarantine(
    store,
    part,
    quarantineName(stream, place, cellName(batch.cell)),
    batch.quarantined(),
  );
  const previous = await replaceCell(store, part, fileOf(stream, place, cell), cell, content);
  if (part.cells[cell] !== content.digest) await part.add({ [cell]: content.digest });
  return { digest: content.digest, previous };
}

/** @returns the digest of what was there; null when nothing was, or nothing that can be trusted */
async function replaceCell(
  store: Store,
  part: Part,
  name: string,
  cell: string,
  content: Content,
): Promise<string | null> {
  for (let tries = 1; ; tries += 1) {
    const found = await store.find(name);
    if (found?.fence !== undefined) part.admit(found.fence);
    const previous = found === null ? null : (found.digest ?? part.cells[cell] ?? null);
    if (previous === content.digest) return previous;
    try {
      await store.write(name, content, { over: found, fence: part.fence, check: part.check });
      return previous;
    } catch (error) {
      if (!(error instanceof Changed)) throw error;
      if (tries >= TRIES) throw contended(name, error);
    }
  }
}

async function writeQuarantine(
  store: Store,
  { check }: Part,
  name: string,
  quarantined: readonly Quarantined[],
): Promise<void> {
  if (quarantined.length > 0) await store.write(name, linesOf(quarantined), { check });
  else await store.remove(name);
}

/** `superseded/` keeps what the former grid gave: the provider may have purged it since. */
async function setAside(store: Store, parts: Parts, place: string, fence: number): Promise<void> {
  const part = await parts.claim(cellsPart('metrics', place), fence);
  const generation = (await store.list(`superseded/${place}`)).length + 1;
  const target = `superseded/${place}/${String(generation).padStart(3, '0')}`;
  await store.move(`metrics/${place}`, target);
  await part.clear();
}
