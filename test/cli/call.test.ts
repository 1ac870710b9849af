import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type CallCommandOptions, callCommand } from '../../cli/call.ts';
import { startCloudStack } from '../../simulators/cloudstack/server.ts';
import { captured } from '../support/captured.ts';
import { startServer } from '../support/http-server.ts';

let folder: string;
const open: { close(): Promise<void> }[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'usage-sync-call-'));
});
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
  rmSync(folder, { recursive: true, force: true });
});

const accountsFile = (credentials: unknown) => {
  const accounts = join(folder, 'accounts.yaml');
  writeFileSync(
    accounts,
    JSON.stringify({ accounts: [{ id: 'acme', provider: 'cloudstack', credentials }] }),
  );
  return accounts;
};
const call = (
  credentials: unknown,
  name: string,
  parameters: string[],
  more: Partial<CallCommandOptions> = {},
) =>
  captured(() =>
    callCommand('cloudstack', name, parameters, {
      accounts: accountsFile(credentials),
      account: 'acme',
      ...more,
    }),
  );

async function simulated() {
  const cloud = await startCloudStack({ vms: 2, wireNow: Date.now, planNow: () => Date.UTC(2026, 10, 21) });
  open.push(cloud);
  return cloud;
}

/** Answers every command with the same rows, and remembers what it was asked. */
async function serving(rows: unknown) {
  const server = await startServer((response) => {
    response
      .writeHead(200, { 'content-type': 'application/json' })
      .end(JSON.stringify({ r: { thing: rows } }));
  });
  open.push(server);
  const url = new URL('/client/api', server.url).href;
  return { server, credentials: { url, api_key: 'the-api-key', secret_key: 'the-secret-key' } };
}

describe('usage-sync call', () => {
  it('prints the columns asked for', async () => {
    const { credentials } = await simulated();
    const { code, stdout, stderr } = await call(credentials, 'listUsageTypes', [], {
      columns: 'id, name,none',
    });
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout.split('\n').slice(0, 3)).toEqual([
      expect.stringMatching(/^id +name +none$/),
      expect.stringMatching(/^ *1 +\S/),
      expect.stringMatching(/^ *2 +\S/),
    ]);
  });

  it('passes parameters on, and prints JSON', async () => {
    const { credentials, requests } = await simulated();
    const { code, stdout } = await call(
      credentials,
      'listConfigurations',
      ['name=usage.aggregation.timezone'],
      {
        json: true,
      },
    );
    expect([code, JSON.parse(stdout)]).toEqual([0, [expect.objectContaining({ value: 'UTC' })]]);
    expect(requests.map(({ parameters }) => parameters.name)).toEqual(['usage.aggregation.timezone']);
  });

  it('shows one object field by field', async () => {
    const { credentials } = await serving({ id: 'u1', tags: ['a'], none: null });
    const { stdout } = await call(credentials, 'getUser', []);
    expect(stdout).toBe('field  value\nid     u1\ntags   ["a"]\nnone\n');
  });

  it('chooses columns, and says that there are more', async () => {
    const row = Object.fromEntries('abcdefghi'.split('').map((name) => [name, name]));
    const { credentials } = await serving([
      { ...row, nested: {}, name: 'n\u001b[31m', id: 1 },
      { ...row, id: 2, name: 'm' },
    ]);
    const { stdout, stderr } = await call(credentials, 'listThings', []);
    expect(stdout).toBe(
      'id  name    a  b  c  d  e  f\n 1  n [31m  a  b  c  d  e  f\n 2  m       a  b  c  d  e  f\n',
    );
    expect(stderr).toBe('3 more columns: see --json, or name them with --columns\n');
  });

  it('shows no secret in what it reads, and a new key in what it wrote', async () => {
    const { credentials, server } = await serving([{ secretkey: 'fresh', note: 'has the-secret-key' }]);
    const read = await call(credentials, 'listUsers', [], { json: true });
    expect(JSON.parse(read.stdout)).toEqual([{ secretkey: '<secretkey>', note: 'has <secret>' }]);
    const written = await call(credentials, 'registerUserKeys', ['id=u1'], { json: true, allowWrites: true });
    expect(JSON.parse(written.stdout)).toEqual([{ secretkey: 'fresh', note: 'has the-secret-key' }]);
    expect(server.requests.map(({ method }) => method)).toEqual(['GET', 'POST']);
  });

  it.each([
    ['a write that is not allowed', 'stopVirtualMachine', ['id=1'], { code: 'WRITES_NOT_ALLOWED' }],
    ['an operation that cannot be', 'Stop', [], { code: 'UNKNOWN_OPERATION' }],
    ['a parameter without a name', 'listUsers', ['=1'], { message: 'Parameter 1: expected name=value' }],
    [
      'a parameter without a value',
      'listUsers',
      ['a=1', 'b'],
      { message: 'Parameter 2: expected name=value' },
    ],
    ['a parameter given twice', 'listUsers', ['a=1', 'a=2'], { message: 'The parameter a is given twice' }],
  ])('refuses %s before it asks', async (_, name, parameters, error) => {
    const { credentials, server } = await serving([]);
    await expect(call(credentials, name, parameters)).rejects.toMatchObject({
      name: 'InvalidConfig',
      ...error,
    });
    expect(server.requests).toEqual([]);
  });

  it('refuses an account of another provider', async () => {
    const accounts = accountsFile((await serving([])).credentials);
    await expect(callCommand('cloudtower', 'get-vms', [], { accounts, account: 'acme' })).rejects.toThrow(
      'The account "acme" is not one of cloudtower',
    );
  });

  it('fails with the words of the provider, and prints no half of an answer', async () => {
    const { credentials } = await simulated();
    const { code, stdout, stderr } = await call(credentials, 'listUsageRecords', []);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^InvalidConfig: listUsageRecords: .+ \(431\)\n/);
  });
});
