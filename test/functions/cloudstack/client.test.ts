import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { type CloudStackClient, cloudStackClient } from '../../../functions/cloudstack/client.ts';
import { cloudStackConfig } from '../../../functions/cloudstack/types.ts';
import { verifyAccess } from '../../../functions/cloudstack/verify.ts';
import { createHttp, type Http } from '../../../lib/http.ts';
import { createLog } from '../../../lib/log.ts';
import { startServer, type TestServer } from '../../support/http-server.ts';

interface Reply {
  status?: number;
  headers?: Record<string, string>;
  body: unknown;
}
type Script = (parameters: URLSearchParams, index: number) => Reply;

const open: { server: TestServer; http: Http }[] = [];
afterEach(async () => {
  for (const { server, http } of open.splice(0)) {
    http.close();
    await server.close();
  }
});

const page = (rows: unknown[], count?: number) => ({
  body: { r: { ...(count === undefined ? {} : { count }), usagerecord: rows } },
});
const rows = (count: number, from = 0) => Array.from({ length: count }, (_, at) => ({ id: from + at }));

async function connect(
  script: Script,
  config: Record<string, unknown> = {},
): Promise<{ client: CloudStackClient; server: TestServer }> {
  const server = await startServer((response, request, index) => {
    const {
      status = 200,
      headers = {},
      body,
    } = script(new URL(request.path, 'http://x').searchParams, index);
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  });
  const signal = new AbortController().signal;
  const clock = { plan: Date.now, wire: Date.now };
  const redact = (text: string) => text;
  const log = createLog({ write: () => {}, level: 'error', redact, now: Date.now, fields: {} });
  const http = createHttp({
    origins: [server.url],
    tls: { verify: true },
    signal,
    clock,
    log,
    redact,
    attempts: 3,
    random: () => 0,
  });
  open.push({ server, http });
  const url = new URL('/client/api', server.url).href;
  const parsed = cloudStackConfig.parse({
    url,
    api_key: 'the-api-key',
    secret_key: 'the-secret-key',
    ...config,
  });
  return {
    client: cloudStackClient({ config: parsed, http, clock, signal, log, conceal: () => {} }),
    server,
  };
}

async function walk(client: CloudStackClient): Promise<unknown[]> {
  const all: unknown[] = [];
  for await (const { rows: more } of client.list('listUsageRecords', {}, new AbortController().signal))
    all.push(...more);
  return all;
}

describe('a listing', () => {
  it('sends page and page size together, and walks to the short page', async () => {
    const { client, server } = await connect((query) =>
      page(rows(query.get('page') === '3' ? 7 : 500), 1007),
    );
    await expect(walk(client)).resolves.toHaveLength(1007);
    expect(server.requests.map(({ path }) => /[?&]page=(\d+)&pagesize=(\d+)/.exec(path)?.slice(1))).toEqual([
      ['1', '500'],
      ['2', '500'],
      ['3', '500'],
    ]);
  });

  it('shrinks to the page size that the server allows', async () => {
    const { client } = await connect((query) => {
      const size = Number(query.get('pagesize'));
      if (size > 100)
        return {
          status: 431,
          body: {
            r: { errorcode: 431, errortext: "Page size can't exceed max allowed page size value: 100" },
          },
        };
      return page(rows(query.get('page') === '2' ? 20 : size), 120);
    });
    await expect(walk(client)).resolves.toHaveLength(120);
  });

  it.each([
    ['an empty body', { body: { r: {} } }, 0],
    ['a count of nothing', { body: { r: { count: 0, usagerecord: [] } } }, 0],
    ['a single object', { body: { r: { count: 1, usagerecord: { id: 1 } } } }, 1],
    ['another array name', { body: { odd: { count: 1, other: [{ id: 1 }] } } }, 1],
    ['no count', page(rows(3)), 3],
  ])('reads %s', async (_, reply, expected) => {
    const { client } = await connect(() => reply);
    await expect(walk(client)).resolves.toHaveLength(expected);
  });

  it('reads a last page that is past the end', async () => {
    const { client } = await connect((query) =>
      query.get('page') === '1' ? page(rows(500), 500) : { body: { r: { count: 500 } } },
    );
    await expect(walk(client)).resolves.toHaveLength(500);
  });

  it('puts up with releases that count the page', async () => {
    const { client } = await connect((query) =>
      query.get('page') === '1' ? page(rows(500), 500) : page(rows(3, 500), 3),
    );
    await expect(walk(client)).resolves.toHaveLength(503);
  });

  it.each([
    ['a count that is not reached', () => page(rows(3), 5), 'COUNT_NOT_REACHED'],
    [
      'a count that moves',
      (query: URLSearchParams) => (query.get('page') === '1' ? page(rows(500), 501) : page(rows(2), 502)),
      'LISTING_MOVED',
    ],
    ['a page that comes twice', () => page(rows(500), 900), 'REPEATED_PAGE'],
  ])('refuses %s', async (_, script, code) => {
    const { client } = await connect(script);
    await expect(walk(client)).rejects.toMatchObject({ name: 'InconsistentListing', code });
  });

  it('refuses a first page that promises rows and has none', async () => {
    const { client } = await connect(() => ({ body: { r: { count: 9 } } }));
    await expect(walk(client)).rejects.toMatchObject({ name: 'MalformedResponse', code: 'MISSING_ARRAY' });
  });

  it('asks nothing more once it is aborted', async () => {
    const { client, server } = await connect(() => page(rows(500)));
    const abort = new AbortController();
    const reading = client.list('listUsageRecords', {}, abort.signal);
    await reading.next();
    abort.abort(new Error('time is up'));
    await expect(reading.next()).rejects.toThrow('time is up');
    expect(server.requests).toHaveLength(1);
  });
});

describe('errors', () => {
  const recorded = (name: string) =>
    JSON.parse(
      readFileSync(new URL(`../../fixtures/cloudstack/error.${name}.json`, import.meta.url), 'utf8'),
    );
  const failing = async (reply: Reply) => (await connect(() => reply)).client.call('listUsageRecords');

  it.each([
    ['400.post-required', 400, 'InvalidConfig', 'PARAMETER_REFUSED'],
    ['401.signature', 401, 'InvalidCredentials', 'INVALID_CREDENTIALS'],
    ['401.unknown-command', 401, 'InvalidCredentials', 'INVALID_CREDENTIALS'],
    ['401.not-permitted', 401, 'InsufficientPermission', 'COMMAND_NOT_AVAILABLE'],
    ['429.throttled', 429, 'RateLimited', 'RATE_LIMITED'],
    ['431.param', 431, 'InvalidConfig', 'PARAMETER_REFUSED'],
    ['432.unsupported', 432, 'InsufficientPermission', 'COMMAND_NOT_AVAILABLE'],
    ['530.internal', 530, 'ProviderUnavailable', 'CLOUDSTACK_530'],
  ])('%s', async (name, status, exc, code) => {
    await expect(failing({ status, body: recorded(name) })).rejects.toMatchObject({ name: exc, code });
    // A gateway may have rewritten the status: the JSON decides.
    await expect(failing({ status: 200, body: recorded(name) })).rejects.toMatchObject({ name: exc, code });
  });

  it.each([
    [
      '531',
      { status: 531, body: { r: { errorcode: 531, errortext: 'no permission' } } },
      'InsufficientPermission',
    ],
    ['503 in HTML', { status: 503, body: '<html>starting</html>' }, 'ProviderUnavailable'],
    ['HTML with 200', { body: '<html>welcome</html>' }, 'ProviderUnavailable'],
    ['half an answer', { body: '{"r": {"count": 1, "usa' }, 'MalformedResponse'],
    ['two envelopes', { body: { a: {}, b: {} } }, 'MalformedResponse'],
    ['a list', { body: [] }, 'MalformedResponse'],
  ])('%s', async (_, reply, name) => {
    await expect(failing(reply)).rejects.toMatchObject({ name });
  });

  it('waits as long as the text says before it asks again', async () => {
    const { client, server } = await connect((_, index) =>
      index === 0
        ? { status: 429, body: { r: { errorcode: 429, errortext: 'please retry after [300] ms.' } } }
        : { body: { r: { ok: 1 } } },
    );
    await expect(client.call('listUsers')).resolves.toEqual({ ok: 1 });
    const [first, second] = server.requests.map(({ at }) => at);
    expect((second ?? 0) - (first ?? 0)).toBeGreaterThanOrEqual(299);
  });

  it('reads control characters that the server un-escaped', async () => {
    const { client } = await connect(() => ({ body: '{"r": {"name": "a\u0001b"}}' }));
    await expect(client.call('listUsers')).resolves.toEqual({ name: 'a b' });
  });

  it('tells a clock that is wrong from a key that is wrong', async () => {
    const headers = { date: new Date(Date.now() + 20 * 60_000).toUTCString() };
    await expect(failing({ status: 401, headers, body: recorded('401.signature') })).rejects.toMatchObject({
      code: 'CLOCK_SKEW',
    });
  });

  it('has no key and no signature in any text', async () => {
    const error = await failing({ status: 401, body: recorded('401.signature') }).catch(
      (thrown: unknown) => thrown,
    );
    expect(JSON.stringify([error, String(error), (error as Error).stack])).not.toMatch(
      /the-api-key|the-secret-key|signature=/,
    );
  });
});

describe('the signature algorithm', () => {
  const refused = {
    status: 401,
    body: { r: { errorcode: 401, errortext: 'unable to verify user credentials and/or request signature' } },
  };
  const length = (query: URLSearchParams) => query.get('signature')?.length;

  it('is found once when it may be chosen', async () => {
    const { client, server } = await connect(
      (query) => (length(query) === 28 ? { body: { r: {} } } : refused),
      { signature_algorithm: 'auto' },
    );
    await client.call('a');
    await client.call('b');
    expect(server.requests).toHaveLength(3);
  });

  it('is asked once for each way when the key is wrong', async () => {
    const { client, server } = await connect(() => refused, { signature_algorithm: 'auto' });
    await expect(client.call('a')).rejects.toMatchObject({ name: 'InvalidCredentials' });
    expect(server.requests).toHaveLength(2);
  });

  it('asks once with a wrong key', async () => {
    const { client, server } = await connect(() => refused);
    await expect(verifyAccess(client)).rejects.toMatchObject({ name: 'InvalidCredentials' });
    expect(server.requests).toHaveLength(1);
  });
});
