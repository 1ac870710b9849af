import { describe, expect, it } from 'vitest';
import { eventState } from '../../../lib/state/event.ts';
import { UNFENCED } from '../../../lib/state/state.ts';
import { FULL, KEY, stateContract, taken } from '../../support/state-contract.ts';

describe('eventState', () => {
  stateContract({ compareAndSet: false, durable: false }, async () => ({
    open: () => eventState(null),
    signOfLife: async () => null,
  }));

  it("takes the event's last_update for the checkpoint, and forgets what is committed", async () => {
    const state = eventState(7);
    const lease = await taken(state);
    await lease.commit(FULL);
    expect(lease).toMatchObject({ fence: UNFENCED, state: { checkpoint: 7, cells: [] } });
    expect((await state.peek(KEY)).checkpoint).toBe(7);
    expect(await state.partitions(KEY)).toEqual([]);
  });
});
