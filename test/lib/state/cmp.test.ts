import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openCmp } from '../../../lib/cmp/client.ts';
import { type Cmp, cmpSettings } from '../../../lib/cmp.ts';
import { StateConflict } from '../../../lib/errors.ts';
import { cmpState } from '../../../lib/state/cmp.ts';
import { LEASE } from '../../../lib/state/leasing.ts';
import { type CmpSimulator, startCmp } from '../../../simulators/cmp/server.ts';
import { heldPlatform } from '../../support/memory-cloud.ts';
import { committed, FULL, KEY, stateContract, taken } from '../../support/state-contract.ts';

const T0 = Date.UTC(2026, 10, 21);
const NAME = 'usage-sync/acme/metrics/all';
let server: CmpSimulator;
let cmp: Cmp;
let close: () => void;
let moduleId: string;
let modules = 0;
beforeAll(async () => {
  server = await startCmp();
  const { key, secret, url } = server.credentials;
  const settings = cmpSettings({ CMP_URL: url, CMP_KEY: key, CMP_SECRET: secret });
  if (settings === null) throw new Error('no CMP');
  ({ cmp, close } = openCmp(settings, heldPlatform(T0)));
});
afterAll(async () => {
  close();
  await server.close();
});
beforeEach(() => {
  modules += 1;
  moduleId = `module-${modules}`;
  server.setFaults([]);
});

const opened = (now = () => T0) => cmpState({ cmp, moduleId, now });
const kept = async () => Object((await cmp.getModuleState(moduleId))[NAME]) as Record<string, unknown>;

describe('cmpState', () => {
  stateContract({ compareAndSet: false, durable: true }, async () => ({
    open: (now) => cmpState({ cmp, moduleId, now }),
    signOfLife: kept,
  }));

  it('keeps what a person can read beside what others keep', async () => {
    await cmp.patchModuleState(moduleId, { theirs: 1, 'usage-sync': 'as well' });
    await committed(opened(), FULL);
    const state = await cmp.getModuleState(moduleId);
    expect(Object.keys(state).sort()).toEqual(['theirs', 'usage-sync', NAME]);
    expect(await kept()).toMatchObject({
      v: 1,
      partition: 'all',
      checkpoint: '1970-01-01T02:00:00Z',
      lease: { fence: T0, version: 1, owner: null },
    });
  });

  it('refuses to be worked on twice at once', async () => {
    const state = opened();
    const lease = await taken(state);
    const second = state.acquire({ ...KEY, partition: 'another' });
    await expect(second).rejects.toMatchObject({ name: 'StateConflict', code: 'STATE_SINGLE' });
    await lease.release();
    await (await taken(state, { ...KEY, partition: 'another' })).release();
  });

  it('is busy while another process shows that it works, and takes over after it', async () => {
    const stale = await taken(opened());
    expect(await opened(() => T0 + LEASE / 2).acquire(KEY)).toBeNull();
    const fresh = await taken(opened(() => T0 + 2 * LEASE));
    await expect(stale.commit(FULL)).rejects.toThrow(StateConflict);
    await fresh.commit({ ...FULL, checkpoint: 5 });
    await stale.release();
    expect((await opened().peek(KEY)).checkpoint).toBe(5);
  });

  it.each([
    ['damaged', { v: 1 }, 'STATE_DAMAGED'],
    ['no object', 'gone', 'STATE_DAMAGED'],
    ['newer', { v: 2 }, 'STATE_NEWER'],
  ])('refuses what is %s, and leaves it', async (_, value, code) => {
    await cmp.patchModuleState(moduleId, { [NAME]: value });
    const state = opened();
    for (const work of [state.acquire, state.peek, state.acquire]) {
      await expect(work(KEY)).rejects.toMatchObject({ name: 'StateUnavailable', code });
    }
    expect((await cmp.getModuleState(moduleId))[NAME]).toEqual(value);
  });

  it('says that the CMP does not answer as it should, and is free afterwards', async () => {
    const state = opened();
    server.setFaults(['not-200']);
    await expect(state.acquire(KEY)).rejects.toMatchObject({
      name: 'StateUnavailable',
      code: 'CMP_HTTP_202',
    });
    server.setFaults([]);
    await (await taken(state)).release();
  });
});
