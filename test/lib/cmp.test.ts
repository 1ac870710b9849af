import { describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../lib/clock.ts';
import { type Cmp, type CmpAuth, cmpSecrets, cmpSettings, createCmp } from '../../lib/cmp.ts';
import {
  DeliveryError,
  InsufficientPermission,
  InvalidConfig,
  InvalidCredentials,
  StateUnavailable,
  type SyncError,
} from '../../lib/errors.ts';
import { createHttp, type HttpOptions } from '../../lib/http.ts';
import type { Log } from '../../lib/log.ts';
import { createRedactor } from '../../lib/redact.ts';
import { secret } from '../../lib/secret.ts';
import { startCmp } from '../../simulators/cmp/index.ts';
import { type Answer, startServer } from '../support/http-server.ts';

const silent: Log = { debug() {}, info() {}, warn() {}, error() {}, with: () => silent };
const basic: CmpAuth = { key: secret('the-key'), secret: secret('the-sécret') };

const metric = {
  metric: 'vm-running-time.small',
  value: 3600,
  time: '2026-11-20T00:00:00Z',
  unit: 's',
  counter: false,
  original_metric: 'RUNNING_VM',
  specialisation: 'small',
  provider_id: 'vm-1',
  key: '0123456789abcdef0123456789abcdef',
};
const batch = { resource_id: 'r-1', monitoring_system: 'usage-sync', metrics: [metric] };
const entry = { message: 'm', severity: 'INFO', timestamp: '2026-11-20T00:00:00Z' } as const;

function client(url: URL, auth: CmpAuth, options: Partial<HttpOptions> = {}): Cmp {
  const http = createHttp({
    ...{ origins: [url], tls: { verify: true }, clock: systemClock(), log: silent, random: () => 0 },
    signal: new AbortController().signal,
    redact: createRedactor(cmpSecrets(auth)),
    ...options,
  });
  onTestFinished(() => http.close());
  return createCmp({ url, auth, http, log: silent });
}

/** A CMP that checks what it gets, and a client of it. */
async function simulated(faults: readonly string[] = []) {
  const simulator = await startCmp({ faults });
  onTestFinished(() => simulator.close());
  const { url, key, secret: pass } = simulator.credentials;
  const cmp = client(new URL(url), { key: secret(key), secret: secret(pass) });
  return { simulator, cmp, commands: () => simulator.requests.map(({ command }) => command) };
}

/** A server that shows what is sent, and answers as it is told. */
async function answering(answer: Answer, auth: CmpAuth = basic, path = '/cmp/basic/api') {
  const server = await startServer(answer);
  onTestFinished(() => server.close());
  return { server, cmp: client(new URL(path, server.url), auth) };
}

const well: Answer = (response) => response.end('{}');

async function failure(work: Promise<unknown>): Promise<SyncError> {
  return work.then(
    () => expect.fail('the call succeeded'),
    (error: SyncError) => error,
  );
}

const calls: readonly (readonly [string, (cmp: Cmp) => Promise<unknown>, string, unknown])[] = [
  ['task', (cmp) => cmp.updateTask('t-1', 42), 'POST /cmp/basic/api/tasks/t-1/update', { percentage: 42 }],
  ['metrics', (cmp) => cmp.postMetrics(batch, 'k-1'), 'POST /cmp/basic/api/metrics', batch],
  [
    'logs',
    (cmp) => cmp.postLogs('m-1', [entry]),
    'POST /cmp/basic/api/logs',
    [{ ...entry, service: 'nflex.flexer', resource_id: 'nflex-module-m-1' }],
  ],
  [
    'account',
    (cmp) => cmp.patchAccount('a-1', { id: 'x' }),
    'PATCH /cmp/basic/api/accounts/a-1/resource',
    { id: 'x' },
  ],
  ['state', (cmp) => cmp.getModuleState('m-1'), 'GET /cmp/basic/api/modules/m-1/state', undefined],
  [
    'patched state',
    (cmp) => cmp.patchModuleState('m-1', { a: 1 }),
    'PATCH /cmp/basic/api/modules/m-1/state',
    { a: 1 },
  ],
  [
    'deleted state',
    (cmp) => cmp.deleteModuleState('m-1', ['a']),
    'POST /cmp/basic/api/modules/m-1/state/delete',
    ['a'],
  ],
];

describe('a call', () => {
  it.each(calls)('%s is sent as the CMP knows it', async (_, run, line, body) => {
    const { server, cmp } = await answering(well);
    await run(cmp);
    const [request] = server.requests;
    expect(`${request?.method} ${request?.path}`).toBe(line);
    expect(request?.body === '' ? undefined : JSON.parse(request?.body ?? '')).toEqual(body);
    expect(request?.headers['content-type']).toBe(body === undefined ? undefined : 'application/json');
    expect(server.requests).toHaveLength(1);
  });

  it.each(calls)('%s is taken by a CMP that checks', async (_, run) => {
    const { cmp, simulator } = await simulated();
    await run(cmp);
    expect(simulator.requests.map(({ status }) => status)).toEqual([200]);
  });

  it.each([
    [basic, `Basic ${Buffer.from('the-key:the-sécret', 'utf8').toString('base64')}`],
    [{ token: secret('t.o.k') }, 'Bearer t.o.k'],
  ])('says who calls, way %#', async (auth, header) => {
    const { server, cmp } = await answering(well, auth);
    await cmp.updateTask('t-1', 1);
    expect(server.requests[0]?.headers.authorization).toBe(header);
  });

  it('names a delivery by its key', async () => {
    const { server, cmp } = await answering(well);
    await cmp.postMetrics(batch, 'k-1');
    await cmp.updateTask('t-1', 1);
    expect(server.requests.map(({ headers }) => headers['idempotency-key'])).toEqual(['k-1', undefined]);
  });

  it.each(['', '/', '/api', '/api/', '//api'])('goes below the base %j', async (path) => {
    const server = await startServer(well);
    onTestFinished(() => server.close());
    const url = new URL(server.url);
    url.pathname = path;
    await client(url, basic).updateTask('t-1', 1);
    expect(server.requests[0]?.path).toBe(`${path.replace(/\/$/, '')}/tasks/t-1/update`);
  });

  it.each([
    ['a/b', 'a%2Fb'],
    ['a?b#c', 'a%3Fb%23c'],
    ['ü ;', '%C3%BC%20%3B'],
    ['..a', '..a'],
    ['%2e', '%252e'],
  ])('keeps the id %j in one segment', async (id, segment) => {
    const { server, cmp } = await answering(well);
    await cmp.updateTask(id, 1);
    await cmp.getModuleState(id);
    const paths = server.requests.map(({ path }) => path.replace('/cmp/basic/api', ''));
    expect(paths).toEqual([`/tasks/${segment}/update`, `/modules/${segment}/state`]);
  });

  it.each(['', '.', '..', '\uD800'])('is not made for the id %j', async (id) => {
    const { server, cmp } = await answering(well);
    expect(await failure(cmp.updateTask(id, 1))).toBeInstanceOf(InvalidConfig);
    expect(server.requests).toEqual([]);
  });
});

describe('success', () => {
  it.each([201, 202, 204])('is not %d', async (status) => {
    const { server, cmp } = await answering((response) => response.writeHead(status).end());
    expect(await failure(cmp.postMetrics(batch, 'k'))).toMatchObject({
      name: 'DeliveryError',
      code: `CMP_HTTP_${status}`,
      message: `The CMP answered POST /cmp/basic/api/metrics with ${status}`,
    });
    expect(server.requests).toHaveLength(1);
  });

  it('is not a page that something in between shows with 200', async () => {
    const { simulator, cmp } = await simulated(['html-200']);
    await cmp.postMetrics(batch, 'k-1');
    expect(simulator.requests.map(({ fault }) => fault)).toEqual(['html-200', null]);
    expect(simulator.received().metrics).toMatchObject([{ ...batch, repeats: 0 }]);
  });
});

describe('a refusal', () => {
  it.each([
    [401, InvalidCredentials, 'CMP_CREDENTIALS'],
    [403, InsufficientPermission, 'CMP_PERMISSION'],
  ])("with %d is told as the CMP's, and not repeated", async (status, Refused, code) => {
    const { server, cmp } = await answering((response) => response.writeHead(status).end());
    for (const [, run] of calls) {
      const error = await failure(run(cmp));
      expect(error).toBeInstanceOf(Refused);
      expect(error).toMatchObject({ code, message: expect.stringContaining('The CMP answered') });
      expect(error.hint).toContain('CMP_KEY');
    }
    expect(server.requests).toHaveLength(calls.length);
  });

  it('of a body repeats what the CMP said of it', async () => {
    const { simulator, cmp } = await simulated();
    const error = await failure(cmp.postMetrics({ ...batch, metrics: [{ ...metric, metric: 'a*b' }] }, 'k'));
    expect(error).toBeInstanceOf(DeliveryError);
    expect(error.message).toContain('with 400: "{\\"error\\":\\"metrics.0.metric: ');
    expect(simulator.requests).toHaveLength(1);
  });

  it('shows no secret that the CMP repeats', async () => {
    const echo: Answer = (response, { headers }) => {
      response.writeHead(400).end(`${'x'.repeat(50)} ${headers.authorization?.slice(6)} the-key the-sécret`);
    };
    const { cmp } = await answering(echo);
    const { message } = await failure(cmp.updateTask('t', 1));
    const encoded = Buffer.from('the-key:the-sécret', 'utf8').toString('base64');
    for (const part of ['the-key', 'the-sécret', encoded.slice(0, 12)]) expect(message).not.toContain(part);
    expect(message).toContain('<secret>');
  });

  it.each([
    ['metrics', (cmp: Cmp) => cmp.postMetrics(batch, 'k'), DeliveryError],
    ['the state of a module', (cmp: Cmp) => cmp.getModuleState('m'), StateUnavailable],
  ])('of %s has its own name', async (_, run, Failure) => {
    const { cmp } = await answering((response) => response.writeHead(404).end('gone'));
    const error = await failure(run(cmp));
    expect(error).toBeInstanceOf(Failure);
    expect(error).toMatchObject({ code: 'CMP_HTTP_404', retryable: true });
  });

  it('by redirecting is not followed, and sends the reader to CMP_URL', async () => {
    const { cmp } = await answering((response) => response.writeHead(302, { location: '/login' }).end());
    const error = await failure(cmp.postMetrics(batch, 'k'));
    expect(error).toMatchObject({ name: 'DeliveryError', code: 'UNEXPECTED_REDIRECT' });
    expect(error.hint).toContain('CMP_URL');
  });
});

describe('what may pass', () => {
  it('is tried again with the same key', async () => {
    const { simulator, cmp } = await simulated(['lost-answer']);
    await cmp.postMetrics(batch, 'k-1');
    const kept = simulator.received().metrics;
    expect(kept.map(({ idempotencyKey, repeats }) => [idempotencyKey, repeats])).toEqual([
      ['k-1', 0],
      ['k-1', 1],
    ]);
  });

  it.each(['5xx', 'reset', 'half-accepted'])('is tried again after %s', async (fault) => {
    const { simulator, cmp } = await simulated([fault]);
    await cmp.postMetrics(batch, 'k-1');
    expect(simulator.requests.map((request) => request.fault)).toEqual([fault, null]);
    expect(simulator.received().metrics.at(-1)?.metrics).toEqual([metric]);
  });

  it('and does not is told with what happened last', async () => {
    const { simulator, cmp } = await simulated(['500']);
    expect(await failure(cmp.postMetrics(batch, 'k-1'))).toMatchObject({
      name: 'DeliveryError',
      code: 'CMP_HTTP_500',
      retryable: true,
    });
    expect(simulator.requests).toHaveLength(5);
  });

  it('is told with the wait that was asked for', async () => {
    const busy: Answer = (response) => response.writeHead(429, { 'retry-after': '3600' }).end();
    const { server, cmp } = await answering(busy);
    expect(await failure(cmp.postMetrics(batch, 'k'))).toMatchObject({
      name: 'DeliveryError',
      code: 'CMP_HTTP_429',
      retryAfter: 3600,
    });
    expect(server.requests).toHaveLength(1);
  });

  it.each([
    ['a percentage', (cmp: Cmp) => cmp.updateTask('t', 99), 1],
    ['the last percentage', (cmp: Cmp) => cmp.updateTask('t', 100), 2],
    ['log lines', (cmp: Cmp) => cmp.postLogs('m', [entry]), 1],
    ['an account', (cmp: Cmp) => cmp.patchAccount('a', {}), 2],
    ['a state', (cmp: Cmp) => cmp.patchModuleState('m', { a: 1 }), 2],
  ])('decides over %s', async (_, run, requests) => {
    const { simulator, cmp } = await simulated(['5xx']);
    await run(cmp).catch(() => {});
    expect(simulator.requests).toHaveLength(requests);
  });

  it('is told of a server that is not there, without its secrets', async () => {
    const server = await startServer(well);
    await server.close();
    const cmp = client(server.url, basic, { attempts: 1 });
    const error = await failure(cmp.patchModuleState('m', {}));
    expect(error).toMatchObject({ name: 'StateUnavailable', code: 'CONNECTION_REFUSED' });
    expect(error.message).toMatch(/^The CMP: PATCH \/modules\/m\/state: nothing accepts connections there/);
  });

  it('is not a place that may not be reached', async () => {
    const { server } = await answering(well);
    const cmp = client(server.url, basic, { loopback: false });
    const error = await failure(cmp.postMetrics(batch, 'k'));
    expect(error).toMatchObject({ name: 'EgressDenied', code: 'EGRESS_LOOPBACK' });
    expect(error.hint).toContain('CMP_URL');
  });

  it('ends with the run, and with its reason', async () => {
    const { simulator } = await simulated(['silent']);
    const controller = new AbortController();
    const cmp = client(new URL(simulator.url), basic, { signal: controller.signal });
    const reason = new Error('time is up');
    setTimeout(() => controller.abort(reason), 50);
    expect(await failure(cmp.postMetrics(batch, 'k'))).toBe(reason);
  });
});

describe('the state of a module', () => {
  it('is read, changed by key, and deleted by key', async () => {
    const { cmp } = await simulated();
    expect(await cmp.getModuleState('m/1')).toEqual({});
    await cmp.patchModuleState('m/1', { a: 1, b: { c: [null] }, d: 'x' });
    await cmp.patchModuleState('m/1', { a: 2 });
    await cmp.deleteModuleState('m/1', ['d', 'unknown']);
    expect(await cmp.getModuleState('m/1')).toEqual({ a: 2, b: { c: [null] } });
    expect(await cmp.getModuleState('m/2')).toEqual({});
  });

  it('keeps a key that means something to JavaScript', async () => {
    const { cmp } = await simulated();
    const state = JSON.parse('{"__proto__": {"a": 1}}');
    await cmp.patchModuleState('m', state);
    expect(JSON.stringify(await cmp.getModuleState('m'))).toBe('{"__proto__":{"a":1}}');
  });

  it.each(['', 'no JSON', '[]', 'null', '"text"'])('is not %j', async (body) => {
    const { cmp } = await answering((response) => response.end(body));
    expect(await failure(cmp.getModuleState('m'))).toMatchObject({
      name: 'StateUnavailable',
      code: 'CMP_STATE_UNREADABLE',
    });
  });
});

describe('the settings', () => {
  const url = 'https://cmp.example/cmp/basic/api';
  const shown = (env: Record<string, string>) => {
    const settings = cmpSettings(env);
    return settings && { url: settings.url.href, auth: cmpSecrets(settings.auth).map((one) => one.reveal()) };
  };

  it.each([
    [{}, null],
    [{ CMP_URL: '', CMP_KEY: 'k' }, null],
    [
      { CMP_URL: url, CMP_KEY: 'k', CMP_SECRET: 's' },
      { url, auth: ['k', 's'] },
    ],
    [
      { CMP_URL: url, CMP_TOKEN: ' t\n' },
      { url, auth: ['t'] },
    ],
    [
      { CMP_URL: url, CMP_KEY: 'k', CMP_SECRET: 's', CMP_TOKEN: 't' },
      { url, auth: ['k', 's'] },
    ],
    [
      { CMP_URL: url, CMP_KEY: '', CMP_SECRET: '', CMP_TOKEN: 't' },
      { url, auth: ['t'] },
    ],
  ])('of %j are %j', (env, settings) => expect(shown(env)).toEqual(settings));

  it.each([
    [{ CMP_URL: url, CMP_KEY: 'k' }, /CMP_SECRET is not/],
    [{ CMP_URL: url, CMP_SECRET: 's', CMP_TOKEN: 't' }, /CMP_KEY is not/],
    [{ CMP_URL: url }, /without credentials/],
    [{ CMP_URL: 'cmp.example', CMP_TOKEN: 't' }, /^CMP_URL: expected/],
    [{ CMP_URL: 'https://user:canary@cmp.example', CMP_TOKEN: 't' }, /^CMP_URL: expected(?!.*canary)/],
  ])('%j are refused', (env, message) => {
    expect(() => cmpSettings(env)).toThrow(InvalidConfig);
    expect(() => cmpSettings(env)).toThrow(message);
  });

  it('cannot be printed', () => {
    const settings = cmpSettings({ CMP_URL: url, CMP_KEY: 'canary', CMP_SECRET: 'canary' });
    expect(JSON.stringify(settings)).not.toContain('canary');
  });
});
