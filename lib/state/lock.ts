import { randomUUID } from 'node:crypto';
import { link, mkdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { readText } from '../files.ts';
import { SECOND } from '../time.ts';

/** The right to a partition, held by the process that made the file. */
export interface Lock {
  isHeld(): Promise<boolean>;
  release(): Promise<void>;
}

/** A holder shows so often that it lives … */
const HEARTBEAT = 10 * SECOND;
/** … and is taken for dead after so long: a container that was killed leaves no process to ask for. */
const ABANDONED = 120 * SECOND;

interface Claim {
  readonly id: string;
  readonly pid: number;
  readonly host: string;
}

/**
 * Takes a lock between processes that share a folder. The lock of a process that died is taken over; since
 * that is itself the work of one process at a time, it happens under a lock of its own.
 * @returns null when a living process holds it.
 */
export async function acquireLock(path: string): Promise<Lock | null> {
  await mkdir(dirname(path), { recursive: true });
  const claim: Claim = { id: randomUUID(), pid: process.pid, host: hostname() };
  if (await tryCreate(path, claim)) return hold(path, claim.id);
  if (await isAlive(path)) return null;
  const takeover = await acquireLock(`${path}.takeover`);
  if (takeover === null) return null;
  try {
    if (await isAlive(path)) return null;
    await rm(path, { force: true });
    return (await tryCreate(path, claim)) ? hold(path, claim.id) : null;
  } finally {
    await takeover.release();
  }
}

function hold(path: string, id: string): Lock {
  const beat = setInterval(() => void utimes(path, new Date(), new Date()).catch(() => {}), HEARTBEAT);
  beat.unref();
  const isHeld = async () => (await readClaim(path))?.id === id;
  return {
    isHeld,
    async release() {
      clearInterval(beat);
      if (await isHeld()) await rm(path, { force: true });
    },
  };
}

/** A hard link appears with its whole content or not at all: nobody reads half a claim. */
async function tryCreate(path: string, claim: Claim): Promise<boolean> {
  const temporary = `${path}.${claim.id}.tmp`;
  await writeFile(temporary, JSON.stringify(claim), { mode: 0o600 });
  try {
    await link(temporary, path);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(temporary, { force: true });
  }
}

/** Whether the lock is there and its holder may still be at work. */
async function isAlive(path: string): Promise<boolean> {
  const claim = await readClaim(path);
  if (claim === null) return false;
  const modified = await stat(path).then(
    (found) => found.mtimeMs,
    () => 0,
  );
  if (Date.now() - modified > ABANDONED) return false;
  return claim.host !== hostname() || isRunning(claim.pid);
}

async function readClaim(path: string): Promise<Claim | null> {
  const text = await readText(path);
  try {
    return text === null ? null : (JSON.parse(text) as Claim);
  } catch {
    return null;
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
