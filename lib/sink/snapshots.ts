import { pathSegment } from '../files.ts';
import { resourceKey } from '../models/resource.ts';
import { formatInstant } from '../time.ts';
import { dayName, placeOf } from './names.ts';
import { fencePart, type Parts } from './parts.ts';
import type { JournalBatch, SnapshotBatch } from './sink.ts';
import { contentOf, linesOf, type Store } from './store.ts';

/**
 * Writes the last complete snapshot, and beside an inventory what was in the one before and is gone. That is
 * written first: killed in between, the next run finds the same difference again. What could not be asked for stays
 * as it was last seen.
 */
export async function deliverSnapshot(
  store: Store,
  parts: Parts,
  batch: SnapshotBatch,
): Promise<{ readonly gone: readonly string[] }> {
  const owned = placeOf(batch.account, batch.partition);
  const { check } = await parts.claim(fencePart(batch.stream, owned), batch.fence);
  if (batch.stream === 'status') {
    const status = batch.items.map(({ value }) => value);
    const text = JSON.stringify({ v: 1, last_update: formatInstant(batch.takenAt), status }, null, 1);
    await store.write(`status/${pathSegment(batch.account)}/latest.json`, contentOf(`${text}\n`), { check });
    return { gone: [] };
  }
  const place = `resources/${owned}`;
  const lines = new Map(batch.items.map(({ id, value }) => [id, JSON.stringify(value)]));
  const before = await readLines(store, `${place}/latest.ndjson`);
  const absent = [...before].filter(([id]) => !lines.has(id));
  const isUnseen = ([id]: readonly [string, string]) =>
    batch.unseen.some((type) => id.startsWith(`${type}/`));
  const gone = absent.filter((entry) => !isUnseen(entry));
  for (const [id, line] of absent.filter(isUnseen)) lines.set(id, line);
  await store.write(`${place}/removed.ndjson`, textOf(gone.map(([, line]) => line)), { check });
  await store.write(`${place}/latest.ndjson`, textOf([...lines.values()]), { check });
  return { gone: gone.map(([id]) => id) };
}

/** One text a day, replaced whole. */
export async function deliverJournal(store: Store, parts: Parts, batch: JournalBatch): Promise<void> {
  const { account, day, entries, fence } = batch;
  const { check } = await parts.claim(fencePart('logs', placeOf(account, 'all')), fence);
  await store.write(`logs/${pathSegment(account)}/${dayName(day)}.ndjson`, linesOf(entries), { check });
}

function textOf(lines: readonly string[]) {
  return contentOf(lines.map((line) => `${line}\n`).join(''));
}

/** Ids and lines of an earlier snapshot; a line that cannot be read names nothing that is gone. */
async function readLines(store: Store, name: string): Promise<Map<string, string>> {
  const lines = ((await store.read(name))?.text ?? '').split('\n').filter(Boolean);
  return new Map(lines.flatMap((line) => idOf(line).map((id) => [id, line] as const)));
}

function idOf(line: string): string[] {
  try {
    const { id, type } = JSON.parse(line) as { id?: unknown; type?: unknown };
    return typeof id === 'string' && typeof type === 'string' ? [resourceKey(type, id)] : [];
  } catch {
    return [];
  }
}
