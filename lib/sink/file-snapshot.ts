import { join } from 'node:path';
import { pathSegment, readText, writeWhole } from '../files.ts';
import { resourceKey } from '../models/resource.ts';
import { formatInstant } from '../time.ts';
import type { JournalBatch, SnapshotBatch } from './sink.ts';

/**
 * Writes the last complete snapshot, and beside an inventory what was in the one before and is gone. That is
 * written first: killed in between, the next run finds the same difference again. What could not be asked for stays
 * as it was last seen.
 */
export async function deliverSnapshot(
  folder: string,
  batch: SnapshotBatch,
): Promise<{ readonly gone: readonly string[] }> {
  const account = pathSegment(batch.account);
  if (batch.stream === 'status') {
    const status = batch.items.map(({ value }) => value);
    const text = JSON.stringify({ v: 1, last_update: formatInstant(batch.takenAt), status }, null, 1);
    await writeWhole(join(folder, 'status', account, 'latest.json'), [`${text}\n`]);
    return { gone: [] };
  }
  const place = join(folder, 'resources', account, 'all');
  const lines = new Map(batch.items.map(({ id, value }) => [id, JSON.stringify(value)]));
  const before = await readLines(join(place, 'latest.ndjson'));
  const absent = [...before].filter(([id]) => !lines.has(id));
  const isUnseen = ([id]: readonly [string, string]) =>
    batch.unseen.some((type) => id.startsWith(`${type}/`));
  const gone = absent.filter((entry) => !isUnseen(entry));
  for (const [id, line] of absent.filter(isUnseen)) lines.set(id, line);
  await writeWhole(
    join(place, 'removed.ndjson'),
    gone.map(([, line]) => `${line}\n`),
  );
  await writeWhole(
    join(place, 'latest.ndjson'),
    [...lines.values()].map((line) => `${line}\n`),
  );
  return { gone: gone.map(([id]) => id) };
}

/** One file a day, replaced whole. */
export async function deliverJournal(folder: string, { account, day, entries }: JournalBatch): Promise<void> {
  const name = `${formatInstant(day.start).slice(0, 10)}.ndjson`;
  await writeWhole(
    join(folder, 'logs', pathSegment(account), name),
    entries.map((entry) => `${JSON.stringify(entry)}\n`),
  );
}

/** Ids and lines of an earlier snapshot; a line that cannot be read names nothing that is gone. */
async function readLines(path: string): Promise<Map<string, string>> {
  const lines = ((await readText(path)) ?? '').split('\n').filter(Boolean);
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
