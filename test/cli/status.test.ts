import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { statusCommand } from '../../cli/status.ts';
import type { CommittedCell } from '../../lib/cells.ts';
import { NOTHING_STORED, type PartitionState } from '../../lib/state/state.ts';
import { printStored } from '../../lib/state/stored.ts';
import { DAY, HOUR, type Millis } from '../../lib/time.ts';
import { captured } from '../support/captured.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'usage-sync-status-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const NOW = '2026-11-21T10:00:00Z';
const day = (of: number) => Date.UTC(2026, 10, of);
const cell = (start: Millis, more: Partial<CommittedCell> = {}): CommittedCell => ({
  start,
  end: start + DAY,
  digest: 'd',
  records: 1,
  quarantined: 0,
  readAt: day(21) + 9.5 * HOUR,
  settled: true,
  ...more,
});
const grid = { minutes: 1440, zone: 'UTC' };
const failure = {
  failures: 2,
  lastError: { exc_type: 'RateLimited', exc_message: 'slow down', code: 'RATE_LIMITED' },
  notBefore: day(21) + 12 * HOUR,
  credentials: '',
};

const store = (account: string, partition: string, state: Partial<PartitionState> | string) => {
  mkdirSync(join(folder, 'state', account, 'metrics'), { recursive: true });
  const text = typeof state === 'string' ? state : printStored({ ...NOTHING_STORED, ...state }, partition);
  writeFileSync(join(folder, 'state', account, 'metrics', `${partition}.json`), text);
};
const status = (ids: string[], more: { maxLag?: string; json?: boolean } = {}) => {
  const accounts = join(folder, 'accounts.yaml');
  // Nothing listens there: a request would fail.
  const credentials = {
    url: 'http://127.0.0.1:1/client/api',
    api_key: 'the-api-key',
    secret_key: 'the-secret',
  };
  const list = ids.map((id) => ({ id, provider: 'cloudstack', credentials }));
  writeFileSync(accounts, JSON.stringify({ defaults: { poll_interval: 3600 }, accounts: list }));
  return captured(() => statusCommand({ accounts, account: [], out: folder, now: NOW, ...more }));
};
const statuses = async (...ids: string[]) =>
  JSON.parse((await status(ids, { json: true })).stdout).partitions;

describe('usage-sync status', () => {
  it('shows how far a partition has come', async () => {
    const cells = [
      cell(day(18)),
      cell(day(19), { settled: false }),
      cell(day(20), { settled: false, quarantined: 1 }),
    ];
    store('acme', 'all', { grid, origin: day(18), checkpoint: day(21), cells });
    await expect(statuses('acme')).resolves.toEqual([
      {
        account: 'acme',
        provider: 'cloudstack',
        stream: 'metrics',
        partition: 'all',
        last_cell: '2026-11-20T00:00:00Z/2026-11-21T00:00:00Z',
        checkpoint: '2026-11-21T00:00:00Z',
        lag: 36_000,
        due: 0,
        next_due: '2026-11-21T10:30:00Z',
        not_before: null,
        failures: 0,
        last_error: null,
        unsettled: ['2026-11-19T00:00:00Z/2026-11-20T00:00:00Z', '2026-11-20T00:00:00Z/2026-11-21T00:00:00Z'],
        incomplete: ['2026-11-20T00:00:00Z/2026-11-21T00:00:00Z'],
        gaps: [],
      },
    ]);
  });

  it('counts what is due, and shows gaps', async () => {
    store('acme', 'all', {
      grid,
      origin: day(15),
      checkpoint: day(16),
      cells: [cell(day(15)), cell(day(18)), cell(day(20))],
    });
    const [{ due, next_due, last_cell, gaps }] = await statuses('acme');
    expect([due, next_due, last_cell]).toEqual([3, NOW, '2026-11-15T00:00:00Z/2026-11-16T00:00:00Z']);
    expect(gaps).toEqual([
      '2026-11-16T00:00:00Z/2026-11-18T00:00:00Z',
      '2026-11-19T00:00:00Z/2026-11-20T00:00:00Z',
    ]);
  });

  it.each(['all', '_account'])('shows what went wrong last (%s)', async (partition) => {
    store('acme', 'all', { grid, origin: day(20), checkpoint: day(21), cells: [cell(day(20))] });
    store('acme', partition, { grid, origin: day(20), checkpoint: day(21), cells: [cell(day(20))], failure });
    await expect(statuses('acme')).resolves.toMatchObject([
      {
        failures: 2,
        last_error: failure.lastError,
        not_before: '2026-11-21T12:00:00Z',
        next_due: '2026-11-21T12:00:00Z',
        lag: 36_000,
      },
    ]);
    const { code, stdout } = await status(['acme']);
    expect(code).toBe(0);
    expect(stdout).toContain(
      'acme/all: RateLimited: slow down (RATE_LIMITED, 2 in a row, waits until 2026-11-21T12:00:00Z)\n',
    );
  });

  it.each([
    ['36000', 0],
    ['35999', 1],
  ])('compares the lag with --max-lag %s', async (maxLag, code) => {
    store('acme', 'all', { grid, origin: day(20), checkpoint: day(21), cells: [cell(day(20))] });
    expect((await status(['acme'], { maxLag })).code).toBe(code);
  });

  it('takes what was never delivered for later than any limit', async () => {
    const { code, stdout } = await status(['acme']);
    expect([code, stdout.split('\n')[1]]).toEqual([
      0,
      expect.stringMatching(/^acme +metrics +all +none +– +0 +2026-11-21T10:00:00Z +0 +0$/),
    ]);
    const late = await status(['acme'], { maxLag: '999999999' });
    expect([late.code, late.stdout]).toEqual([
      1,
      expect.stringContaining('acme/all: lags more than 999999999 s\n'),
    ]);
  });

  it('shows the others when one state is damaged', async () => {
    store('acme', 'all', '{"v": 1');
    store('other', 'all', { grid, origin: day(20), checkpoint: day(21), cells: [cell(day(20))] });
    const { code, stdout } = await status(['acme', 'other'], { json: true });
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      now: NOW,
      partitions: [
        { account: 'acme', lag: null, last_error: { exc_type: 'StateUnavailable', code: 'STATE_DAMAGED' } },
        { account: 'other', lag: 36_000, last_error: null },
      ],
    });
  });

  it('refuses a limit that is no number of seconds', async () => {
    await expect(status(['acme'], { maxLag: '1h' })).rejects.toThrow(
      '--max-lag: expected a whole number of seconds',
    );
  });
});
