import http from 'node:http';
import https from 'node:https';
import type { Duplex } from 'node:stream';
import tls from 'node:tls';
import { InvalidConfig, ProviderUnavailable } from '../errors.ts';
import { SECOND } from '../time.ts';

/** The proxy that a URL is reached through; null for a direct connection. */
export type ProxyFor = (url: URL) => URL | null;

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * What `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` say, in either case. This machine itself is never reached
 * through a proxy. `NO_PROXY` lists hosts, `.domains` and their ports, or `*`.
 * @throws InvalidConfig for a proxy that is no http(s) URL.
 */
export function proxyFrom(environment: Environment): ProxyFor {
  const named = (name: string) => environment[name.toLowerCase()] || environment[name] || '';
  const direct = named('NO_PROXY')
    .split(/[\s,]+/)
    .filter(Boolean);
  const proxies = {
    'https:': parseProxy('HTTPS_PROXY', named('HTTPS_PROXY')),
    'http:': parseProxy('HTTP_PROXY', named('HTTP_PROXY')),
  };
  return (url) => {
    if (isLoopback(url.hostname) || direct.some((entry) => matches(entry, url))) return null;
    return proxies[url.protocol as keyof typeof proxies] ?? null;
  };
}

type Connect = (
  options: tls.ConnectionOptions & { host?: string; port?: number | string },
  callback: (error: Error | null, socket?: Duplex) => void,
) => void;

/**
 * Makes an agent connect through the tunnel of the proxy that a host is reached by, where there is one. The proxy
 * sees host and port; what is said stays between us and the provider, whose certificate is verified as without a
 * proxy.
 */
export function throughProxies(agent: http.Agent, proxyFor: ProxyFor): void {
  const secure = agent instanceof https.Agent;
  const direct = (agent as unknown as { createConnection: (...args: unknown[]) => unknown }).createConnection;
  const connect = (options: Parameters<Connect>[0], callback: Parameters<Connect>[1]) => {
    const proxy = proxyFor(placeOf(secure ? 'https:' : 'http:', options));
    if (proxy === null) return direct.call(agent, options, callback);
    return void openTunnel(proxy, `${options.host}:${options.port}`).then((socket) => {
      if (secure) callback(null, tls.connect({ ...options, socket: socket as never }));
      else callback(null, socket);
    }, callback);
  };
  Object.assign(agent, { createConnection: connect });
}

function placeOf(scheme: string, { host = '', port = '' }: { host?: string; port?: number | string }): URL {
  return new URL(`${scheme}//${host.includes(':') ? `[${host}]` : host}:${port}`);
}

function openTunnel(proxy: URL, target: string): Promise<Duplex> {
  const credentials = proxy.username
    ? `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`
    : null;
  const authorization =
    credentials === null
      ? {}
      : { 'proxy-authorization': `Basic ${Buffer.from(credentials).toString('base64')}` };
  const scheme = proxy.protocol === 'https:' ? https : http;
  return new Promise((resolve, reject) => {
    const request = scheme.request({
      host: proxy.hostname,
      port: proxy.port || (proxy.protocol === 'https:' ? 443 : 80),
      method: 'CONNECT',
      path: target,
      headers: { host: target, ...authorization },
      agent: false,
      timeout: 30 * SECOND,
    });
    const refuse = (what: string) =>
      reject(
        new ProviderUnavailable(`The proxy ${proxy.host} ${what}`, {
          code: 'PROXY_REFUSED',
          hint: 'Check HTTPS_PROXY, HTTP_PROXY and NO_PROXY.',
        }),
      );
    request.once('connect', ({ statusCode }, socket) => {
      if (statusCode === 200) return resolve(socket);
      socket.destroy();
      refuse(`answered ${statusCode}`);
    });
    request.once('response', ({ statusCode }) => refuse(`answered ${statusCode}`));
    request.once('timeout', () => request.destroy(new Error('timeout')));
    request.once('error', () => refuse('cannot be reached'));
    request.end();
  });
}

function parseProxy(name: string, text: string): URL | null {
  if (text === '') return null;
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url !== null && /^https?:$/.test(url.protocol)) return url;
  throw new InvalidConfig(`${name}: expected an http or https URL`);
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host.endsWith('.localhost') || host === '[::1]' || /^127\./.test(host);
}

function matches(entry: string, url: URL): boolean {
  if (entry === '*') return true;
  const [, host = '', port] = /^(.*?)(?::(\d+))?$/.exec(entry.toLowerCase()) ?? [];
  const ours = url.port || (url.protocol === 'https:' ? '443' : '80');
  if (port !== undefined && port !== ours) return false;
  const name = host.replace(/^\*?\./, '');
  return url.hostname === name || url.hostname.endsWith(`.${name}`);
}
