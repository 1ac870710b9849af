import { createHash, type Hash } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isMissing, pathSegment, removeTemporary, writeWhole } from '../files.ts';
import { type Metric, metricLine } from '../models/metric.ts';
import { type Interval, stamp } from '../time.ts';
import { delivering } from './delivering.ts';
import { deliverJournal, deliverSnapshot } from './file-snapshot.ts';
import { compileManifest, type PartitionManifest, readPartManifest, writePartManifest } from './manifest.ts';
import type { Batch, Quarantined, Receipt, Sink } from './sink.ts';

/** Text is gathered into chunks of about this many characters before it is hashed and written. */
const CHUNK = 256 * 1024;

/**
 * Cells as files under one folder (contract: What a sync leaves behind). A cell is one file, replaced whole and
 * atomically; one whose digest did not change is not written. Promise: all files of an account, concatenated,
 * count everything once.
 */
export function fileSink(folder: string): Sink {
  const parts = new Map<string, Promise<PartitionManifest>>();
  const manifestOf = (place: string) => {
    const known = parts.get(place) ?? openPartition(folder, place);
    parts.set(place, known);
    return known;
  };
  return {
    replaces: true,
    deliverSnapshot: (batch) => delivering(() => deliverSnapshot(folder, batch)),
    deliverJournal: (batch) => delivering(() => deliverJournal(folder, batch)),
    deliver: (batch) =>
      delivering(async () => deliver(folder, placeOf(batch.account, batch.partition), batch, manifestOf)),
    setAside: (account, partition) =>
      delivering(async () => {
        const place = placeOf(account, partition);
        await setAside(folder, place);
        parts.delete(place);
      }),
    recordRun: (id, run) =>
      delivering(() => writeWhole(join(folder, 'runs', `${id}.json`), [`${JSON.stringify(run, null, 1)}\n`])),
    close: () => delivering(() => compileManifest(folder)),
  };
}

/** `20261118T000000Z_20261119T000000Z`. */
export function cellName({ start, end }: Interval): string {
  return `${stamp(start)}_${stamp(end)}`;
}

async function deliver(
  folder: string,
  place: string,
  batch: Batch,
  manifestOf: (place: string) => Promise<PartitionManifest>,
): Promise<Receipt> {
  const cell = cellName(batch.cell);
  const path = join(folder, 'metrics', place, `${cell}.ndjson`);
  const { chunks, digest } = serialise(batch.metrics);
  const manifest = await manifestOf(place);
  const previous = (await isFile(path)) ? (manifest[cell] ?? null) : null;
  await writeQuarantine(join(folder, 'quarantine', place, `${cell}.ndjson`), batch.quarantined());
  if (previous !== digest) {
    await writeWhole(path, chunks);
    manifest[cell] = digest;
    await writePartManifest(folder, place, manifest);
  }
  return { digest, previous };
}

/** The cell's text and its digest, before anything is written: an unchanged cell costs no write. */
function serialise(metrics: Iterable<Metric>): { chunks: Buffer[]; digest: string } {
  const hash: Hash = createHash('sha256');
  const chunks: Buffer[] = [];
  let text = '';
  const take = () => {
    const chunk = Buffer.from(text); // encoded once, for the digest and for the disk
    hash.update(chunk);
    chunks.push(chunk);
    text = '';
  };
  for (const metric of metrics) {
    text += `${metricLine(metric)}\n`;
    if (text.length > CHUNK) take();
  }
  take();
  return { chunks, digest: hash.digest('hex') };
}

async function writeQuarantine(path: string, quarantined: readonly Quarantined[]): Promise<void> {
  if (quarantined.length > 0)
    await writeWhole(path, [quarantined.map((entry) => `${JSON.stringify(entry)}\n`).join('')]);
  else await rm(path, { force: true });
}

async function openPartition(folder: string, place: string): Promise<PartitionManifest> {
  await removeTemporary(join(folder, 'metrics', place));
  return readPartManifest(folder, place);
}

/** `superseded/` keeps what the former grid gave: the provider may have purged it since. */
async function setAside(folder: string, place: string): Promise<void> {
  const generation = (await readdir(join(folder, 'superseded', place)).catch(() => [])).length + 1;
  const target = join(folder, 'superseded', place, String(generation).padStart(3, '0'));
  await mkdir(dirname(target), { recursive: true });
  await rename(join(folder, 'metrics', place), target).catch(ignoreMissing);
  await writePartManifest(folder, place, {});
}

function placeOf(account: string, partition: string): string {
  return join(pathSegment(account), pathSegment(partition));
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}

function ignoreMissing(error: unknown): void {
  if (!isMissing(error)) throw error;
}
