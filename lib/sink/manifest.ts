import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { DeliveryError } from '../errors.ts';
import { readText, writeWhole } from '../files.ts';

/** Cell name → SHA-256 of its file. */
export type PartitionManifest = Record<string, string>;

const partSchema = z.object({ v: z.literal(1), cells: z.record(z.string(), z.string()) });

/**
 * Each partition keeps its own part, written with every cell it delivers, so that processes which work on
 * different partitions never write the same file. `manifest.json` is compiled from the parts.
 */
export async function readPartManifest(folder: string, place: string): Promise<PartitionManifest> {
  const text = await readText(partPath(folder, place));
  if (text === null) return {};
  const parsed = partSchema.safeParse(parseJson(text));
  if (parsed.success) return parsed.data.cells;
  throw new DeliveryError(`The manifest of ${place} is damaged or of a newer version`, {
    code: 'MANIFEST_DAMAGED',
    hint: `Move ${partPath('', place)} away; the cells are then written anew when they are read again.`,
  });
}

export async function writePartManifest(
  folder: string,
  place: string,
  cells: PartitionManifest,
): Promise<void> {
  await writeWhole(partPath(folder, place), [`${JSON.stringify({ v: 1, cells })}\n`]);
}

/** Writes `manifest.json`: file → SHA-256, as `sha256sum` prints it, for everything delivered so far. */
export async function compileManifest(folder: string): Promise<void> {
  const cells: Record<string, string> = {};
  for (const account of await namesIn(join(folder, 'manifest'))) {
    for (const part of await namesIn(join(folder, 'manifest', account))) {
      const partition = part.replace(/\.json$/, '');
      const place = join(account, partition);
      for (const [cell, digest] of Object.entries(await readPartManifest(folder, place))) {
        cells[`metrics/${account}/${partition}/${cell}.ndjson`] = digest;
      }
    }
  }
  await writeWhole(join(folder, 'manifest.json'), [`${JSON.stringify({ v: 1, cells }, null, 1)}\n`]);
}

function partPath(folder: string, place: string): string {
  return join(folder, 'manifest', `${place}.json`);
}

async function namesIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return names.filter((name) => !name.endsWith('.tmp')).sort();
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
