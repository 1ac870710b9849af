import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkCommand } from '../../cli/check.ts';
import type { CloudStackOptions } from '../../simulators/cloudstack/options.ts';
import { type CloudStackSimulator, startCloudStack } from '../../simulators/cloudstack/server.ts';
import { captured } from '../support/captured.ts';

let folder: string;
const open: CloudStackSimulator[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'usage-sync-check-'));
});
afterEach(async () => {
  for (const cloud of open.splice(0)) await cloud.close();
  rmSync(folder, { recursive: true, force: true });
});

async function start(options: CloudStackOptions = {}) {
  const cloud = await startCloudStack({
    vms: 2,
    wireNow: Date.now,
    planNow: () => Date.UTC(2026, 10, 21),
    ...options,
  });
  open.push(cloud);
  return cloud;
}
const check = (accounts: Record<string, unknown>, more: { account?: string[]; json?: boolean } = {}) => {
  const file = join(folder, 'accounts.yaml');
  const list = Object.entries(accounts).map(([id, credentials]) => ({
    id,
    provider: 'cloudstack',
    credentials,
  }));
  writeFileSync(file, JSON.stringify({ accounts: list }));
  return captured(() => checkCommand({ accounts: file, account: [], ...more }));
};

describe('usage-sync check', () => {
  it('finds good credentials good', async () => {
    const { credentials } = await start();
    const { code, stdout, stderr } = await check({ acme: credentials });
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toBe('account  provider    credentials\nacme     cloudstack  ok\n');
  });

  it('says what is missing of each account, and leaves the others alone', async () => {
    const [good, forbidden, narrow] = [
      await start(),
      await start({ role: 'user' }),
      await start({ role: 'domain-admin' }),
    ];
    const { code, stdout } = await check(
      {
        acme: good.credentials,
        wrong: { ...good.credentials, secret_key: 'not-the-secret-key' },
        forbidden: forbidden.credentials,
        narrow: narrow.credentials,
      },
      { json: true },
    );
    expect(code).toBe(1);
    expect(JSON.parse(stdout).accounts).toMatchObject([
      { account: 'acme', ok: true, error: null, notes: [] },
      { account: 'wrong', ok: false, error: { exc_type: 'InvalidCredentials' } },
      {
        account: 'forbidden',
        ok: false,
        error: {
          exc_type: 'InsufficientPermission',
          exc_message: expect.stringContaining('listUsageRecords'),
        },
      },
      {
        account: 'narrow',
        ok: true,
        notes: expect.arrayContaining([expect.stringContaining('listUsageServerMetrics is not available')]),
      },
    ]);
    expect(stdout).not.toContain(good.credentials.secret_key);
  });

  it('explains a broken account in words', async () => {
    const { credentials } = await start();
    const { code, stdout } = await check({
      acme: credentials,
      wrong: { ...credentials, secret_key: 'not-it-at-all' },
    });
    expect(code).toBe(1);
    expect(stdout).toMatch(/^wrong +cloudstack +InvalidCredentials$/m);
    expect(stdout).toMatch(/^wrong: listCapabilities: .+\n {2}Check api_key and secret_key/m);
  });

  it('tries a refused key once', async () => {
    const cloud = await start();
    await check({ wrong: { ...cloud.credentials, secret_key: 'not-it-at-all' } });
    expect(cloud.requests.map(({ command }) => command)).toEqual(['listCapabilities']);
  });

  it('asks only about the accounts named', async () => {
    const [one, other] = [await start(), await start()];
    const accounts = { one: one.credentials, other: other.credentials };
    const { stdout } = await check(accounts, { account: ['other'], json: true });
    expect(JSON.parse(stdout).accounts).toMatchObject([{ account: 'other' }]);
    expect(one.requests).toEqual([]);
    await expect(check(accounts, { account: ['third'] })).rejects.toMatchObject({ name: 'InvalidConfig' });
  });
});
