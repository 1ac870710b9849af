import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '../clock.ts';
import { StateUnavailable, SyncError } from '../errors.ts';
import { ifMissing, pathSegment, readText } from '../files.ts';
import { claim } from './claim.ts';
import { LEASE, type Leasing } from './leasing.ts';
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
 * State as one readable file per account, stream and partition, and beside it the claims of who worked on it. A
 * damaged or newer file is refused, never overwritten: what it knows cannot be guessed.
 */
export function fileState(folder: string, leasing: Partial<Leasing> = {}): State {
  const timing = { now: systemClock().wire, lease: LEASE, ...leasing };
  const pathOf = ({ account, stream, partition }: PartitionKey) =>
    join(folder, pathSegment(account), pathSegment(stream), pathSegment(partition));
  return {
    capabilities: { compareAndSet: true, durable: true },
    acquire: (key) => accessing(() => acquire(pathOf(key), key.partition, timing)),
    partitions: ({ account, stream }) =>
      accessing(() => partitionsIn(join(folder, pathSegment(account), pathSegment(stream)))),
    peek: (key) => accessing(() => load(`${pathOf(key)}.json`)),
  };
}

async function acquire(path: string, partition: string, leasing: Leasing): Promise<Lease | null> {
  const held = await claim(`${path}.lease`, leasing);
  if (held === null) return null;
  try {
    return {
      fence: held.fence,
      state: await load(`${path}.json`),
      commit: (next) => accessing(() => held.write(`${path}.json`, printStored(next, partition))),
      release: () => held.release(),
    };
  } catch (error) {
    await held.release();
    throw error;
  }
}

async function partitionsIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(ifMissing([]));
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
    throw new StateUnavailable(`The state folder cannot be read or written (${code})`, {
      hint: 'Check that the folder of the state exists, is writable and has space; run again, nothing was lost.',
      cause: error,
    });
  }
}
