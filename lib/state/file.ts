import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { StateConflict, StateUnavailable, SyncError } from '../errors.ts';
import { pathSegment, readText, writeWhole } from '../files.ts';
import { acquireLock } from './lock.ts';
import {
  ACCOUNT_PARTITION,
  type Lease,
  NOTHING_STORED,
  type PartitionKey,
  type PartitionState,
  type State,
} from './state.ts';
import { parseStored, partitionOf, printStored } from './stored.ts';

/**
 * State as one readable file per account, stream and partition. A damaged or newer file is refused, never
 * overwritten: what it knows cannot be guessed.
 */
export function fileState(folder: string): State {
  const pathOf = ({ account, stream, partition }: PartitionKey) =>
    join(folder, pathSegment(account), pathSegment(stream), pathSegment(partition));
  return {
    capabilities: { compareAndSet: true, durable: true },
    acquire: (key) => accessing(() => acquire(pathOf(key), key.partition)),
    partitions: ({ account, stream }) =>
      accessing(() => partitionsIn(join(folder, pathSegment(account), pathSegment(stream)))),
    peek: (key) => accessing(() => load(`${pathOf(key)}.json`)),
  };
}

async function acquire(path: string, partition: string): Promise<Lease | null> {
  const lock = await acquireLock(`${path}.lock`);
  if (lock === null) return null;
  try {
    const state = await load(`${path}.json`);
    const fence = Number((await readText(`${path}.fence`)) ?? 0) + 1;
    await writeWhole(`${path}.fence`, [String(fence)]);
    return {
      fence,
      state,
      commit: (next) =>
        accessing(async () => {
          if (!(await lock.isHeld())) throw new StateConflict('Another process took over this partition');
          await writeWhole(`${path}.json`, [printStored(next, partition)]);
        }),
      release: () => lock.release(),
    };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

async function partitionsIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  const texts = await Promise.all(
    names.filter((name) => name.endsWith('.json')).map((name) => readText(join(folder, name))),
  );
  const partitions = texts.flatMap((text) => (text === null ? [] : (partitionOf(text) ?? [])));
  return partitions.filter((partition) => partition !== ACCOUNT_PARTITION).sort();
}

async function load(path: string): Promise<PartitionState> {
  const text = await readText(path);
  return text === null ? NOTHING_STORED : parseStored(text, path);
}

async function accessing<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof SyncError) throw error;
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    throw new StateUnavailable(`The state folder cannot be read or written (${code})`, { cause: error });
  }
}
