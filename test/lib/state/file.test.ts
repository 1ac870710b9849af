import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fileState } from '../../../lib/state/file.ts';
import { parseStored, printStored } from '../../../lib/state/stored.ts';
import { committed, FULL, KEY, stateContract, taken } from '../../support/state-contract.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'usage-sync-state-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const key = { ...KEY, partition: 'project/ä' };
const metrics = () => join(folder, 'acme/metrics');
const claims = (name = 'project%2F%C3%A4') => join(metrics(), `${name}.lease`);
const holderFile = () => join(claims(), '000000000001/holder.json');

/** The claim of a process that is not this one. */
const claimBy = (pid: number, host = hostname()) => {
  mkdirSync(join(claims(), '000000000001'), { recursive: true });
  writeFileSync(holderFile(), JSON.stringify({ fence: 7, pid, host, run: 'other' }));
};

/** The number of a process that has just ended. */
const deadPid = () => spawnSync(process.execPath, ['-e', '']).pid;

describe('fileState', () => {
  stateContract({ compareAndSet: true, durable: true }, async () => ({
    open: (now) => fileState(folder, { now }),
    signOfLife: async () => statSync(join(claims('all'), '000000000001/holder.json')).mtimeMs,
  }));

  it('leaves a state and the last claim, and nothing half-written', async () => {
    for (let runs = 0; runs < 3; runs += 1) await committed(fileState(folder), FULL, key);
    expect(readdirSync(metrics())).toEqual(['project%2F%C3%A4.json', 'project%2F%C3%A4.lease']);
    expect(readdirSync(claims())).toEqual(['000000000003']);
    expect(readdirSync(join(claims(), '000000000003'))).toEqual(['released.json']);
  });

  it('clears up what killed processes left', async () => {
    for (const left of ['half-made', '000000000001']) {
      mkdirSync(join(claims(), left), { recursive: true });
      writeFileSync(
        join(claims(), left, 'released.json'),
        JSON.stringify({ fence: 7, pid: 1, host: '', run: '' }),
      );
    }
    await committed(fileState(folder), FULL, key);
    expect(readdirSync(claims())).toEqual(['000000000002']);
  });

  it('lets one of many take over from a process that died', async () => {
    claimBy(deadPid());
    const leases = await Promise.all(Array.from({ length: 8 }, () => fileState(folder).acquire(key)));
    expect(leases.filter((lease) => lease !== null)).toHaveLength(1);
  });

  it('takes over from an earlier process of the same number, as containers have them', async () => {
    claimBy(process.pid);
    expect(await fileState(folder).acquire(key)).not.toBeNull();
  });

  it('waits for a living process, and for one on another machine', async () => {
    claimBy(process.ppid);
    expect(await fileState(folder).acquire(key)).toBeNull();
    claimBy(deadPid(), 'another-machine');
    expect(await fileState(folder).acquire(key)).toBeNull();
  });

  it('takes over what has shown no sign of life for long, and counts on from it', async () => {
    claimBy(1, 'another-machine');
    utimesSync(holderFile(), 0, 0);
    expect((await taken(fileState(folder, { now: () => 1e9 }), key)).fence).toBe(1e9);
    utimesSync(join(claims(), '000000000002/holder.json'), 0, 0);
    expect((await taken(fileState(folder, { now: () => 5e8 }), key)).fence).toBe(1e9 + 1);
  });

  it('takes over a claim that cannot be read when it is old', async () => {
    claimBy(1);
    writeFileSync(holderFile(), '{"fence"');
    expect(await fileState(folder).acquire(key)).toBeNull();
    utimesSync(holderFile(), 0, 0);
    expect(await fileState(folder).acquire(key)).not.toBeNull();
  });

  it.each([
    ['damaged', '{"v":1', 'STATE_DAMAGED'],
    ['newer', '{"v":2}', 'STATE_NEWER'],
  ])('refuses a %s file, gives the partition back, and leaves it', async (_, text, code) => {
    const state = fileState(folder);
    await committed(state, FULL, key);
    writeFileSync(join(metrics(), 'project%2F%C3%A4.json'), text);
    for (const work of [state.acquire, state.peek]) {
      await expect(work(key)).rejects.toMatchObject({ name: 'StateUnavailable', code });
    }
    expect(readdirSync(join(claims(), '000000000002'))).toEqual(['released.json']);
  });

  it('says that its folder cannot be used', async () => {
    writeFileSync(join(folder, 'acme'), 'a file where a folder belongs');
    for (const work of [fileState(folder).acquire, fileState(folder).peek, fileState(folder).partitions]) {
      await expect(work(key)).rejects.toMatchObject({ name: 'StateUnavailable', code: 'STATE_UNAVAILABLE' });
    }
  });
});

describe('the stored form', () => {
  it('is text that a person can read, one cell a line', () => {
    expect(printStored(FULL, 'p').split('\n')[1]).toContain('"start":"1970-01-01T00:00:00Z"');
    expect(parseStored(printStored(FULL, 'p'), 'x')).toEqual(FULL);
  });

  it.each([
    '',
    'null',
    '[]',
    '{}',
    '{"v":1}',
    printStored(FULL, 'p').slice(0, 80),
    printStored(FULL, 'p').replace('"abc"', '7'),
  ])('refuses damage: %s', (text) => {
    expect(() => parseStored(text, 'x')).toThrow('is damaged');
  });

  it('keeps milliseconds', () => {
    expect(parseStored(printStored(FULL, 'p'), 'x').cells[0]?.readAt).toBe(9_000_001);
  });
});
