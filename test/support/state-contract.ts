import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { StateConflict } from '../../lib/errors.ts';
import { LEASE } from '../../lib/state/leasing.ts';
import {
  type Capabilities,
  type Lease,
  NOTHING_STORED,
  type PartitionKey,
  type PartitionState,
  type State,
  UNFENCED,
} from '../../lib/state/state.ts';
import { DAY, HOUR, type Millis } from '../../lib/time.ts';

/** A place that states are opened on, one for each test. */
export interface StatePlace {
  /** Opens it as a process would, with a clock of its own. */
  open(now: () => Millis): State;
  /** Changes when a holder shows that it lives. */
  signOfLife(key: PartitionKey): Promise<unknown>;
}

export const KEY: PartitionKey = { account: 'acme', stream: 'metrics', partition: 'all' };

/** Something in every field. */
export const FULL: PartitionState = {
  grid: { minutes: 60, zone: 'Europe/Berlin' },
  origin: 0,
  checkpoint: 7_200_000,
  cells: [
    {
      start: 0,
      end: 3_600_000,
      digest: 'abc',
      records: 2,
      quarantined: 1,
      readAt: 9_000_001,
      settled: false,
      amount: '12.34567890123456789',
      gaps: [{ start: 60_000, end: 120_001, why: 'no samples' }],
    },
    {
      start: 3_600_000,
      end: 7_200_000,
      digest: '',
      records: 0,
      quarantined: 0,
      readAt: 9_000_001,
      settled: true,
    },
  ],
  observedAt: Date.UTC(2026, 10, 21, 9, 55),
  memory: { seen: ['x', ''], ü: { rate: 1e300, small: 5e-324, none: null, yes: true } },
  failure: {
    failures: 2,
    lastError: { exc_type: 'RateLimited', exc_message: 'slow down', code: 'RATE_LIMITED' },
    notBefore: 8_000_000,
    credentials: '12ab',
  },
};

const T0 = Date.UTC(2026, 10, 21);

/** A memory of random text: nothing packs it well. */
export function largeMemory(bytes: number): string[] {
  let seed = 1;
  const next = () => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed.toString(36);
  };
  return Array.from({ length: Math.ceil(bytes / 7) }, next);
}

/** Takes a partition that is known to be free. */
export async function taken(state: State, key: PartitionKey = KEY): Promise<Lease> {
  const lease = await state.acquire(key);
  if (lease === null) throw new Error('the partition is held');
  return lease;
}

/** Takes a partition, commits, and gives it back. */
export async function committed(state: State, next: PartitionState, key: PartitionKey = KEY): Promise<Lease> {
  const lease = await taken(state, key);
  await lease.commit(next);
  await lease.release();
  return lease;
}

/** What every state must keep; each is asked for what it declares. */
export function stateContract(declared: Capabilities, prepare: () => Promise<StatePlace>): void {
  const opened = async (now: () => Millis = () => T0) => {
    const place = await prepare();
    return { place, state: place.open(now), other: place.open(now) };
  };

  it('declares what it promises', async () => {
    expect((await opened()).state.capabilities).toEqual(declared);
  });

  it('gives the next one the partition back that was given back', async () => {
    const { other, state } = await opened();
    await (await taken(state)).release();
    await (await taken(other)).release();
  });

  if (declared.durable)
    describe('keeps', () => {
      it('nothing at first, and afterwards what was committed', async () => {
        const { other, state } = await opened();
        expect(await state.peek(KEY)).toEqual(NOTHING_STORED);
        const lease = await taken(state);
        expect(lease.state).toEqual(NOTHING_STORED);
        await lease.commit({ ...FULL, checkpoint: 1 });
        await lease.commit(FULL);
        expect(await other.peek(KEY)).toEqual(FULL);
        await lease.release();
        expect((await taken(other)).state).toEqual(FULL);
      });

      it('nothing that was not committed', async () => {
        const { other, state } = await opened();
        await (await taken(state)).release();
        expect(await other.peek(KEY)).toEqual(NOTHING_STORED);
        expect(await other.partitions(KEY)).toEqual([]);
      });

      it('partitions apart, long and odd ones too, and knows them by their ids', async () => {
        const { other, state } = await opened();
        const partitions = ['project/ä', 'x'.repeat(400), '日本 😀', 'a/b/c', '..', '%2F', '_account'];
        for (const [at, partition] of partitions.entries()) {
          await committed(state, { ...FULL, checkpoint: at * HOUR }, { ...KEY, partition });
        }
        expect(await other.partitions(KEY)).toEqual(partitions.filter((name) => name !== '_account').sort());
        for (const [at, partition] of partitions.entries()) {
          expect((await other.peek({ ...KEY, partition })).checkpoint).toBe(at * HOUR);
        }
        expect(await other.partitions({ ...KEY, account: 'other' })).toEqual([]);
        expect(await other.partitions({ ...KEY, stream: 'spend' })).toEqual([]);
      });

      it('a large memory, and a small one after it', async () => {
        const { other, state } = await opened();
        const lease = await taken(state);
        for (const bytes of [100_000, 2_000_000, 1_000_000, 10]) {
          const memory = largeMemory(bytes);
          await lease.commit({ ...FULL, memory });
          expect(await other.peek(KEY)).toEqual({ ...FULL, memory });
        }
      });

      it('the numbers of its holders in their order, whatever the clock does', async () => {
        let now = T0;
        const { other, state } = await opened(() => now);
        const fences: number[] = [];
        for (const step of [0, HOUR, -DAY, -DAY, 5 * DAY]) {
          now += step;
          fences.push((await committed(fences.length % 2 ? state : other, FULL)).fence);
        }
        expect([...new Set(fences)].sort((a, b) => a - b)).toEqual(fences);
        expect(fences[0]).toBeGreaterThan(UNFENCED);
      });
    });

  if (declared.compareAndSet)
    describe('compares and sets:', () => {
      it('lets one of many in', async () => {
        const place = await prepare();
        const leases = await Promise.all(Array.from({ length: 8 }, () => place.open(() => T0).acquire(KEY)));
        expect(leases.filter((lease) => lease !== null)).toHaveLength(1);
        expect(await place.open(() => T0).acquire({ ...KEY, partition: 'another' })).not.toBeNull();
      });

      it('lets one of many take over from a holder that shows no sign of life', async () => {
        let now = T0;
        const { place, state } = await opened(() => now);
        await taken(state);
        now += LEASE / 2;
        expect(await place.open(() => now).acquire(KEY)).toBeNull();
        now += 3 * LEASE;
        const leases = await Promise.all(Array.from({ length: 8 }, () => place.open(() => now).acquire(KEY)));
        expect(leases.filter((lease) => lease !== null)).toHaveLength(1);
      });

      it('refuses the holder that was overtaken, and leaves the one that overtook it alone', async () => {
        let now = T0;
        const { other, state } = await opened(() => now);
        const stale = await taken(state);
        await stale.commit({ ...FULL, checkpoint: HOUR });
        now += 3 * LEASE;
        const fresh = await taken(other);
        expect(fresh.fence).toBeGreaterThan(stale.fence);
        expect(fresh.state.checkpoint).toBe(HOUR);
        await expect(stale.commit({ ...FULL, checkpoint: 9 * HOUR })).rejects.toThrow(StateConflict);
        await stale.release();
        expect(await state.acquire(KEY)).toBeNull();
        await fresh.commit({ ...FULL, checkpoint: 2 * HOUR });
        await expect(stale.commit(FULL)).rejects.toThrow('took over');
        expect((await state.peek(KEY)).checkpoint).toBe(2 * HOUR);
      });

      it('lets a holder commit that was away and that nobody overtook', async () => {
        let now = T0;
        const { other, state } = await opened(() => now);
        const lease = await taken(state);
        now += 3 * LEASE;
        await lease.commit(FULL);
        await lease.release();
        expect(await other.peek(KEY)).toEqual(FULL);
      });

      it('measures a lease by its own clock when the one that gave it had jumped ahead', async () => {
        let now = T0;
        const { other, place } = await opened(() => now);
        await taken(place.open(() => T0 + 30 * DAY));
        expect(await other.acquire(KEY)).toBeNull();
        now += 3 * LEASE;
        expect(await other.acquire(KEY)).not.toBeNull();
      });

      it('keeps a lease as long as its holder works', async () => {
        vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
        onTestFinished(() => void vi.useRealTimers());
        let now = T0;
        const { other, place, state } = await opened(() => now);
        await taken(state);
        for (let beats = 0; beats < 4; beats += 1) {
          const before = await place.signOfLife(KEY);
          now += LEASE;
          vi.advanceTimersByTime(LEASE / 2);
          await vi.waitFor(async () => expect(await place.signOfLife(KEY)).not.toEqual(before));
        }
        expect(await other.acquire(KEY)).toBeNull();
      });
    });
}
