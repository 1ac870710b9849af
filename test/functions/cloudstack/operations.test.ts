import { readdirSync, readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { cloudStackClient } from '../../../functions/cloudstack/client.ts';
import { operations } from '../../../functions/cloudstack/operations.ts';
import { sign } from '../../../functions/cloudstack/signature.ts';
import { cloudStackConfig } from '../../../functions/cloudstack/types.ts';
import { createHttp } from '../../../lib/http.ts';
import { createLog } from '../../../lib/log.ts';
import { findOperation } from '../../../lib/operations.ts';
import { startServer, type TestServer } from '../../support/http-server.ts';

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

const signal = new AbortController().signal;
const refusal = {
  status: 401,
  body: { errorresponse: { errorcode: 401, errortext: 'unable to verify user credentials' } },
};

/** A server that knows its parameters, wherever they stand. */
async function connect(
  script: (parameters: Record<string, string>) => { status?: number; body: unknown },
  config: Record<string, unknown> = {},
) {
  const server = await startServer((response, { path, body: sent }) => {
    const query = new URL(path, 'http://x').searchParams;
    const { status = 200, body } = script(Object.fromEntries([...query, ...new URLSearchParams(sent)]));
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  const clock = { plan: () => 0, wire: Date.now };
  const redact = (text: string) => text;
  const log = createLog({ write: () => {}, level: 'error', redact, now: Date.now, fields: {} });
  const tls = { verify: true };
  const http = createHttp({
    origins: [server.url],
    tls,
    signal,
    clock,
    log,
    redact,
    attempts: 3,
    random: () => 0,
  });
  open.push(server, http);
  const credentials = {
    url: new URL('/client/api', server.url).href,
    api_key: 'the-key',
    secret_key: 'the-secret',
  };
  const parsed = cloudStackConfig.parse({ ...credentials, ...config });
  return {
    client: cloudStackClient({ config: parsed, http, clock, signal, log, conceal: () => {} }),
    server,
  };
}

async function call(
  { client }: Awaited<ReturnType<typeof connect>>,
  name: string,
  parameters: Record<string, string> = {},
): Promise<unknown[]> {
  const rows: unknown[] = [];
  for await (const row of findOperation(operations, name, true).run(client, parameters, signal))
    rows.push(row);
  return rows;
}

const asked = ({ requests }: TestServer) =>
  requests.map(({ method, path }) => {
    const query = new URL(path, 'http://x').searchParams;
    return [method, query.get('command'), query.get('page'), query.get('pagesize')];
  });

describe('what may change something', () => {
  it.each(['listUsers', 'getUser', 'queryAsyncJobResult', 'findHostsForMigration', 'quotaBalance'])(
    '%s may not',
    (name) => expect(findOperation(operations, name, false).write).toBe(false),
  );

  it.each([
    'deployVirtualMachine',
    'getawayVehicle',
    'listen',
    'quotaCredits',
    'isolateHost',
    'resetApiLimit',
  ])('%s may, and has to be allowed', (name) => {
    expect(() => findOperation(operations, name, false)).toThrow(
      expect.objectContaining({ name: 'InvalidConfig', code: 'WRITES_NOT_ALLOWED' }),
    );
    expect(findOperation(operations, name, true).write).toBe(true);
  });

  it.each(['', 'ListUsers', 'list users', '../x', 'a'.repeat(81)])('"%s" is no command', (name) => {
    expect(() => operations.find(name)).toThrow(expect.objectContaining({ code: 'UNKNOWN_OPERATION' }));
  });
});

describe('a read', () => {
  it('walks a listing to its end', async () => {
    const ids = (from: number, count: number) =>
      Array.from({ length: count }, (_, at) => ({ id: from + at }));
    const cloud = await connect(({ page }) => ({
      body: { r: { count: 503, user: page === '1' ? ids(0, 500) : ids(500, 3) } },
    }));
    await expect(call(cloud, 'listUsers', { listAll: 'true' })).resolves.toEqual(ids(0, 503));
    expect(asked(cloud.server)).toEqual([
      ['GET', 'listUsers', '1', '500'],
      ['GET', 'listUsers', '2', '500'],
    ]);
  });

  it('gives one page when it is asked for one', async () => {
    const cloud = await connect(() => ({ body: { r: { count: 9, user: [{ id: 4 }, { id: 5 }] } } }));
    await expect(call(cloud, 'listUsers', { page: '3', pageSize: '2' })).resolves.toEqual([
      { id: 4 },
      { id: 5 },
    ]);
    expect(asked(cloud.server)).toEqual([['GET', 'listUsers', '3', '2']]);
  });

  it('takes a listing that knows no pages as it is', async () => {
    const api = Array.from({ length: 700 }, (_, at) => ({ name: `api${at}` }));
    const cloud = await connect(() => ({ body: { r: { count: 700, api } } }));
    await expect(call(cloud, 'listApis')).resolves.toHaveLength(700);
    expect(asked(cloud.server)).toEqual([['GET', 'listApis', null, null]]);
  });

  it.each([
    ['an object', 'getUser', { user: { id: 1 } }, [{ id: 1 }]],
    ['nothing', 'getUser', {}, []],
    [
      'fields',
      'queryAsyncJobResult',
      { jobstatus: 1, jobresult: { x: 1 } },
      [{ jobstatus: 1, jobresult: { x: 1 } }],
    ],
    ['a single text', 'isAccountAllowed', { allowed: true }, [{ allowed: true }]],
    [
      'an object of a listing',
      'listUsageServerMetrics',
      { usageMetrics: { state: 'Up' } },
      [{ state: 'Up' }],
    ],
  ])('gives %s', async (_, name, body, rows) => {
    await expect(call(await connect(() => ({ body: { r: body } })), name)).resolves.toEqual(rows);
  });

  it('tells a command that is not known from keys that are not known', async () => {
    const known = await connect(({ command }) =>
      command === 'listCapabilities' ? { body: { r: {} } } : refusal,
    );
    await expect(call(known, 'listUnicorns')).rejects.toMatchObject({
      name: 'InvalidConfig',
      code: 'UNKNOWN_OPERATION',
    });
    await expect(call(await connect(() => refusal), 'listUsers')).rejects.toMatchObject({
      name: 'InvalidCredentials',
    });
  });

  it.each([
    [{ apiKey: 'x' }, 'the parameter apikey is set for every request'],
    [{ response: 'xml' }, 'the parameter response is set for every request'],
    [{ name: 'a', Name: 'b' }, 'a parameter is given twice'],
    [{ account: 'ada' }, 'account works only together with domainid'],
  ])('refuses %j, and asks nothing', async (parameters, message) => {
    const cloud = await connect(() => ({ body: { r: {} } }));
    await expect(call(cloud, 'listUsers', parameters as Record<string, string>)).rejects.toThrow(message);
    expect(cloud.server.requests).toEqual([]);
  });
});

describe('a write', () => {
  it('is one signed POST, with nothing in its URL', async () => {
    const cloud = await connect(() => ({ body: { r: { jobid: 'j1', id: 'v1' } } }));
    await expect(call(cloud, 'startVirtualMachine', { ID: 'v 1~' })).resolves.toEqual([
      { jobid: 'j1', id: 'v1' },
    ]);
    const [{ method, path, headers, body } = { headers: {}, body: '' }] = cloud.server.requests;
    expect([method, path, headers['content-type']]).toEqual([
      'POST',
      '/client/api',
      'application/x-www-form-urlencoded; charset=UTF-8',
    ]);
    const { signature, ...signed } = Object.fromEntries(new URLSearchParams(body));
    expect(signed).toMatchObject({
      command: 'startVirtualMachine',
      id: 'v 1~',
      apikey: 'the-key',
      response: 'json',
    });
    expect(signature).toBe(sign(signed, 'the-secret'));
  });

  it.each([
    [503, { errorcode: 503, errortext: 'in maintenance' }],
    [429, { errorcode: 429, errortext: 'retry after [1] ms' }],
  ])('is not sent again after %i', async (status, r) => {
    const cloud = await connect(() => ({ status, body: { r } }));
    await expect(call(cloud, 'startVirtualMachine')).rejects.toMatchObject({ retryable: true });
    expect(cloud.server.requests).toHaveLength(1);
  });

  it('finds the algorithm, when it may choose', async () => {
    const cloud = await connect(
      ({ signature = '', ...signed }) =>
        signature === sign(signed, 'the-secret') ? { body: { r: { ok: 1 } } } : refusal,
      { signature_algorithm: 'auto' },
    );
    await expect(call(cloud, 'startVirtualMachine')).resolves.toEqual([{ ok: 1 }]);
    expect(cloud.server.requests.map(({ method }) => method)).toEqual(['POST', 'POST']);
  });
});

it('is in no bundle of a handler', () => {
  const room = new URL('../../../functions/cloudstack/', import.meta.url);
  const others = readdirSync(room).filter((name) => name !== 'operations.ts');
  expect(others).toContain('index.ts');
  expect(
    others.filter((name) => /['"`][^'"`]*operations\.ts/.test(readFileSync(new URL(name, room), 'utf8'))),
  ).toEqual([]);
});
