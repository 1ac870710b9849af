import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../lib/clock.ts';
import {
  EgressDenied,
  MalformedResponse,
  ProviderUnavailable,
  RateLimited,
  type SyncError,
} from '../../lib/errors.ts';
import { createHttp, type Http, type HttpOptions } from '../../lib/http.ts';
import type { Log } from '../../lib/log.ts';
import { createRedactor } from '../../lib/redact.ts';
import { secret } from '../../lib/secret.ts';
import {
  type Answer,
  createCertificate,
  startRawServer,
  startServer,
  type TestServer,
} from '../support/http-server.ts';

const silent: Log = { debug() {}, info() {}, warn() {}, error() {}, with: () => silent };

function client(url: URL, options: Partial<HttpOptions> = {}): Http {
  const http = createHttp({
    origins: [url],
    tls: { verify: true },
    signal: new AbortController().signal,
    clock: systemClock(),
    log: silent,
    redact: (text) => text,
    random: () => 0,
    ...options,
  });
  onTestFinished(() => http.close());
  return http;
}

async function serve(answer: Answer, tls?: Parameters<typeof startServer>[1]): Promise<TestServer> {
  const server = await startServer(answer, tls);
  onTestFinished(() => server.close());
  return server;
}

async function serveRaw(accept: Parameters<typeof startRawServer>[0]): Promise<TestServer> {
  const server = await startRawServer(accept);
  onTestFinished(() => server.close());
  return server;
}

async function failure(work: Promise<unknown>): Promise<SyncError> {
  return work.then(
    () => expect.fail('the call succeeded'),
    (error: SyncError) => error,
  );
}

const get = (url: URL, path = '/') => ({ method: 'GET', url: new URL(path, url) }) as const;

describe('an exchange', () => {
  it.each(['DELETE', 'PUT', 'PATCH', 'POST'] as const)('frames the body of a %s', async (method) => {
    const server = await serve((response) => response.end());
    await client(server.url).send({ method, url: server.url, body: '{"ü":1}' });
    expect(server.requests).toMatchObject([{ method, body: '{"ü":1}', headers: { 'content-length': '8' } }]);
  });

  it('carries method, query, headers and body, and gives status, headers and body', async () => {
    const server = await serve((response) => {
      response.writeHead(201, { 'X-One': 'a', 'Set-Cookie': ['b=1', 'c=2'] }).end('\uFEFFgrün');
    });
    const http = client(server.url);
    const url = new URL('/client/api?a=b+c', server.url);
    const response = await http.send({
      method: 'POST',
      url,
      headers: { 'X-Auth-Token': 't' },
      body: '{"ü":1}',
    });
    expect(response.status).toBe(201);
    expect(response.headers).toMatchObject({ 'x-one': 'a', 'set-cookie': 'b=1,c=2' });
    expect(response.text()).toBe('grün');
    expect(server.requests).toMatchObject([
      {
        method: 'POST',
        path: '/client/api?a=b+c',
        body: '{"ü":1}',
        headers: { 'x-auth-token': 't', 'content-length': '8' },
      },
    ]);
  });

  it('uses one connection again and again', async () => {
    const server = await serve((response) => response.end('x'));
    const http = client(server.url);
    for (let n = 0; n < 5; n += 1) await http.send(get(server.url));
    expect(server.connections.accepted).toBe(1);
  });

  it.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['deflate', deflateRawSync],
    ['br', brotliCompressSync],
  ] as const)('reads %s', async (encoding, compress) => {
    const text = JSON.stringify(Array.from({ length: 3000 }, (_, n) => n));
    const server = await serve((response) => {
      response.setHeader('content-encoding', encoding).end(compress(text));
    });
    const response = await client(server.url).send(get(server.url));
    expect(response.text()).toBe(text);
    expect(server.requests[0]?.headers['accept-encoding']).toBe('gzip, deflate, br');
  });

  it('reads an empty body that claims to be compressed', async () => {
    const server = await serve((response) => response.setHeader('content-encoding', 'gzip').end());
    const response = await client(server.url).send({ ...get(server.url), method: 'HEAD' });
    expect([response.status, response.text()]).toEqual([200, '']);
  });

  it('is seen by nock', async () => {
    const { default: nock } = await import('nock');
    onTestFinished(() => nock.restore());
    const url = new URL('https://cloud.example/client/api');
    nock(url.origin)
      .get('/client/api')
      .replyWithError(Object.assign(new Error('no'), { code: 'ECONNRESET' }));
    nock(url.origin).get('/client/api').reply(200, gzipSync('{"a":1}'), { 'content-encoding': 'gzip' });
    const response = await client(url).send(get(url, '/client/api'));
    expect(response.text()).toBe('{"a":1}');
    expect(nock.isDone()).toBe(true);
  });
});

describe('attempts', () => {
  it('builds the request anew for each', async () => {
    const server = await serve((response, _, index) => response.writeHead(index < 1 ? 503 : 200).end());
    let built = 0;
    await client(server.url).send(() => get(server.url, `/?signature=${++built}`));
    expect(server.requests.map(({ path }) => path)).toEqual(['/?signature=1', '/?signature=2']);
  });

  it('end at their number, with the last error', async () => {
    const server = await serve((response, _, index) => response.writeHead(index === 0 ? 500 : 502).end());
    const error = await failure(client(server.url, { attempts: 2 }).send(get(server.url, '/usage?token=x')));
    expect(error).toBeInstanceOf(ProviderUnavailable);
    expect([error.code, error.message]).toEqual(['HTTP_502', 'GET /usage: the server answered 502']);
    expect(server.requests).toHaveLength(2);
  });

  it('are one for a write', async () => {
    const server = await serve((response) => response.writeHead(503).end());
    const write = { method: 'POST', url: server.url, body: '{}', retry: false } as const;
    expect(await failure(client(server.url).send(write))).toMatchObject({ code: 'HTTP_503' });
    expect(server.requests).toHaveLength(1);
  });

  it.each([
    [401, 'InvalidCredentials', 'INVALID_CREDENTIALS'],
    [403, 'InsufficientPermission', 'INSUFFICIENT_PERMISSION'],
    [404, 'MalformedResponse', 'HTTP_404'],
    [501, 'ProviderUnavailable', 'HTTP_501'],
  ])('are one when the answer is %i', async (status, name, code) => {
    const server = await serve((response) => response.writeHead(status).end());
    expect(await failure(client(server.url).send(get(server.url)))).toMatchObject({ name, code });
    expect(server.requests).toHaveLength(1);
  });

  it('wait as long as the server says, and hardly longer', async () => {
    const server = await serve((response, _, index) => {
      response.writeHead(index === 0 ? 429 : 200, { 'retry-after': '0.3' }).end();
    });
    await client(server.url, { random: () => 0.999 }).send(get(server.url));
    const [first, second] = server.requests.map(({ at }) => at);
    const waited = (second ?? 0) - (first ?? 0);
    expect(waited).toBeGreaterThanOrEqual(300);
    expect(waited).toBeLessThan(500);
  });

  it('wait for the moment of a date', async () => {
    const until = Math.ceil((Date.now() + 100) / 1000) * 1000;
    const server = await serve((response, _, index) => {
      response.writeHead(index === 0 ? 503 : 200, { 'retry-after': new Date(until).toUTCString() }).end();
    });
    await client(server.url).send(get(server.url));
    expect(server.requests[1]?.at).toBeGreaterThanOrEqual(until);
  });

  it('are given up at once when the wait does not fit', async () => {
    const server = await serve((response) => response.writeHead(429, { 'retry-after': '86400' }).end());
    const error = await failure(client(server.url).send(get(server.url)));
    expect(error).toBeInstanceOf(RateLimited);
    expect(error.retryAfter).toBe(86_400);
    expect(server.requests).toHaveLength(1);
  });

  it('are told to the log, without secrets', async () => {
    const server = await serve((response, _, index) =>
      response.writeHead(index === 0 ? 503 : 200).end('abc'),
    );
    const told: unknown[] = [];
    const log: Log = {
      ...silent,
      warn: (...line) => told.push(['warn', ...line]),
      debug: (message, fields) => told.push(['debug', message, fields?.status, fields?.bytes]),
    };
    const http = client(server.url, { log, redact: createRedactor([secret('canary')]) });
    await http.send(get(server.url, '/canary?apikey=k'));
    expect(told).toEqual([
      ['debug', 'GET /<secret>', 503, 3],
      [
        'warn',
        'GET /<secret>: the server answered 503; trying again',
        { attempt: 1, wait_ms: 100, code: 'HTTP_503' },
      ],
      ['debug', 'GET /<secret>', 200, 3],
    ]);
  });

  it('keep to the time of the call', async () => {
    const server = await serve((response) => response.writeHead(503).end());
    const start = performance.now();
    const error = await failure(client(server.url, { callMs: 400, attempts: 99 }).send(get(server.url)));
    expect(error.code).toBe('HTTP_503');
    expect(performance.now() - start).toBeLessThan(650);
    expect(server.requests).toHaveLength(3);
  });
});

describe('a judge', () => {
  it('may retry what the status accepts, after the wait it names', async () => {
    const server = await serve((response, _, index) => response.end(index === 0 ? 'busy' : 'fine'));
    const response = await client(server.url).send(get(server.url), (answer) =>
      answer.text() === 'fine'
        ? { action: 'accept' }
        : { action: 'retry', error: new RateLimited('busy'), afterMs: 150 },
    );
    expect(response.text()).toBe('fine');
    expect((server.requests[1]?.at ?? 0) - (server.requests[0]?.at ?? 0)).toBeGreaterThanOrEqual(150);
  });

  it('gives its wait to the error when that does not fit', async () => {
    const server = await serve((response) => response.end());
    const send = client(server.url, { callMs: 1000 }).send(get(server.url), () => ({
      action: 'retry',
      error: new RateLimited('busy'),
      afterMs: 90_000,
    }));
    expect(await failure(send)).toMatchObject({ message: 'busy', retryAfter: 90 });
  });

  it('sees what the table says, and can accept a failure', async () => {
    const server = await serve((response) => response.writeHead(404).end('nothing yet'));
    const response = await client(server.url).send(get(server.url), (answer, byStatus) =>
      answer.text() === 'nothing yet' ? { action: 'accept' } : byStatus,
    );
    expect(response.status).toBe(404);
  });

  it('that fails by itself keeps its error', async () => {
    const server = await serve((response) => response.end('<html>'));
    const send = client(server.url).send(get(server.url), (answer) => JSON.parse(answer.text()));
    expect(await failure(send)).toBeInstanceOf(SyntaxError);
  });
});

describe('a server that the account does not name', () => {
  it('is reached once it is admitted, and no other with it', async () => {
    const [own, named, other] = await Promise.all(
      [1, 2, 3].map(() => serve((response) => response.end('yes'))),
    );
    if (!own || !named || !other) throw new Error('no servers');
    const http = client(own.url);
    await expect(http.send(get(named.url))).rejects.toMatchObject({ code: 'EGRESS_FOREIGN_HOST' });
    http.admit(new URL('/some/path', named.url));
    await expect(http.send(get(named.url))).resolves.toMatchObject({ status: 200 });
    await expect(http.send(get(other.url))).rejects.toMatchObject({ code: 'EGRESS_FOREIGN_HOST' });
    expect(other.connections.accepted).toBe(0);
  });

  it.each([
    ['http://169.254.169.254/v1', 'EGRESS_METADATA_SERVICE'],
    ['file:///etc/passwd', 'EGRESS_SCHEME'],
    ['http://user:word@cloud.example/', 'EGRESS_USER_INFORMATION'],
    ['http://127.0.0.1:1/', 'EGRESS_LOOPBACK'],
  ])('is not admitted as %s', (url, code) => {
    const http = client(new URL('http://cloud.example/'), { loopback: false });
    expect(() => http.admit(new URL(url))).toThrow(expect.objectContaining({ code }));
  });
});

describe('a redirect', () => {
  it('is a failure that shows the origin only, and nobody follows', async () => {
    const other = await serve((response) => response.end());
    const server = await serve((response) => {
      response.writeHead(302, { location: `${other.url}login?token=canary` }).end();
    });
    const send = client(server.url).send(get(server.url, '/api'), () => ({ action: 'accept' }));
    const error = await failure(send);
    expect(error).toMatchObject({ name: 'MalformedResponse', code: 'UNEXPECTED_REDIRECT' });
    expect(error.message).toBe(`GET /api: redirects (302) to ${other.url.origin} are not followed`);
    expect([server.requests.length, other.requests.length]).toEqual([1, 0]);
  });
});

describe('time', () => {
  it.each([
    ['silence', () => {}],
    ['slow headers', (socket) => drip(socket, 'HTTP/1.1 200 OK\r\nX-Slow: ')],
    ['a dripping body', (socket) => drip(socket, 'HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n')],
    ['a body that stops', (socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\nabc')],
  ] as [string, Parameters<typeof startRawServer>[0]][])('ends %s', async (_, accept) => {
    const server = await serveRaw(accept);
    const http = client(server.url, { timeoutMs: 200, attempts: 1 });
    const start = performance.now();
    const error = await failure(http.send(get(server.url)));
    const took = performance.now() - start;
    expect(error).toMatchObject({ name: 'ProviderUnavailable', code: 'TIMEOUT' });
    expect(took).toBeGreaterThan(190);
    expect(took).toBeLessThan(450);
    await expect.poll(() => server.connections.open).toBe(0);
  });

  it('of one request may differ from that of the client', async () => {
    const server = await serveRaw(() => {});
    const send = client(server.url, { attempts: 1 }).send({ ...get(server.url), timeoutMs: 50 });
    expect((await failure(send)).message).toBe('GET /: no complete answer within 50 ms');
  });

  it.each([
    ['before a byte', ''],
    ['in the headers', 'HTTP/1.1 200 OK\r\nContent-'],
    ['in the body', 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc'],
    ['in a chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab'],
  ])('is not waited for when the server half-closes %s', async (_, text) => {
    const server = await serveRaw((socket) => socket.once('data', () => socket.end(text)));
    const error = await failure(client(server.url, { attempts: 2 }).send(get(server.url)));
    expect(error).toMatchObject({ name: 'ProviderUnavailable', code: 'CONNECTION_RESET' });
    expect(server.connections.accepted).toBe(2);
  });
});

describe('an end from outside', () => {
  it('rejects at once with the reason, in flight', async () => {
    const server = await serveRaw(() => {});
    const controller = new AbortController();
    const send = client(server.url, { signal: controller.signal }).send(get(server.url));
    const reason = new Error('time is up');
    setTimeout(() => controller.abort(reason), 50);
    expect(await failure(send)).toBe(reason);
    await expect.poll(() => server.connections.open).toBe(0);
  });

  it('rejects at once with the reason, between attempts', async () => {
    const server = await serve((response) => response.writeHead(503, { 'retry-after': '20' }).end());
    const controller = new AbortController();
    const send = client(server.url, { signal: controller.signal }).send(get(server.url));
    const reason = new Error('time is up');
    setTimeout(() => controller.abort(reason), 100);
    expect(await failure(send)).toBe(reason);
    expect(server.requests).toHaveLength(1);
  });

  it('sends nothing when it came first, and makes an error of any reason', async () => {
    const server = await serve((response) => response.end());
    const send = client(server.url, { signal: AbortSignal.abort('stop') }).send(get(server.url));
    expect(await failure(send)).toMatchObject({ message: 'The call was aborted', cause: 'stop' });
    expect(server.requests).toHaveLength(0);
  });

  it('by close ends what runs, gives the sockets back and stays closed', async () => {
    const server = await serve((response, { path }) => void (path === '/wait' || response.end()));
    const http = client(server.url);
    await http.send(get(server.url));
    const waiting = failure(http.send(get(server.url, '/wait')));
    await expect.poll(() => server.requests.length).toBe(2);
    http.close();
    expect((await waiting).message).toBe('The HTTP client was closed');
    await expect.poll(() => server.connections.open).toBe(0);
    expect((await failure(http.send(get(server.url)))).message).toBe('The HTTP client was closed');
    expect(server.requests).toHaveLength(2);
  });

  it('leaves no timer and no socket', async () => {
    const server = await serve((response, _, index) => response.writeHead(index === 0 ? 503 : 200).end());
    const before = handles();
    const http = client(server.url);
    await Promise.all(Array.from({ length: 30 }, () => http.send(get(server.url))));
    http.close();
    await expect.poll(() => server.connections.open).toBe(0);
    // What other tests left may still be ending, so there may be less than before; 30 leaks would be more.
    await expect.poll(() => handles().every((count, kind) => count <= (before[kind] ?? 0))).toBe(true);
  });
});

describe('a body', () => {
  it('is cut off where it grows too large, packed or not', async () => {
    const bomb = gzipSync(Buffer.alloc(50_000_000));
    const server = await serve((response, { path }) => {
      if (path === '/bomb') response.setHeader('content-encoding', 'gzip').end(bomb);
      else response.end(Buffer.alloc(1_000_001));
    });
    const http = client(server.url, { maxBytes: 1_000_000 });
    const rejected = { name: 'MalformedResponse', code: 'BODY_TOO_LARGE', retryable: false };
    expect(await failure(http.send(get(server.url, '/bomb')))).toMatchObject(rejected);
    expect(await failure(http.send(get(server.url, '/plain')))).toMatchObject(rejected);
    expect(server.requests).toHaveLength(2);
  });

  it('may be as large as the limit', async () => {
    const server = await serve((response) => response.end(Buffer.alloc(1000)));
    expect((await client(server.url, { maxBytes: 1000 }).send(get(server.url))).body).toHaveLength(1000);
  });

  it.each([
    ['a truncated gzip', 'gzip', gzipSync('a'.repeat(5000)).subarray(0, -9)],
    ['a truncated brotli', 'br', brotliCompressSync('a'.repeat(5000)).subarray(0, -2)],
    ['no gzip at all', 'gzip', Buffer.from('<html>')],
    ['no brotli at all', 'br', Buffer.from('<html><body>busy</body></html>')],
    ['a deflate with a wrong checksum', 'deflate', damaged(deflateSync('a'.repeat(50)))],
  ])('that is %s is tried again', async (_, encoding, bytes) => {
    const server = await serve((response, _request, index) => {
      if (index === 0) response.setHeader('content-encoding', encoding).end(bytes);
      else response.end('whole');
    });
    const http = client(server.url);
    expect((await http.send(get(server.url))).text()).toBe('whole');
    const once = { ...get(server.url), retry: false };
    const again = await serve((response) => response.setHeader('content-encoding', encoding).end(bytes));
    const error = await failure(client(again.url).send({ ...once, url: again.url }));
    expect(error).toMatchObject({ name: 'ProviderUnavailable', code: 'BODY_DAMAGED' });
  });

  it('in an encoding that nobody asked for is malformed', async () => {
    const server = await serve((response) => response.setHeader('content-encoding', 'zstd').end('x'));
    expect(await failure(client(server.url).send(get(server.url)))).toMatchObject({
      code: 'UNKNOWN_ENCODING',
    });
  });
});

describe('a connection', () => {
  it('that nothing accepts is told so', async () => {
    const server = await startServer(() => {});
    await server.close();
    const error = await failure(
      client(server.url, { attempts: 2 }).send(get(server.url, '/client/api?apikey=k')),
    );
    expect([error.name, error.code]).toEqual(['ProviderUnavailable', 'CONNECTION_REFUSED']);
    expect(error.message).toBe('GET /client/api: nothing accepts connections there (ECONNREFUSED)');
  });

  it('without a name is told so', async () => {
    const url = new URL('http://cloud.invalid');
    const unknown = Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' });
    const http = client(url, { attempts: 1, resolve: (_, __, callback) => callback(unknown, []) });
    expect((await failure(http.send(get(url)))).code).toBe('DNS_FAILURE');
  });

  it('that does not speak HTTP is told so, without its bytes', async () => {
    const server = await serveRaw((socket) => socket.end('SSH-2.0-canary\r\n'));
    const error = await failure(client(server.url, { attempts: 1 }).send(get(server.url)));
    expect(error.code).toBe('INVALID_HTTP');
    expect(JSON.stringify([error, error.cause, error.stack])).not.toContain('canary');
  });
});

describe('TLS', () => {
  const authority = createCertificate({ name: 'authority' });
  const addresses = ['127.0.0.1'];
  const good = createCertificate({ name: 'good', addresses, issuer: authority });
  const issuer = authority;

  it.each([
    ['signed by itself', createCertificate({ name: 'self', addresses }), {}, 'TLS_SELF_SIGNED'],
    ['of an unknown authority', good, {}, 'TLS_UNKNOWN_CA'],
    [
      'that comes with its unknown authority',
      { ...good, cert: good.cert + authority.cert },
      {},
      'TLS_SELF_SIGNED',
    ],
    [
      'for another host',
      createCertificate({ name: 'other', addresses: ['127.0.0.2'], issuer }),
      { ca: authority.cert },
      'TLS_WRONG_HOST',
    ],
    [
      'that has expired',
      createCertificate({ name: 'old', addresses, issuer, notAfter: '210101000000Z' }),
      { ca: authority.cert },
      'TLS_EXPIRED',
    ],
    [
      'of the future',
      createCertificate({ name: 'new', addresses, issuer, notBefore: '490101000000Z' }),
      { ca: authority.cert },
      'TLS_NOT_YET_VALID',
    ],
  ])('refuses a certificate %s, once', async (_, certificate, ca, code) => {
    const server = await serve((response) => response.end(), certificate);
    const error = await failure(client(server.url, { tls: { verify: true, ...ca } }).send(get(server.url)));
    expect([error.name, error.code]).toEqual(['InvalidConfig', code]);
    expect(error.hint).toContain('`ca_bundle`');
    expect([server.requests.length, server.connections.accepted]).toEqual([0, 1]);
  });

  it('trusts the authority it is given, for this client alone', async () => {
    const server = await serve((response) => response.end('private'), good);
    const tls = { verify: true, ca: authority.cert };
    expect((await client(server.url, { tls }).send(get(server.url))).text()).toBe('private');
    expect(await failure(client(server.url).send(get(server.url)))).toMatchObject({ name: 'InvalidConfig' });
  });

  it('verifies nothing only when told so', async () => {
    const server = await serve(
      (response) => response.end('any'),
      createCertificate({ name: 'x', addresses }),
    );
    expect((await client(server.url, { tls: { verify: false } }).send(get(server.url))).text()).toBe('any');
  });

  it('that the server does not speak points to the url', async () => {
    const server = await serve((response) => response.end());
    const url = new URL(server.url.href.replace('http:', 'https:'));
    expect(await failure(client(url).send(get(url)))).toMatchObject({
      name: 'InvalidConfig',
      code: 'TLS_NOT_SPOKEN',
    });
  });
});

describe('egress', () => {
  it('goes to the account alone', async () => {
    const [own, other] = [
      await serve((response) => response.end()),
      await serve((response) => response.end()),
    ];
    expect(await failure(client(own.url).send(get(other.url)))).toBeInstanceOf(EgressDenied);
    expect(other.connections.accepted).toBe(0);
  });

  it('holds for a transport of any kind', async () => {
    let sent = 0;
    const transport = () => Promise.reject(new Error(`sent ${++sent}`));
    const own = new URL('http://169.254.169.254');
    expect(await failure(client(own, { transport }).send(get(own)))).toMatchObject({
      code: 'EGRESS_METADATA_SERVICE',
    });
    expect(sent).toBe(0);
  });

  it('checks names each time they are resolved', async () => {
    const server = await serve((response) => response.setHeader('connection', 'close').end());
    const url = new URL(`http://cloud.example:${server.url.port}`);
    const answers = [['127.0.0.1'], ['127.0.0.1', '169.254.169.254']];
    const http = client(url, {
      resolve: (_, __, callback) => {
        callback(
          null,
          (answers.shift() ?? []).map((address) => ({ address, family: 4 })),
        );
      },
    });
    expect((await http.send(get(url))).status).toBe(200);
    expect((await failure(http.send(get(url)))).message).toMatch(
      /^"cloud.example" leads to 169\.254\.169\.254/,
    );
    expect(server.requests).toHaveLength(1);
  });

  it('leaves loopback alone where it must', async () => {
    const server = await serve((response) => response.end());
    const http = client(server.url, { loopback: false });
    expect(await failure(http.send(get(server.url)))).toMatchObject({ code: 'EGRESS_LOOPBACK' });
    const name = new URL(server.url.href.replace('127.0.0.1', 'localhost'));
    const byName = client(name, { loopback: false });
    expect(await failure(byName.send(get(name)))).toMatchObject({ code: 'EGRESS_LOOPBACK' });
    expect(server.connections.accepted).toBe(0);
  });
});

describe('secrets', () => {
  it('are in no part of an error, whoever made it', async () => {
    const server = await serve((response) => response.writeHead(404).end());
    const redact = createRedactor([secret('canary/one')]);
    const http = client(server.url, { redact });
    const byTable = await failure(http.send(get(server.url, '/a/canary%2Fone')));
    const cause = new Error('because of canary/one');
    const byJudge = await failure(
      http.send(get(server.url), () => {
        throw new MalformedResponse('said "canary\\/one"', { hint: 'canary/one', cause, code: 'STOP' });
      }),
    );
    const lines = [byTable, byJudge].flatMap(({ message, stack, hint }) => [message, stack, hint]);
    expect(lines.concat(cause.message, cause.stack).join()).not.toMatch(/canary/);
    expect(byTable.message).toBe('GET /a/<secret>: the server answered 404');
  });

  it('with a line break are refused without being shown', async () => {
    const server = await serve((response) => response.end());
    const send = client(server.url).send({ ...get(server.url), headers: { 'X-Auth-Token': 'canary\n' } });
    const error = await failure(send);
    expect(error).toMatchObject({ name: 'InvalidConfig', code: 'INVALID_HEADER' });
    expect(`${error.stack} ${error.cause}`).not.toContain('canary');
  });
});

function drip(socket: import('node:net').Socket, start: string): void {
  socket.write(start);
  const timer = setInterval(() => socket.write('x'), 20);
  socket.on('close', () => clearInterval(timer));
}

function damaged(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  copy[copy.length - 1] = (copy.at(-1) ?? 0) ^ 1;
  return copy;
}

/** How many timers and client sockets this process holds. */
function handles(): number[] {
  const kinds = process.getActiveResourcesInfo();
  return ['Timeout', 'TCPSocketWrap'].map((kind) => kinds.filter((one) => one === kind).length);
}
