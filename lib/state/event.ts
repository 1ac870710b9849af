import type { Millis } from '../time.ts';
import { NOTHING_STORED, type State, UNFENCED } from './state.ts';

/** Without a store, the event's `last_update` is the checkpoint, and the answer's the next one. */
export function eventState(lastUpdate: Millis | null): State {
  const seeded = { ...NOTHING_STORED, checkpoint: lastUpdate };
  return {
    capabilities: { compareAndSet: false, durable: false },
    acquire: async () => ({
      fence: UNFENCED,
      state: seeded,
      commit: async () => {},
      release: async () => {},
    }),
    partitions: async () => [],
    peek: async () => seeded,
  };
}
