import { describe, expect, it, onTestFinished } from 'vitest';
import { InvalidConfig } from '../../../lib/errors.ts';
import { type CmpSimulator, faults, start } from '../../../simulators/cmp/index.ts';

interface Sent {
  readonly method?: string;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}

async function running(...names: string[]) {
  const simulator = await start({ port: 0, seed: 7, faults: names });
  onTestFinished(() => simulator.close());
  return simulator;
}

async function ask(simulator: CmpSimulator, path: string, { method = 'POST', body, headers }: Sent = {}) {
  const authorization = `Bearer ${simulator.credentials.token}`;
  const response = await fetch(`${simulator.url}${path}`, {
    method,
    headers: { authorization, 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  return { status: response.status, text: await response.text() };
}

const status = async (...request: Parameters<typeof ask>) => (await ask(...request)).status;
const control = (simulator: CmpSimulator, init?: RequestInit) =>
  fetch(new URL('/__simulator', simulator.url), init);

const metric = { metric: 'a-b.c', value: 1, time: '2026-11-20T00:00:00.5Z' };
const metrics = (changed: object = {}) => ({
  resource_id: 'r',
  monitoring_system: 's',
  metrics: [{ ...metric, ...changed }],
});
const line = { message: 'm', severity: 'INFO', service: 'nflex.flexer', timestamp: '2026-11-20T00:00:00Z' };

describe('the door', () => {
  it('lets a pair and a token in, and nothing else', async () => {
    const simulator = await running();
    const { key, secret, token } = simulator.credentials;
    const basic = (pair: string) => `Basic ${Buffer.from(pair).toString('base64')}`;
    const statuses = [];
    for (const authorization of [
      basic(`${key}:${secret}`),
      `Bearer ${token}`,
      basic(`${key}:x`),
      'Bearer x',
      '',
    ]) {
      statuses.push(
        await status(simulator, '/modules/m/state', { method: 'GET', headers: { authorization } }),
      );
    }
    expect(statuses).toEqual([200, 200, 401, 401, 401]);
  });

  it.each([
    ['/nothing', 'GET', 404],
    ['/metrics', 'GET', 405],
    ['/modules/m/state', 'DELETE', 405],
    ['/tasks//update', 'POST', 404],
    ['/tasks/%ff/update', 'POST', 400],
  ])('answers %s by %s with %d', async (path, method, expected) => {
    expect(await status(await running(), path, { method })).toBe(expected);
  });

  it('has credentials that follow from its seed', async () => {
    const [one, two] = [await running(), await running()];
    expect({ ...one.credentials, url: '' }).toEqual({ ...two.credentials, url: '' });
    expect(one.url).toBe(one.credentials.url);
  });
});

describe('the shapes', () => {
  it.each([
    ['/metrics', metrics()],
    ['/metrics', metrics({ unit: 's', counter: true, specialisation: 'c', provider_id: 'p', key: 'k' })],
    ['/metrics', metrics({ metric: 'A:/_|"\' z' })],
    ['/metrics', { ...metrics(), metrics: [] }],
    ['/logs', [{ ...line, resource_id: 'nflex-module-1' }]],
    ['/tasks/t/update', { percentage: 0 }],
    ['/tasks/t/update', { percentage: 100 }],
    ['/modules/m/state/delete', []],
  ])('of %s take %j', async (path, body) => {
    expect(await status(await running(), path, { body })).toBe(200);
  });

  it.each([
    ['/metrics', metrics({ metric: 'a.*' })],
    ['/metrics', metrics({ metric: 'ä' })],
    ['/metrics', metrics({ metric: '' })],
    ['/metrics', metrics({ metric: 'a-b', specialisation: 'c' })],
    ['/metrics', metrics({ value: '1' })],
    ['/metrics', metrics({ value: null })],
    ['/metrics', JSON.stringify(metrics()).replace('"value":1', '"value":1e400')],
    ['/metrics', metrics({ time: '2026-11-20' })],
    ['/metrics', metrics({ time: '2026-11-20T00:00:00+01:00' })],
    ['/metrics', metrics({ time: '2026-02-30T00:00:00Z' })],
    ['/metrics', metrics({ tenant: 't' })],
    ['/metrics', { ...metrics(), resource_id: null }],
    ['/metrics', { metrics: [metric] }],
    ['/metrics', '{"metrics":'],
    ['/logs', [{ ...line, resource_id: 'module-1' }]],
    ['/logs', [{ ...line, resource_id: 'nflex-module-1', severity: 'WARN' }]],
    ['/logs', []],
    ['/tasks/t/update', { percentage: 101 }],
    ['/tasks/t/update', { percentage: -1 }],
    ['/tasks/t/update', { percentage: '5' }],
    ['/modules/m/state/delete', { a: 1 }],
  ])('of %s refuse %j', async (path, body) => {
    const simulator = await running();
    expect(await status(simulator, path, { body })).toBe(400);
    expect(simulator.received()).toMatchObject({ tasks: [], metrics: [], logs: [] });
  });

  it('are of JSON alone', async () => {
    const headers = { 'content-type': 'text/plain' };
    expect(await status(await running(), '/metrics', { body: metrics(), headers })).toBe(415);
  });
});

describe('what was received', () => {
  it('is told to whoever asks, repetitions with their number', async () => {
    const simulator = await running();
    const headers = { 'idempotency-key': 'k' };
    for (let time = 0; time < 2; time += 1) await ask(simulator, '/metrics', { body: metrics(), headers });
    await ask(simulator, '/metrics', { body: metrics() });
    await ask(simulator, '/tasks/a%2Fb/update', { body: { percentage: 5 } });
    await ask(simulator, '/logs', { body: [{ ...line, resource_id: 'nflex-module-1' }] });
    await ask(simulator, '/accounts/a/resource', { method: 'PATCH', body: { id: 'x' } });
    await ask(simulator, '/modules/m/state', { method: 'PATCH', body: { a: 1, b: 2 } });
    await ask(simulator, '/modules/m/state/delete', { body: ['a'] });
    const at = expect.any(Number);
    const kept = { ...metrics(), at, half: false };
    expect(await (await control(simulator)).json()).toEqual({
      requests: 8,
      faults: [],
      seed: 7,
      tasks: [{ task: 'a/b', percentage: 5, at }],
      metrics: [
        { ...kept, idempotencyKey: 'k', repeats: 0 },
        { ...kept, idempotencyKey: 'k', repeats: 1 },
        { ...kept, idempotencyKey: null, repeats: 0 },
      ],
      logs: [{ ...line, resource_id: 'nflex-module-1' }],
      accounts: [{ account: 'a', body: { id: 'x' } }],
      states: { m: { b: 2 } },
    });
    expect(simulator.requests.map(({ command }) => command)).toEqual([
      ...['metrics', 'metrics', 'metrics', 'task', 'logs', 'account', 'state', 'state-delete'],
    ]);
  });
});

describe('a CMP that remembers Idempotency-Keys', () => {
  const sizes = (simulator: CmpSimulator) => simulator.received().metrics.map((note) => note.metrics.length);

  it('takes a repetition for done, and what has no key or another as it comes', async () => {
    const simulator = await start({ dedupe: true });
    onTestFinished(() => simulator.close());
    for (const key of ['k', 'k', 'l', null, null]) {
      const headers = key === null ? {} : { 'idempotency-key': key };
      expect(await status(simulator, '/metrics', { body: metrics(), headers })).toBe(200);
    }
    expect(sizes(simulator)).toHaveLength(4);
  });

  it('does not count a delivery of which it kept half', async () => {
    const simulator = await start({ dedupe: true, faults: ['half-accepted'] });
    onTestFinished(() => simulator.close());
    const body = { ...metrics(), metrics: [1, 2, 3].map((value) => ({ ...metric, value })) };
    const headers = { 'idempotency-key': 'k' };
    for (let time = 0; time < 3; time += 1) await ask(simulator, '/metrics', { body, headers });
    expect(sizes(simulator)).toEqual([2, 3]);
  });
});

describe('the faults', () => {
  it.each([
    ['401', [401, 401]],
    ['403', [403, 403]],
    ['429', [429, 200]],
    ['500', [500, 500]],
    ['5xx', [502, 200]],
    ['html-200', [200, 200]],
    ['not-200', [202, 202]],
    ['slow', [200, 200]],
    ['half-accepted', [500, 200]],
  ])('%s answer %j', async (fault, expected) => {
    const simulator = await running(fault);
    const headers = { 'idempotency-key': 'k' };
    const seen = [];
    for (let time = 0; time < 2; time += 1) {
      seen.push(await status(simulator, '/metrics', { body: metrics(), headers }));
    }
    expect(seen).toEqual(expected);
    expect(simulator.requests.map((note) => note.status)).toEqual(expected);
    expect(simulator.requests[0]?.fault).toBe(fault);
  });

  it.each([
    ['reset', 0],
    ['lost-answer', 1],
  ])('%s breaks the connection, with %d deliveries kept', async (fault, kept) => {
    const simulator = await running(fault);
    await expect(ask(simulator, '/metrics', { body: metrics() })).rejects.toThrow();
    expect(simulator.received().metrics).toHaveLength(kept);
    expect(simulator.requests).toMatchObject([{ status: null, fault }]);
  });

  it('silent never answers, and ends with the simulator', async () => {
    const simulator = await start({ faults: ['silent'] });
    const asked = ask(simulator, '/metrics', { body: metrics() });
    const over = expect(asked).rejects.toThrow();
    await expect.poll(() => simulator.requests.length).toBe(1);
    await simulator.close();
    await over;
  });

  it('half-accepted keeps the first half', async () => {
    const simulator = await running('half-accepted');
    const three = { ...metrics(), metrics: [1, 2, 3].map((value) => ({ ...metric, value })) };
    expect(await status(simulator, '/metrics', { body: three })).toBe(500);
    const [delivery] = simulator.received().metrics;
    expect(delivery?.metrics.map(({ value }) => value)).toEqual([1, 2]);
    expect(delivery?.half).toBe(true);
  });

  it('are replaced while it runs', async () => {
    const simulator = await running('500');
    const set = (body: string) => control(simulator, { method: 'POST', body });
    expect(await (await set('{"faults": ["401"]}')).json()).toMatchObject({ faults: ['401'] });
    expect(await status(simulator, '/metrics', { body: metrics() })).toBe(401);
    for (const bad of ['{"faults": ["no-such"]}', '{"faults": "401"}', 'x']) {
      expect((await set(bad)).status).toBe(400);
    }
    simulator.setFaults([]);
    expect(await status(simulator, '/metrics', { body: metrics() })).toBe(200);
  });

  it('are known by name, each with a line of help', async () => {
    expect(Object.values(faults).every((help) => help.length > 20 && !help.includes('\n'))).toBe(true);
    await expect(start({ faults: ['no-such'] })).rejects.toThrow(InvalidConfig);
  });
});
