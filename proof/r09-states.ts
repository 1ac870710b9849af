import { mkdir, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { readText, writeWhole } from '../lib/files.ts';
import { NOTHING_STORED, type PartitionKey, type State, UNFENCED } from '../lib/state/state.ts';
import { parseStored, printStored } from '../lib/state/stored.ts';
import { MINUTE, type Millis } from '../lib/time.ts';

/** Bad: whoever comes may work, and the last one wins. */
export function unguardedState(folder: string): State {
  const pathOf = ({ account, stream, partition }: PartitionKey) =>
    join(folder, account, stream, `${partition}.json`);
  const peek = async (key: PartitionKey) => {
    const text = await readText(pathOf(key));
    return text === null ? NOTHING_STORED : parseStored(text, key.partition);
  };
  return {
    capabilities: { compareAndSet: false, durable: true },
    peek,
    partitions: async () => [],
    async acquire(key) {
      return {
        fence: UNFENCED,
        state: await peek(key),
        commit: (next) => writeWhole(pathOf(key), [printStored(next, key.partition)]),
        release: async () => {},
      };
    },
  };
}

/** Bad: a lease that ends by the clock, whose holder is not asked again whether it still has it. */
export function expiringState(folder: string, now: () => Millis): State {
  const inner = unguardedState(folder);
  return {
    ...inner,
    async acquire(key) {
      const lock = join(folder, `${key.account}-${key.stream}-${key.partition}.lock`);
      const age = await stat(lock).then(
        ({ mtimeMs }) => now() - mtimeMs,
        () => 0,
      );
      if (age > 2 * MINUTE) await rm(lock, { recursive: true, force: true });
      await mkdir(folder, { recursive: true });
      try {
        await mkdir(lock);
      } catch {
        return null;
      }
      await utimes(lock, now() / 1000, now() / 1000);
      const lease = await inner.acquire(key);
      return lease && { ...lease, release: () => rm(lock, { recursive: true, force: true }) };
    },
  };
}
