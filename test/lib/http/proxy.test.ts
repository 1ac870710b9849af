import http from 'node:http';
import net from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../lib/clock.ts';
import { InvalidConfig } from '../../../lib/errors.ts';
import { type ProxyFor, proxyFrom } from '../../../lib/http/proxy.ts';
import { createHttp } from '../../../lib/http.ts';
import { createLog } from '../../../lib/log.ts';
import { createCertificate, startServer } from '../../support/http-server.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const proxyOf = (environment: Record<string, string>, url: string) =>
  proxyFrom(environment)(new URL(url))?.href ?? null;

describe('proxyFrom', () => {
  const environment = {
    HTTPS_PROXY: 'http://proxy:3128',
    NO_PROXY: 'direct.example, .inner.example,port.example:8443',
  };

  it.each([
    ['https://cloud.example/', 'http://proxy:3128/'],
    ['http://cloud.example/', null],
    ['https://direct.example/', null],
    ['https://sub.direct.example/', null],
    ['https://notdirect.example/', 'http://proxy:3128/'],
    ['https://a.inner.example/', null],
    ['https://port.example/', 'http://proxy:3128/'],
    ['https://port.example:8443/', null],
    ['https://127.0.0.1/', null],
    ['https://localhost/', null],
    ['https://[::1]/', null],
  ])('reaches %s through %s', (url, proxy) => {
    expect(proxyOf(environment, url)).toBe(proxy);
  });

  it('reads lower case first, and the star', () => {
    expect(proxyOf({ https_proxy: 'http://a:1', HTTPS_PROXY: 'http://b:1' }, 'https://x.example/')).toBe(
      'http://a:1/',
    );
    expect(proxyOf({ HTTPS_PROXY: 'http://b:1', no_proxy: '*' }, 'https://x.example/')).toBeNull();
    expect(proxyOf({}, 'https://x.example/')).toBeNull();
  });

  it('refuses what is no URL of a proxy', () => {
    expect(() => proxyFrom({ HTTPS_PROXY: 'proxy:3128' })).toThrow(InvalidConfig);
  });
});

/** A proxy that tunnels every name to one server on this machine. */
async function startProxy(target: URL, status = 200) {
  const asked: { path: string | undefined; authorization: string | undefined }[] = [];
  const server = http.createServer();
  server.on('connect', (request, socket) => {
    asked.push({ path: request.url, authorization: request.headers['proxy-authorization'] });
    if (status !== 200) {
      socket.end(`HTTP/1.1 ${status} Refused\r\n\r\n`);
      return;
    }
    const upstream = net.connect(Number(target.port), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      upstream.pipe(socket).pipe(upstream);
    });
    upstream.on('error', () => socket.destroy());
    socket.on('error', () => upstream.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => new Promise((resolve) => server.close(resolve)));
  const { port } = server.address() as net.AddressInfo;
  return { url: new URL(`http://user:pa%20ss@127.0.0.1:${port}`), asked };
}

function clientThrough(proxy: URL, origin: URL, ca?: string, proxyFor: ProxyFor = () => proxy) {
  const redact = (text: string) => text;
  const log = createLog({ write: () => {}, level: 'error', redact, now: Date.now, fields: {} });
  const client = createHttp({
    origins: [origin],
    tls: { verify: true, ...(ca === undefined ? {} : { ca }) },
    signal: new AbortController().signal,
    clock: systemClock(),
    log,
    redact,
    attempts: 1,
    proxyFor,
  });
  closing.push(() => client.close());
  return client;
}

describe('a client behind a proxy', () => {
  it('speaks through the tunnel, and the proxy sees host and port alone', async () => {
    const server = await startServer((response) => response.end('hello'));
    closing.push(() => server.close());
    const proxy = await startProxy(server.url);
    const url = new URL('http://cloud.example/path?secret=1');
    const response = await clientThrough(proxy.url, url).send({ method: 'GET', url });
    expect(response.text()).toBe('hello');
    expect(proxy.asked).toEqual([
      { path: 'cloud.example:80', authorization: `Basic ${Buffer.from('user:pa ss').toString('base64')}` },
    ]);
  });

  it("verifies the provider's own certificate through it", async () => {
    const certificate = createCertificate({ name: 'cloud', addresses: ['192.0.2.10'] });
    const server = await startServer((response) => response.end('hello'), certificate);
    closing.push(() => server.close());
    const proxy = await startProxy(server.url);
    const url = new URL('https://192.0.2.10/path');
    const trusted = clientThrough(proxy.url, url, String(certificate.cert));
    await expect(trusted.send({ method: 'GET', url })).resolves.toMatchObject({ status: 200 });
    await expect(clientThrough(proxy.url, url).send({ method: 'GET', url })).rejects.toMatchObject({
      name: 'InvalidConfig',
    });
    const other = new URL('https://192.0.2.11/path');
    await expect(
      clientThrough(proxy.url, other, String(certificate.cert)).send({ method: 'GET', url: other }),
    ).rejects.toMatchObject({ code: 'TLS_WRONG_HOST' });
  });

  it('reaches a host of the same account directly where the proxy is not for it', async () => {
    const server = await startServer((response) => response.end('hello'));
    closing.push(() => server.close());
    const proxy = await startProxy(server.url);
    const url = new URL('http://cloud.example/');
    const client = clientThrough(proxy.url, url, undefined, ({ hostname }) =>
      hostname === url.hostname ? proxy.url : null,
    );
    client.admit(server.url);
    await client.send({ method: 'GET', url });
    await client.send({ method: 'GET', url: server.url });
    expect(proxy.asked.map(({ path }) => path)).toEqual(['cloud.example:80']);
    expect(server.requests).toHaveLength(2);
  });

  it('says that it was the proxy that refused', async () => {
    const proxy = await startProxy(new URL('http://127.0.0.1:9'), 407);
    const url = new URL('http://cloud.example/');
    await expect(clientThrough(proxy.url, url).send({ method: 'GET', url })).rejects.toMatchObject({
      name: 'ProviderUnavailable',
      code: 'PROXY_REFUSED',
    });
  });
});
