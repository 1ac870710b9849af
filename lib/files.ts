import { createHash } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** File systems take 255 bytes; extensions and temporary names need some of them. */
const LONGEST = 180;

/**
 * A provider's id as one path segment: percent-encoded, never `.` or `..`, and shortened to a digest when no
 * file system would take it.
 */
export function pathSegment(id: string): string {
  const encoded = encodeURIComponent(id).replace(/^\.+/, (dots) => '%2E'.repeat(dots.length));
  if (encoded !== '' && encoded.length <= LONGEST) return encoded;
  return `${encoded.slice(0, 100)}~${createHash('sha256').update(id).digest('hex').slice(0, 32)}`;
}

/** On what a file is written; see {@link writeWhole}. */
export interface WriteOptions {
  /** Asked last, before it is renamed; what it throws prevents it. */
  readonly before?: () => Promise<void>;
  /** The folder in which it is made, of the same file system; its own when absent. */
  readonly through?: string;
}

/** Writes a file whole or not at all: another name, to the disk, then renamed. Readable by its owner only. */
export async function writeWhole(
  path: string,
  chunks: Iterable<string | Uint8Array>,
  { before, through = dirname(path) }: WriteOptions = {},
): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = temporaryName(join(through, basename(path)));
  try {
    const file = await open(temporary, 'wx', 0o600);
    try {
      for (const chunk of chunks) await file.writeFile(chunk);
      await file.sync();
    } finally {
      await file.close();
    }
    await before?.();
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Reads a file's text; null when there is none. */
export async function readText(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

/** For `catch`: something in place of what is not there. */
export function ifMissing<Value>(value: Value): (error: unknown) => Value {
  return (error) => {
    if (isMissing(error)) return value;
    throw error;
  };
}

export function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

/** What a process that was killed left half-written in a folder, and did not touch since `before`. */
export async function removeTemporary(folder: string, before = Number.POSITIVE_INFINITY): Promise<void> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.tmp'));
  await Promise.all(
    names.map(async (name) => {
      const path = join(folder, name);
      const written = await stat(path).then(({ mtimeMs }) => mtimeMs, ifMissing(before));
      if (written < before) await rm(path, { force: true });
    }),
  );
}

let written = 0;

/** Ends in no extension that a reader of the folder looks for. */
function temporaryName(path: string): string {
  written += 1;
  return `${path}.${process.pid}-${written}.tmp`;
}
