import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Sink } from '../lib/sink/sink.ts';
import type { State } from '../lib/state/state.ts';
import { unguardedState } from './r09-states.ts';

/** Bad: the checkpoint is written first, then the cell that it says is there. */
export function checkpointFirst(sink: Sink, state: State): { sink: Sink; state: State } {
  let due = async () => {};
  return {
    sink: {
      ...sink,
      async deliver(batch) {
        due = async () => void (await sink.deliver(batch));
        return { digest: '0'.repeat(64), previous: null };
      },
    },
    state: {
      ...state,
      async acquire(key) {
        const lease = await state.acquire(key);
        if (lease === null) return null;
        const commit: typeof lease.commit = async (next) => {
          await lease.commit(next);
          await due();
        };
        return { ...lease, commit };
      },
    },
  };
}

/** Bad: whoever dies holding the lock holds it for ever. */
export function lockedForEver(folder: string): State {
  const inner = unguardedState(folder);
  return {
    ...inner,
    async acquire(key) {
      const lock = join(folder, `${key.account}-${key.partition}.lock`);
      await mkdir(folder, { recursive: true });
      try {
        await mkdir(lock);
      } catch {
        return null;
      }
      const lease = await inner.acquire(key);
      return lease && { ...lease, release: () => rm(lock, { recursive: true }) };
    },
  };
}
