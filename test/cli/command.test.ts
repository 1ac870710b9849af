import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type CloudStackSimulator, startCloudStack } from '../../simulators/cloudstack/server.ts';
import { finished, run, start } from '../support/command.ts';

const NOW = '2026-11-21T10:00:00Z';
let cloud: CloudStackSimulator;
let folder: string;

beforeAll(async () => {
  cloud = await startCloudStack({ seed: 3, vms: 4, planNow: () => Date.parse(NOW), wireNow: Date.now });
}, 60_000);
afterAll(() => cloud.close());
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'usage-sync-cli-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const credentials = () => cloud.credentials as { url: string; api_key: string; secret_key: string };
const account = (id: string, more: Record<string, unknown> = {}) => ({
  id,
  provider: 'cloudstack',
  credentials: credentials(),
  initial_interval: 3 * 86_400,
  ...more,
});
const accountsFile = (...accounts: unknown[]) => {
  const file = join(folder, 'accounts.yaml');
  writeFileSync(file, JSON.stringify({ accounts }));
  return file;
};
const out = () => join(folder, 'out');
const sync = (file: string, ...more: string[]) =>
  run(['sync', '--accounts', file, '--out', out(), '--now', NOW, '--json', '--stream', 'metrics', ...more]);

describe('usage-sync sync', () => {
  it('delivers, has nothing due the second time, and explains its plan', async () => {
    const file = accountsFile(account('acme'));
    const first = await sync(file);
    expect([first.code, first.stderr]).toEqual([0, expect.stringContaining('acme: ')]);
    const { accounts } = JSON.parse(first.stdout);
    expect(accounts).toMatchObject([{ account: 'acme', error: null, report: { status: 'done' } }]);
    expect(accounts[0].report.windows.length).toBeGreaterThanOrEqual(3);
    expect(readdirSync(join(out(), 'runs'))).toHaveLength(1);

    const second = await sync(file);
    expect(second.code).toBe(0);
    expect(JSON.parse(second.stdout).accounts[0].report).toMatchObject({
      status: 'nothing_due',
      windows: [],
    });

    const plan = await run([
      'plan',
      '--accounts',
      file,
      '--out',
      out(),
      '--now',
      '2026-11-22T10:00:00Z',
      '--json',
    ]);
    const [planned] = JSON.parse(plan.stdout).plans;
    expect(planned).toMatchObject({ account: 'acme', partition: 'all', grid: { minutes: 1440 } });
    expect(planned.cells.at(-1)).toMatchObject({
      start: '2026-11-21T00:00:00Z',
      reasons: [expect.stringContaining('new'), expect.anything()],
    });
    expect(planned.cells[0].reasons.join()).toContain('read again');
  });

  it('reads inventory, metrics and status, and the log when it is asked for', async () => {
    const file = accountsFile(account('acme'), account('all', { streams: ['resources', 'logs'] }));
    const { code, stdout } = await run(['sync', '--accounts', file, '--out', out(), '--now', NOW, '--json']);
    const streams = JSON.parse(stdout).accounts.map(
      (one: { account: string; stream: string }) => `${one.account} ${one.stream}`,
    );
    expect([code, streams]).toEqual([
      0,
      ['acme resources', 'acme metrics', 'acme status', 'all resources', 'all logs'],
    ]);
    expect(readdirSync(join(out(), 'resources/acme/all'))).toEqual(['latest.ndjson', 'removed.ndjson']);
    expect(readdirSync(join(out(), 'status/acme'))).toEqual(['latest.json']);
    expect(readdirSync(join(out(), 'logs/all')).length).toBeGreaterThan(0);
  });

  it('tries refused credentials once, not once for each stream', async () => {
    const before = cloud.requests.length;
    const wrong = account('wrong', { credentials: { ...credentials(), secret_key: 'not-the-key' } });
    const { code, stdout } = await run([
      'sync',
      '--accounts',
      accountsFile(wrong),
      '--out',
      out(),
      '--now',
      NOW,
      '--json',
    ]);
    expect(code).toBe(1);
    expect(JSON.parse(stdout).accounts).toHaveLength(3);
    expect(cloud.requests.length - before).toBe(1);
  });

  it('prints a table for people, without codes', async () => {
    const { stdout } = await run([
      'sync',
      '--accounts',
      accountsFile(account('acme')),
      '--out',
      out(),
      '--now',
      NOW,
    ]);
    expect(stdout).toMatch(
      /^account +status +cells +records +metrics +dropped +quarantined +spend +duration +next due\nacme +done +\d+/,
    );
    expect(stdout.includes('\u001b')).toBe(false);
  });

  it('leaves the other accounts alone when one fails, and exits 3', async () => {
    const wrong = account('wrong', { credentials: { ...credentials(), secret_key: 'not-the-key' } });
    const { code, stdout, stderr } = await sync(accountsFile(wrong, account('right')));
    expect(code).toBe(3);
    expect(JSON.parse(stdout).accounts).toMatchObject([
      { error: { exc_type: 'InvalidCredentials' } },
      { error: null },
    ]);
    expect(stderr).not.toContain('not-the-key');
  });

  it('exits 1 when every account failed', async () => {
    const gone = { ...credentials(), url: 'http://127.0.0.1:9/client/api' };
    const { code } = await sync(
      accountsFile(account('gone', { credentials: { ...gone, secret_key: 'x' } })),
      '--account',
      'gone',
    );
    expect(code).toBe(1);
  }, 60_000);

  it('commits whole cells and exits 4 on SIGTERM; the next run goes on', async () => {
    cloud.setFaults(['slow']);
    const file = accountsFile(account('acme', { initial_interval: 60 * 86_400, backfill: 86_400 }));
    const child = start([
      'sync',
      '--accounts',
      file,
      '--out',
      out(),
      '--now',
      NOW,
      '--json',
      '--stream',
      'metrics',
    ]);
    const before = cloud.requests.length;
    const stopping = finished(child);
    // It is at work once it has asked for more than its settings: a slow machine takes its time to get there.
    while (cloud.requests.length < before + 8 && child.exitCode === null) await delay(20);
    child.kill('SIGTERM');
    const stopped = await stopping;
    cloud.setFaults([]);
    expect([stopped.code, JSON.parse(stopped.stdout).accounts[0].report.status]).toEqual([4, 'continue']);
    const rest = await sync(file);
    expect(rest.code).toBe(0);
    expect(readdirSync(join(out(), 'metrics/acme/all')).length).toBeGreaterThanOrEqual(60);
  }, 60_000);

  it.each([
    [
      'that is far too small: says what to change',
      '0.001',
      1,
      'BudgetTooSmall: Nothing could be completed within',
    ],
    ['that suffices: is done', '3600', 0, ''],
    ['that is none: does not begin', 'soon', 2, '--budget: expected a number of seconds'],
  ])('with a --budget %s', async (_, budget, expected, said) => {
    const { code, stderr } = await sync(
      accountsFile(account('acme')),
      '--budget',
      budget,
      '--stream',
      'metrics',
    );
    expect(code).toBe(expected);
    expect(stderr).toContain(said);
  });

  it('reads a range again and says what it widened', async () => {
    const { stdout } = await sync(
      accountsFile(account('acme')),
      '--from',
      '2026-11-10T05:00:00Z',
      '--to',
      '2026-11-11T05:00:00Z',
    );
    const { windows } = JSON.parse(stdout).accounts[0].report;
    expect(windows.map(({ start: from }: { start: string }) => from)).toEqual([
      '2026-11-10T00:00:00Z',
      '2026-11-11T00:00:00Z',
    ]);
    expect(windows[0].reasons.join()).toContain('widened');
  });

  it.each([
    ['a file that is not there', () => ['--accounts', 'no-such-file.yaml']],
    ['an unknown key', () => ['--accounts', accountsFile({ ...account('acme'), pol_interval: 1 })]],
    ['an unknown provider', () => ['--accounts', accountsFile({ ...account('acme'), provider: 'nimbus' })]],
    [
      'a credential that nobody knows',
      () => [
        '--accounts',
        accountsFile(account('acme', { credentials: { ...credentials(), api_kye: 'x' } })),
      ],
    ],
    [
      'a zone that nobody knows',
      () => ['--accounts', accountsFile(account('acme')), '--from', 'yesterday', '--to', NOW],
    ],
    [
      'an account that the file does not have',
      () => ['--accounts', accountsFile(account('acme')), '--account', 'other'],
    ],
    ['no accounts file', () => []],
    ['an unknown option', () => ['--accounts', accountsFile(account('acme')), '--fast']],
  ])('exits 2 on %s, and tries nothing', async (_, args) => {
    const before = cloud.requests.length;
    const { code, stdout, stderr } = await run(['sync', ...args()]);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).not.toBe('');
    expect(cloud.requests.length).toBe(before);
  });
});

describe('usage-sync invoke', () => {
  const event = (more: Record<string, unknown> = {}) =>
    JSON.stringify({
      account_id: 'acme',
      credentials: credentials(),
      last_update: '2026-11-19T00:00:00Z',
      poll_interval: 3600,
      ...more,
    });

  it('prints one object with the value, and nothing else', async () => {
    const { code, stdout } = await run(['invoke', 'cloudstack.getMetrics', '--event', '-', '--now', NOW], {
      input: event(),
    });
    const { value, logs, error } = JSON.parse(stdout);
    expect([code, error, Array.isArray(logs)]).toEqual([0, null, true]);
    expect(value.last_update).toBe('2026-11-21T00:00:00Z');
    expect(value.metrics.length).toBeGreaterThan(0);
    expect(value.metrics[0]).toMatchObject({
      metric: expect.any(String),
      value: expect.any(Number),
      time: expect.stringMatching(/Z$/),
      key: expect.stringMatching(/^[0-9a-f]{32}$/),
    });
  });

  it('wraps a failure', async () => {
    const wrong = event({ credentials: { ...credentials(), api_key: 'nobody' } });
    const { code, stdout } = await run(['invoke', 'cloudstack.get_metrics', '--event', wrong, '--now', NOW]);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      value: null,
      error: { exc_type: 'InvalidCredentials', owner: 'user', stack_trace: '' },
    });
  });

  it('takes text that looks like a reference as it is', async () => {
    const wrong = event({ credentials: { ...credentials(), api_key: '${HOME}' } });
    const { stdout } = await run(['invoke', 'cloudstack.getMetrics', '--event', wrong, '--now', NOW]);
    expect(JSON.parse(stdout)).toMatchObject({ error: { exc_type: 'InvalidCredentials' } });
  });

  it('validates credentials', async () => {
    const { stdout } = await run(['invoke', 'cloudstack.validateCredentials', '--event', event()]);
    expect(JSON.parse(stdout)).toMatchObject({ value: { ok: true }, error: null });
  });

  it('answers with a report when the environment names a sink', async () => {
    const env = { USAGE_SYNC_SINK: `file:${out()}`, USAGE_SYNC_STATE: `file:${join(out(), 'state')}` };
    const { stdout } = await run(['invoke', 'cloudstack.getMetrics', '--event', event(), '--now', NOW], {
      env,
    });
    expect(JSON.parse(stdout).value).toMatchObject({ status: 'done', last_update: '2026-11-21T00:00:00Z' });
    expect(readdirSync(join(out(), 'metrics/acme/all'))).toHaveLength(2);
  });

  it.each([
    ['cloudstack.getNothing', event],
    ['nimbus.getMetrics', event],
    ['cloudstack.getMetrics', () => 'no-such-file.json'],
  ])('exits 2 on %s', async (handler, source) => {
    const { code, stdout } = await run(['invoke', handler, '--event', source()]);
    expect([code, stdout]).toEqual([2, '']);
  });
});

describe('usage-sync mappings', () => {
  it('shows every problem at once', async () => {
    const file = join(folder, 'bad.yaml');
    writeFileSync(file, 'A:\n  name: a b c.d\n  conversion_expr: value *\nB:\n  nam: b\n');
    const { code, stdout } = await run(['mappings', 'lint', file]);
    expect(code).toBe(1);
    expect(stdout.split('\n').filter(Boolean).length).toBeGreaterThanOrEqual(3);
    expect(stdout).toContain(`${file}:3:`);
  });

  it('passes the default mapping and the vectors', async () => {
    expect((await run(['mappings', 'lint', 'mappings/cloudstack.yaml'])).code).toBe(0);
    const { code, stdout } = await run(['mappings', 'test', 'test/fixtures/vectors/expressions.json']);
    expect([code, stdout]).toEqual([0, '400 passed, 0 failed\n']);
  });

  it('exits 1 on a case that does not hold, and 2 on a file that cannot be read', async () => {
    const file = join(folder, 'cases.json');
    writeFileSync(file, JSON.stringify([{ expr: '1 + 1', vars: {}, result: 3 }]));
    expect((await run(['mappings', 'test', file])).code).toBe(1);
    expect((await run(['mappings', 'test', join(folder, 'none.json')])).code).toBe(2);
  });
});

describe('usage-sync simulate', () => {
  it('tells where it is, serves, and ends on SIGTERM', async () => {
    const child = start(['simulate', 'cloudstack', '--seed', '7', '--fault', 'duplicate-rows']);
    const line = await new Promise<string>((resolve) =>
      child.stdout?.once('data', (chunk: Buffer) => resolve(String(chunk))),
    );
    const told = JSON.parse(line);
    expect(told).toMatchObject({
      provider: 'cloudstack',
      seed: 7,
      url: expect.stringContaining('127.0.0.1'),
      credentials: { api_key: expect.any(String) },
    });
    const { stdout } = await run([
      'invoke',
      'cloudstack.validateCredentials',
      '--event',
      JSON.stringify({ account_id: 'a', credentials: told.credentials }),
    ]);
    expect(JSON.parse(stdout).value).toEqual({ ok: true });
    process.kill(told.pid, 'SIGTERM');
    expect((await finished(child)).code).toBe(0);
  });
});

it('has help everywhere', async () => {
  for (const args of [[], ['sync'], ['invoke'], ['plan'], ['mappings', 'lint'], ['simulate']]) {
    const { code, stdout } = await run([...args, '--help']);
    expect([code, stdout.startsWith('Usage: usage-sync')]).toEqual([0, true]);
  }
});

it('starts many at once while it is being built', async () => {
  const results = await Promise.all(
    Array.from({ length: 4 }, () => run(['mappings', 'lint', 'mappings/cloudstack.yaml'])),
  );
  expect(results.map(({ code }) => code)).toEqual([0, 0, 0, 0]);
});
