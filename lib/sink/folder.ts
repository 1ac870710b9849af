import type { BigIntStats } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import pLimit from 'p-limit';
import { isMissing, removeTemporary, writeWhole } from '../files.ts';
import { HOUR, type Millis } from '../time.ts';
import { delivering } from './delivering.ts';
import { Changed, type Condition, type Content, type Found, type Store } from './store.ts';

/** Files that are looked at at the same time. */
const AT_ONCE = 16;

/** A write takes seconds: what has been half-written for so long has no writer any more. */
const ABANDONED: Millis = HOUR;

/** Texts as files below one folder, for their owner only. A name is replaced by renaming: whole or not at all. */
export function folderStore(folder: string): Store {
  const at = (name: string) => join(folder, name);
  const swept = new Set<string>();
  return {
    local: true,
    find: (name) => delivering(() => find(at(name))),
    read: (name) => delivering(() => read(at(name))),
    write: (name, content, condition) => delivering(() => write(at(name), content, condition, swept)),
    remove: (name) => delivering(() => rm(at(name), { force: true })),
    list: (name) => delivering(() => list(at(name))),
    move: (from, to) => delivering(() => move(at(from), at(to))),
    tidy: (name, since) => delivering(() => tidy(at(name), since)),
    close() {},
  };
}

async function find(path: string): Promise<Found | null> {
  try {
    const found = await stat(path, { bigint: true });
    return found.isFile() ? foundIn(found) : null;
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

async function read(path: string): Promise<(Found & { text: string }) | null> {
  for (;;) {
    const before = await find(path);
    if (before === null) return null;
    const text = await readFile(path, 'utf8');
    if ((await find(path))?.version === before.version) return { ...before, text };
  }
}

async function write(
  path: string,
  { chunks }: Content,
  condition: Condition | undefined,
  swept: Set<string>,
): Promise<Found> {
  const before = async () => {
    await condition?.check?.();
    if (condition?.over === undefined) return;
    if ((await find(path))?.version !== condition.over?.version) throw new Changed(path);
  };
  try {
    await writeWhole(path, chunks, { before });
  } catch (error) {
    if (isMissing(error)) await before(); // who took over removed what was half-written: it says so
    throw error;
  }
  const found = await find(path);
  if (found?.writtenAt !== undefined) await sweep(dirname(path), found.writtenAt - ABANDONED, swept);
  return found ?? { version: 'gone' };
}

/** What killed processes left in a folder, once; by the clock that dated our own file there. */
async function sweep(folder: string, before: Millis, swept: Set<string>): Promise<void> {
  if (swept.has(folder)) return;
  swept.add(folder);
  await removeTemporary(folder, before);
}

async function list(path: string): Promise<string[]> {
  const names = await readdir(path).catch(() => []);
  return names.filter((name) => !name.endsWith('.tmp')).sort();
}

async function move(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await rename(from, to).catch((error: unknown) => {
    if (!isMissing(error)) throw error;
  });
}

async function tidy(path: string, since: Millis): Promise<string[]> {
  await removeTemporary(path);
  if (since === Number.POSITIVE_INFINITY) return [];
  const limit = pLimit(AT_ONCE);
  const names = await list(path);
  const found = await Promise.all(names.map((name) => limit(() => find(join(path, name)))));
  return names.filter((_, index) => (found[index]?.writtenAt ?? 0) > since);
}

/** A file that was renamed into its place is another one. */
function foundIn({ ino, mtimeNs, size }: BigIntStats): Found {
  return { version: `${ino}-${mtimeNs}-${size}`, writtenAt: Number(mtimeNs) / 1e6 };
}
