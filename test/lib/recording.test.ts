import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HttpRequest, HttpResponse, Transport } from '../../lib/http.ts';
import { createHttp } from '../../lib/http.ts';
import { createLog } from '../../lib/log.ts';
import { recordTo, replayFrom } from '../../lib/recording.ts';
import { createRedactor } from '../../lib/redact.ts';
import { secret } from '../../lib/secret.ts';
import { type Answer, startServer, type TestServer } from '../support/http-server.ts';

let folder: string;
const open: { close(): unknown }[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'usage-sync-recording-'));
});
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
  rmSync(folder, { recursive: true, force: true });
});

const KEY = 'the-own-secret-key';
const redact = createRedactor([secret(KEY)]);
const signal = new AbortController().signal;
const title = { name: 'run', title: 'A run' };
const recorded = () => JSON.parse(readFileSync(join(folder, 'run.json'), 'utf8'));
const save = (name: string, content: unknown) => writeFileSync(join(folder, name), JSON.stringify(content));

/** A plain transport to a real server. */
const overFetch: Transport = async ({ method, url, headers = {}, body }, limit) => {
  const init = { method, headers, signal: limit, ...(body === undefined ? {} : { body }) };
  const response = await fetch(url, init);
  const bytes = Buffer.from(await response.arrayBuffer());
  const text = () => bytes.toString('utf8');
  return { status: response.status, headers: Object.fromEntries(response.headers), body: bytes, text };
};

async function serve(answer: Answer): Promise<TestServer> {
  const server = await startServer(answer);
  open.push(server);
  return server;
}

function client(server: URL, transport: Transport) {
  const log = createLog({ write: () => {}, level: 'error', redact, now: () => 0, fields: {} });
  const clock = { plan: () => 0, wire: Date.now };
  const http = createHttp({
    origins: [server],
    tls: { verify: true },
    signal,
    clock,
    log,
    redact,
    transport,
    random: () => 0,
  });
  open.push(http);
  return http;
}

const ask = (url: string, more: Partial<HttpRequest> = {}): HttpRequest => ({
  method: 'GET',
  url: new URL(url, 'http://cloud.example'),
  ...more,
});
const answering =
  (body: string, headers: Record<string, string> = {}): Transport =>
  async () => ({ status: 200, headers, body: Buffer.from(body), text: () => body });
const exchange = (method: string, path: string, body: string, status = 200, sent?: string) => ({
  request: { method, url: `http://elsewhere${path}`, path, headers: {}, body: sent },
  response: { status, reason: '', headers: [['Content-Type', 'text/plain']], body },
});

describe('a recording', () => {
  it('is replayed as it was, with no network', async () => {
    const server = await serve((response, { path }) => {
      response.writeHead(200, { 'content-type': 'application/json', 'x-count': '1' });
      response.end(`{"path": "${path.slice(0, 5)}", "n": 1.10}`);
    });
    const recording = client(server.url, recordTo(folder, title)(overFetch, redact));
    const first = await recording.send({
      method: 'GET',
      url: new URL('/a?x=1&y=2&signature=abc', server.url),
    });
    await server.close();
    const replaying = client(server.url, replayFrom(folder));
    const again = await replaying.send({
      method: 'GET',
      url: new URL('/a?y=2&signature=def&x=1', server.url),
    });
    expect(again.text()).toBe(first.text());
    expect(again.text()).toBe('{"path": "/a?x=", "n": 1.10}');
    expect([again.status, again.headers['x-count']]).toEqual([200, '1']);
    expect(server.requests).toHaveLength(1);
  });

  it('holds no secret, and is for its owner only', async () => {
    const body = JSON.stringify({
      user: [{ apikey: 'theirs', secretkey: 'theirs too', userdata: 'c2VjcmV0', name: KEY }],
      token: { id: 'gAAAA', expires_at: 'soon' },
    });
    const transport = recordTo(folder, title)(
      answering(body, { 'x-subject-token': 'gAAAAB', 'set-cookie': 'JSESSIONID=1', date: 'now', age: '1' }),
      redact,
    );
    const query = `command=listUsers&apikey=mine&userApiKey=mine&expires=2026&signature=abc%3D&key=${KEY}`;
    await transport(
      ask(`/client/api?${query}`, {
        method: 'POST',
        headers: { 'X-Auth-Token': 'gAAAAA', Authorization: 'Basic abc', Accept: 'text/plain' },
        body: '{"auth": {"password": "hunter2", "user": "ada"}}',
      }),
      signal,
    );
    await transport(
      ask('/client/api', { method: 'POST', body: 'command=login&username=ada&password=hunter2&expires=1' }),
      signal,
    );
    const [first, second] = recorded().exchanges;
    expect(first.request).toEqual({
      method: 'POST',
      url: `http://cloud.example${first.request.path}`,
      path: '/client/api?command=listUsers&apikey=<apikey>&userApiKey=<userApiKey>&expires=<expires>&signature=<signature>&key=<secret>',
      headers: { Accept: 'text/plain', Authorization: '<Authorization>', 'X-Auth-Token': '<X-Auth-Token>' },
      body: '{"auth":{"password":"<password>","user":"ada"}}',
    });
    expect(second.request.body).toBe('command=login&username=ada&password=<password>&expires=<expires>');
    expect(first.response).toEqual({
      status: 200,
      reason: 'OK',
      headers: [
        ['age', '1'],
        ['set-cookie', '<set-cookie>'],
        ['x-subject-token', '<x-subject-token>'],
      ],
      body: JSON.stringify(first.response.json),
      json: {
        user: [{ apikey: '<apikey>', secretkey: '<secretkey>', userdata: '<userdata>', name: '<secret>' }],
        token: { id: '<token>', expires_at: 'soon' },
      },
    });
    const text = readFileSync(join(folder, 'run.json'), 'utf8');
    expect(text).not.toMatch(/hunter2|gAAAA|theirs|mine|the-own|c2VjcmV0|abc/);
    expect(statSync(join(folder, 'run.json')).mode & 0o777).toBe(0o600);
  });

  it('is the same text when nothing changed, and whole after every exchange', async () => {
    const twice = [1, 2].map(async () => {
      const inner = mkdtempSync(join(folder, 'run-'));
      const transport = recordTo(inner, title)(
        answering('{"ü": 1}', { date: String(Math.random()) }),
        redact,
      );
      const texts = [readFileSync(join(inner, 'run.json'), 'utf8')];
      for (const path of ['/a', '/b']) {
        await transport(ask(path), signal);
        texts.push(readFileSync(join(inner, 'run.json'), 'utf8'));
      }
      return texts;
    });
    const [one, other] = await Promise.all(twice);
    expect(other).toEqual(one);
    expect(one?.map((text) => JSON.parse(text).exchanges.length)).toEqual([0, 1, 2]);
    expect(one?.[1]).toMatch(
      /^\{\n "name": "run",\n "title": "A run",\n "exchanges": \[\n {2}\{\n {3}"title": "GET \/a",/,
    );
  });

  it('keeps the order of the requests, and leaves out those without an answer', async () => {
    const answers: ((response: HttpResponse | Error) => void)[] = [];
    const slow: Transport = () =>
      new Promise((resolve, reject) => {
        answers.push((given) => (given instanceof Error ? reject(given) : resolve(given)));
      });
    const transport = recordTo(folder, title)(slow, redact);
    const sent = ['/1', '/2', '/3'].map((path) => transport(ask(path), signal).catch(() => null));
    const answer = await answering('x')(ask('/'), signal);
    answers[2]?.(answer);
    await sent[2];
    expect(recorded().exchanges).toEqual([]);
    answers[1]?.(new Error('reset'));
    answers[0]?.(answer);
    await Promise.all(sent);
    expect(
      recorded().exchanges.map(({ request }: { request: HttpRequest }) => Reflect.get(request, 'path')),
    ).toEqual(['/1', '/3']);
  });

  it('replaces the one before, and refuses a folder that cannot be written', () => {
    recordTo(folder, title);
    recordTo(folder, title);
    expect(readdirSync(folder)).toEqual(['run.json']);
    expect(() => recordTo(join(folder, 'run.json'), title)).toThrow(
      expect.objectContaining({ name: 'InvalidConfig', code: 'RECORDING_FAILED' }),
    );
  });
});

/** Recordings of real servers, where they are at hand. */
const almanach = fileURLToPath(new URL('../../../shared/recordings/almanach', import.meta.url));

describe('a replay', () => {
  const replay = async (request: HttpRequest, transport = replayFrom(folder)) =>
    (await transport(request, signal)).text();

  it('gives what was recorded several times in its order, and then the last of it', async () => {
    save('a.json', {
      name: 'a',
      exchanges: [exchange('GET', '/x?p=1', 'one'), exchange('GET', '/x?p=2', 'two')],
    });
    save('b.json', [exchange('GET', '/x?p=1', 'three')]);
    save('INDEX.json', [{ file: 'a.json' }]);
    save('EXPECTED.json', { rows: [] });
    const transport = replayFrom(folder);
    await expect(replay(ask('/x?p=1'), transport)).resolves.toBe('one');
    await expect(replay(ask('/x?p=1'), transport)).resolves.toBe('three');
    await expect(replay(ask('/x?p=2'), transport)).resolves.toBe('two');
    await expect(replay(ask('/x?p=1'), transport)).resolves.toBe('three');
    await expect(replay(ask('/x?p=3'), transport)).rejects.toMatchObject({
      name: 'InvalidConfig',
      code: 'NOT_RECORDED',
    });
  });

  it('goes on giving a failure that asks to be tried again', async () => {
    save('a.json', [
      exchange('GET', '/x', 'broken', 500),
      exchange('GET', '/y', 'one', 503),
      exchange('GET', '/y', 'two'),
    ]);
    const transport = replayFrom(folder);
    for (let time = 0; time < 3; time += 1)
      await expect(replay(ask('/x'), transport)).resolves.toBe('broken');
    await expect(replay(ask('/y'), transport)).resolves.toBe('one');
    await expect(replay(ask('/y'), transport)).resolves.toBe('two');
    await expect(replay(ask('/y'), transport)).resolves.toBe('two');
  });

  it.each([
    ['a query in another order and spelling', ask('/ä%20b?q=a+b&p=1'), '/%C3%A4 b?p=1&q=a%20b', undefined],
    ['credentials', ask('/x?apikey=k&p=1&expires=2&signature=s'), '/x?p=1&expires=1', undefined],
    [
      'a form',
      ask('/x', { method: 'POST', body: 'b=2&a=1&signature=z' }),
      '/x',
      'a=1&signature=<signature>&b=2',
    ],
    [
      'a JSON body',
      ask('/x', { method: 'POST', body: '{"b": [1, {"c": "x"}], "password": "new", "token": {"id": "t2"}}' }),
      '/x',
      '{"token": {"id": "<token>"}, "password": "<password>", "b": [1, {"c": "x"}]}',
    ],
    ['what was taken out', ask('/x?name=before-k-after'), '/x?name=before-<secret>-after', undefined],
  ])('knows %s', async (_, request, path, sent) => {
    save('a.json', [exchange(request.method, path, 'found', 200, sent)]);
    await expect(replay(request)).resolves.toBe('found');
  });

  it.each([
    ['method', ask('/x?p=1', { method: 'HEAD' })],
    ['path', ask('/y?p=1')],
    ['parameter', ask('/x?p=2')],
    ['number of parameters', ask('/x?p=1&p=1')],
    ['body', ask('/x?p=1', { body: '{"p": 1}' })],
  ])('does not take another %s for the same', async (_, request) => {
    save('a.json', [exchange('GET', '/x?p=1', 'found')]);
    await expect(replay(request)).rejects.toMatchObject({ code: 'NOT_RECORDED' });
  });

  it('names what was asked without its values, and is not tried again', async () => {
    save('a.json', [exchange('GET', '/x', 'found')]);
    const http = client(new URL('http://cloud.example'), replayFrom(folder));
    await expect(http.send(ask('/z?page=7&apikey=k&command=listUsers'))).rejects.toMatchObject({
      name: 'InvalidConfig',
      message: 'GET /z (command, page): the recording holds no such exchange, or no further one',
    });
  });

  it('leaves out what is not true of it any more', async () => {
    const one = exchange('GET', '/x', '');
    const headers = [
      ['Date', 'Sat'],
      ['Content-Encoding', 'gzip'],
      ['A', '1'],
      ['a', '2'],
    ];
    save('a.json', [{ ...one, response: { ...one.response, headers, body: undefined, json: { n: 1 } } }]);
    const response = await replayFrom(folder)(ask('/x'), signal);
    expect([response.headers, response.text()]).toEqual([{ a: '1, 2' }, '{"n":1}']);
  });

  it('refuses a folder without recordings, and one that is damaged', () => {
    expect(() => replayFrom(join(folder, 'none'))).toThrow('cannot be read');
    expect(() => replayFrom(folder)).toThrow(expect.objectContaining({ code: 'NO_RECORDING' }));
    save('a.json', [{ request: { method: 'GET' }, response: {} }]);
    expect(() => replayFrom(folder)).toThrow(/a\.json\[0\]\.response\.status: expected number/);
    writeFileSync(join(folder, 'a.json'), '{"half');
    expect(() => replayFrom(folder)).toThrow(/a\.json: expected JSON/);
  });

  it('ends when it is aborted', async () => {
    save('a.json', [exchange('GET', '/x', 'found')]);
    await expect(replayFrom(folder)(ask('/x'), AbortSignal.abort(new Error('time is up')))).rejects.toThrow(
      'time is up',
    );
  });

  it.skipIf(!existsSync(almanach))('reads recordings of real servers as they are', async () => {
    const path = '/v1/project/3cf8e9e6782e4bfe868f29dfd7b7cbb2/entities';
    const window = 'end=2026-11-01%2000:00:00.000000&start=2026-10-01%2000:00:00.000000';
    const response = await replayFrom(almanach)(ask(`${path}?${window}`), signal);
    expect(response.status).toBe(200);
    expect(response.headers['content-type']).toBe('application/json');
    expect(JSON.parse(response.text())[0].name).toBe('a-ends-at-window-start');
  });
});
