import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { callCommand } from '../../../cli/call.ts';
import { explainCommand } from '../../../cli/explain.ts';
import { startAlmanach } from '../../../simulators/almanach/server.ts';
import { captured } from '../../support/captured.ts';

const october = fileURLToPath(new URL('../../fixtures/almanach/list_entities-window.json', import.meta.url));

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'usage-sync-almanach-command-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('usage-sync explain', () => {
  const explain = async (index: string) => {
    const { code, stdout } = await captured(() =>
      explainCommand({ provider: 'almanach', record: october, index, json: true }),
    );
    expect(code).toBe(0);
    return JSON.parse(stdout);
  };

  it('shows a row that has ended with its whole length', async () => {
    const { of, records } = await explain('2');
    expect(of).toBe(46);
    expect(records).toMatchObject([
      {
        period: '2026-10-10T08:15:30.123Z/2026-10-10T09:45:30.654Z',
        metrics: [{ metric: 'vm-allocated-time', specialisation: 'm1.medium', unit: 's', result: 5400.531 }],
      },
    ]);
  });

  it('shows an open row for its first hour, and says so', async () => {
    const { records } = await explain('40');
    expect(records[0].period).toBe('2026-10-07T00:00:00Z/..');
    expect(records[0].metrics).toMatchObject([
      { metric: 'volume-allocated-time', specialisation: 'solidfire0', result: 3600 },
      { metric: 'volume-size-time', variables: { value: 3600, size: 20 }, result: 3600 * 20 * 1024 ** 3 },
    ]);
    const { stdout } = await captured(() =>
      explainCommand({ provider: 'almanach', record: october, index: '40' }),
    );
    expect(stdout).toContain('2026-10-07T00:00:00Z/.. (shown for its first hour)');
  });
});

describe('usage-sync call', () => {
  it('reads, and writes only when it is allowed', async () => {
    const cloud = await startAlmanach();
    const accounts = join(folder, 'accounts.yaml');
    const account = { id: 'os', provider: 'almanach', credentials: cloud.credentials };
    writeFileSync(accounts, JSON.stringify({ accounts: [account] }));
    const call = (name: string, parameters: string[], allowWrites = false) =>
      captured(() =>
        callCommand('almanach', name, parameters, { accounts, account: 'os', allowWrites, json: true }),
      );
    try {
      const start = new Date().toISOString();
      const create = ['tenant=lab', 'id=vm', 'name=n', 'flavor=f', `start=${start}`];
      await expect(call('create_instance', create)).rejects.toMatchObject({ code: 'WRITES_NOT_ALLOWED' });
      expect(await call('create_instance', create, true)).toMatchObject({
        code: 0,
        stdout: '[{"status":201}]\n',
      });
      const { stdout } = await call('get_tenant_entities', ['tenant=lab', `start=${start}`]);
      expect(JSON.parse(stdout)).toMatchObject([{ entity_id: 'vm', flavor: 'f', end: null }]);
      expect(await call('delete_instance', ['id=vm'], true)).toMatchObject({ code: 0 });
      expect(JSON.parse((await call('get_entity', ['id=vm'])).stdout)).toMatchObject([
        { end: expect.any(String) },
      ]);
      const { code, stderr } = await call('get_entity', ['id=nothing']);
      expect([code, stderr]).toEqual([1, expect.stringContaining('Entity not found (404)')]);
    } finally {
      await cloud.close();
    }
  });
});
