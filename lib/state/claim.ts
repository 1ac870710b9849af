import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod';
import { StateConflict } from '../errors.ts';
import { ifMissing, readText, writeWhole } from '../files.ts';
import { keepBeating, type Leasing, nextFence } from './leasing.ts';

/** The right to a partition, held between processes that share a folder. */
export interface Claim {
  readonly fence: number;
  /** Replaces a file, whole or not at all. @throws StateConflict when the claim was taken over. */
  write(path: string, text: string): Promise<void>;
  release(): Promise<void>;
}

const holderSchema = z.object({
  fence: z.number().int(),
  pid: z.number(),
  host: z.string(),
  run: z.string(),
});
type Holder = z.output<typeof holderSchema>;

const [HELD, RELEASED] = ['holder.json', 'released.json'];

const NUMBERED = /^\d{12}$/;

/** Tells this process from an earlier one of the same number: in a container, each is number 1. */
const RUN = randomUUID();

/**
 * Claims are numbered folders: the highest one counts, and only one process can make the next. A holder writes
 * through its folder, and who comes next takes that away: since renaming is atomic, there is no moment between a
 * check and a write in which a holder could be paused and overtaken. A folder must appear by rename, and only
 * once: local disks and NFS do that.
 * @returns null when a living process holds it, or when another was faster.
 */
export async function claim(folder: string, leasing: Leasing): Promise<Claim | null> {
  await mkdir(folder, { recursive: true });
  const last = await highestIn(folder);
  const previous = last === 0 ? null : await findHolder(join(folder, numbered(last)));
  if (previous && (await isAlive(previous, leasing))) return null;
  const fence = nextFence(previous?.holder.fence ?? 0, leasing.now());
  const own = join(folder, numbered(last + 1));
  if (!(await appear(own, { fence, pid: process.pid, host: hostname(), run: RUN }, leasing))) return null;
  if ((await highestIn(folder)) > last + 1) {
    await rm(own, { recursive: true, force: true });
    return null;
  }
  await clearBelow(folder, last + 1);
  return hold(own, fence, leasing);
}

function hold(folder: string, fence: number, leasing: Leasing): Claim {
  const held = join(folder, HELD);
  const beating = keepBeating(leasing, () => touch(held, leasing));
  return {
    fence,
    async write(path, text) {
      try {
        await writeWhole(path, [text], { through: folder });
      } catch (error) {
        throw (await isThere(folder)) ? error : overtaken(error);
      }
    },
    async release() {
      beating.stop();
      await rename(held, join(folder, RELEASED)).catch(() => {}); // taken over: there is nothing to give back
    },
  };
}

function overtaken(cause: unknown): StateConflict {
  return new StateConflict('Another process took over this partition while this one was away', { cause });
}

/** A folder that is renamed appears with what is in it, and never replaces one that is not empty. */
async function appear(folder: string, holder: Holder, leasing: Leasing): Promise<boolean> {
  const temporary = join(folder, '..', randomUUID());
  await mkdir(temporary);
  try {
    await writeFile(join(temporary, HELD), JSON.stringify(holder), { mode: 0o600, flush: true });
    await touch(join(temporary, HELD), leasing);
    await rename(temporary, folder);
    return true;
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    const code = error instanceof Error && 'code' in error ? error.code : null;
    if (code === 'ENOTEMPTY' || code === 'EEXIST' || code === 'ENOENT') return false;
    throw error;
  }
}

/**
 * Takes the folders of earlier claims away, at once by renaming; then what is in them, and what killed processes left.
 * Who is about to appear comes too late anyway.
 */
async function clearBelow(folder: string, number: number): Promise<void> {
  for (const known of (await numbersIn(folder)).filter((known) => known < number)) {
    await rename(join(folder, numbered(known)), join(folder, randomUUID())).catch(ifMissing(undefined));
  }
  const left = (await readdir(folder)).filter((name) => !NUMBERED.test(name));
  await Promise.all(
    left.map((name) => rm(join(folder, name), { recursive: true, force: true }).catch(() => {})),
  );
}

interface Found {
  readonly path: string;
  readonly isReleased: boolean;
  readonly holder: Holder;
}

/** Who made a claim; one that cannot be read is judged by its age alone. */
async function findHolder(folder: string): Promise<Found> {
  for (const name of [HELD, RELEASED]) {
    const path = join(folder, name);
    const text = await readText(path);
    if (text !== null) return { path, isReleased: name === RELEASED, holder: parseHolder(text) };
  }
  return { path: folder, isReleased: false, holder: NOBODY };
}

async function isAlive({ path, isReleased, holder }: Found, leasing: Leasing): Promise<boolean> {
  if (isReleased) return false;
  const age = await stat(path).then(({ mtimeMs }) => leasing.now() - mtimeMs, ifMissing(0));
  if (age > leasing.lease) return false;
  // From the future: a clock jumped, its or ours. From now on it is measured by ours.
  if (age < -leasing.lease) await touch(path, leasing).catch(() => {});
  if (holder === NOBODY || holder.host !== hostname()) return true;
  return holder.pid === process.pid ? holder.run === RUN : isRunning(holder.pid);
}

/** A sign of life, by our clock and not by the file server's. */
async function touch(path: string, { now }: Leasing): Promise<void> {
  const time = new Date(now());
  await utimes(path, time, time);
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

async function highestIn(folder: string): Promise<number> {
  return Math.max(0, ...(await numbersIn(folder)));
}

async function numbersIn(folder: string): Promise<number[]> {
  return (await readdir(folder)).filter((name) => NUMBERED.test(name)).map(Number);
}

function numbered(number: number): string {
  return String(number).padStart(12, '0');
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(() => true, ifMissing(false));
}

const NOBODY: Holder = { fence: 0, pid: 0, host: '', run: '' };

function parseHolder(text: string): Holder {
  try {
    return holderSchema.parse(JSON.parse(text));
  } catch {
    return NOBODY;
  }
}
