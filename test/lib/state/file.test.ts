import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { StateConflict } from '../../../lib/errors.ts';
import { fileState } from '../../../lib/state/file.ts';
import { NOTHING_STORED, type PartitionState } from '../../../lib/state/state.ts';
import { parseStored, printStored } from '../../../lib/state/stored.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'usage-sync-state-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const key = { account: 'acme', stream: 'metrics', partition: 'project/ä' };
const full: PartitionState = {
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
    },
  ],
  memory: { seen: ['x'] },
  failure: {
    failures: 2,
    lastError: { exc_type: 'RateLimited', exc_message: 'slow down', code: 'RATE_LIMITED' },
    notBefore: 8_000_000,
    credentials: '12ab',
  },
};
const lockFile = () => join(folder, 'acme/metrics/project%2F%C3%A4.lock');
const claim = (pid: number, host = hostname()) => {
  mkdirSync(join(folder, 'acme/metrics'), { recursive: true });
  writeFileSync(lockFile(), JSON.stringify({ id: 'other', pid, host }));
};

/** The number of a process that has just ended. */
const deadPid = () => spawnSync(process.execPath, ['-e', '']).pid;

describe('fileState', () => {
  it('knows nothing at first, and afterwards what was committed', async () => {
    const state = fileState(folder);
    expect(await state.peek(key)).toEqual(NOTHING_STORED);
    const lease = await state.acquire(key);
    await lease?.commit(full);
    await lease?.release();
    expect(await fileState(folder).peek(key)).toEqual(full);
  });

  it('knows its partitions by their ids, long and odd ones too', async () => {
    const state = fileState(folder);
    for (const partition of ['project/ä', 'x'.repeat(400), '_account']) {
      const lease = await state.acquire({ ...key, partition });
      await lease?.commit(full);
      await lease?.release();
    }
    expect(await state.partitions(key)).toEqual(['project/ä', 'x'.repeat(400)]);
    expect(await state.partitions({ ...key, account: 'other' })).toEqual([]);
  });

  it('leaves neither locks nor temporary files behind', async () => {
    const lease = await fileState(folder).acquire(key);
    await lease?.commit(full);
    await lease?.release();
    expect(readdirSync(join(folder, 'acme/metrics'))).toEqual([
      'project%2F%C3%A4.fence',
      'project%2F%C3%A4.json',
    ]);
  });

  it('lets one of many in', async () => {
    const leases = await Promise.all(Array.from({ length: 8 }, () => fileState(folder).acquire(key)));
    expect(leases.filter((lease) => lease !== null)).toHaveLength(1);
  });

  it('lets one of many take over from a process that died', async () => {
    claim(deadPid());
    const leases = await Promise.all(Array.from({ length: 8 }, () => fileState(folder).acquire(key)));
    expect(leases.filter((lease) => lease !== null)).toHaveLength(1);
  });

  it('waits for a living process, and for one on another machine', async () => {
    claim(process.pid);
    expect(await fileState(folder).acquire(key)).toBeNull();
    claim(deadPid(), 'another-machine');
    expect(await fileState(folder).acquire(key)).toBeNull();
  });

  it('takes over what has shown no sign of life for long', async () => {
    claim(1, 'another-machine');
    utimesSync(lockFile(), 0, 0);
    expect(await fileState(folder).acquire(key)).not.toBeNull();
  });

  it('refuses the commit of a holder that lost its lease', async () => {
    const lease = await fileState(folder).acquire(key);
    claim(process.pid);
    await expect(lease?.commit(full)).rejects.toThrow(StateConflict);
    expect(await fileState(folder).peek(key)).toEqual(NOTHING_STORED);
  });
});

describe('the stored form', () => {
  it('is text that a person can read, one cell a line', () => {
    expect(printStored(full, 'p').split('\n')[1]).toContain('"start":"1970-01-01T00:00:00Z"');
    expect(parseStored(printStored(full, 'p'), 'x')).toEqual(full);
  });

  it.each([
    '',
    'null',
    '[]',
    '{}',
    '{"v":1}',
    printStored(full, 'p').slice(0, 80),
    printStored(full, 'p').replace('"abc"', '7'),
  ])('refuses damage: %s', (text) => {
    expect(() => parseStored(text, 'x')).toThrow('is damaged');
  });

  it('keeps milliseconds', () => {
    expect(parseStored(printStored(full, 'p'), 'x').cells[0]?.readAt).toBe(9_000_001);
  });
});
