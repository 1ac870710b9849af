import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { normalizeUsage } from '../../../functions/almanach/normalize.ts';
import type { AlmanachRequest } from '../../../functions/almanach/request.ts';
import type { SyncError } from '../../../lib/errors.ts';
import { replayFrom } from '../../../lib/recording/replay.ts';
import { clientOf } from './connected.ts';
import { type Exchange, exchangesIn, isWhole, recordings } from './recorded.ts';

const folder = mkdtempSync(join(tmpdir(), 'usage-sync-almanach-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const page = { status: 404, headers: [['Content-Type', 'text/html']], body: '<title>404 Not Found</title>' };
const info = { info: { version: '4.1.1.dev4' } };

/** What our client would send in this exchange; null for what it never sends: see {@link unsent}. */
function requestOf({ request: { method, path, body } }: Exchange): AlmanachRequest | null {
  const url = new URL(path, 'http://almanach');
  const parts = url.pathname.replace(/^\/v1/, '').split('/').slice(1).map(decodeURIComponent);
  const sent = body ? json(body) : undefined;
  return {
    method: method as AlmanachRequest['method'],
    path: parts,
    query: Object.fromEntries(url.searchParams),
    ...(sent === undefined ? {} : { body: sent }),
  };
}

/** Why no client of ours would send it. */
function unsent({ request: { method, path, body, headers = {} } }: Exchange): string | null {
  const [route = ''] = path.split('?');
  const names = [...new URL(path, 'http://x').searchParams.keys()];
  if (!/^(GET|HEAD|POST|PUT|DELETE)$/.test(method)) return 'a method of no call';
  if (/%2F/i.test(route) || route.endsWith('/') || /^\/v2|\/\/|^\/v1$/.test(route))
    return 'a path of no call';
  if (body && json(body) === undefined) return 'a body that is no JSON';
  if (body && !/json/.test(headers['Content-Type'] ?? 'json')) return 'a body of another type';
  if (names.length > new Set(names).size) return 'a parameter that comes twice';
  return null;
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The client, with this one exchange in place of the network. */
async function replay(exchange: Exchange, request: AlmanachRequest) {
  const isOld = !exchange.request.path.startsWith('/v1');
  const exchanges: unknown[] = [exchange];
  const probe = (path: string, response: unknown) =>
    exchanges.push({ request: { method: 'GET', path }, response });
  // A server without /v1 says so with a page, and before a write it is `info` that is asked.
  if (isOld) probe(exchange.request.path.replace(/^/, '/v1'), page);
  else if (exchange.response.status >= 400) probe(exchange.request.path.replace('/v1', ''), page);
  if (request.method !== 'GET') {
    probe(
      '/v1/info',
      isOld ? page : { status: 200, headers: [['Content-Type', 'application/json']], json: info },
    );
    if (isOld) probe('/info', { status: 200, headers: [['Content-Type', 'application/json']], json: info });
  }
  writeFileSync(join(folder, 'one.json'), JSON.stringify({ exchanges }));
  const client = clientOf(
    { url: 'http://127.0.0.1:8000', token: 'the-key', project_ids: ['p'] },
    replayFrom(folder),
  );
  return client.call(request);
}

/** What an error must be, by the status and the form of the answer (sheet 1.10). */
function meaning({ response, request }: Exchange): readonly [name: string, code: RegExp] {
  const isJson = response.headers.some(([name, value]) => /type/i.test(name) && /json/.test(value));
  switch (response.status) {
    case 400:
      return ['InvalidConfig', /^PARAMETER_REFUSED$/];
    case 401:
      return ['InvalidCredentials', /^INVALID_CREDENTIALS$/];
    case 404:
      return isJson && request.method !== 'HEAD'
        ? ['InvalidConfig', /^NOT_FOUND$/]
        : ['MalformedResponse', /^NO_SUCH_ROUTE$/];
    case 405:
      return ['MalformedResponse', /^NO_SUCH_ROUTE$/];
    default:
      if (!isJson) return ['ProviderUnavailable', /^KEYSTONE_UNREACHABLE$/];
      return /Unsupported entity type/.test(JSON.stringify(response))
        ? ['MalformedResponse', /^UNSUPPORTED_ENTITY_TYPE$/]
        : ['ProviderUnavailable', /^HTTP_500$/];
  }
}

const all = recordings.flatMap((file) =>
  exchangesIn(file).map((exchange, index) => ({ exchange, name: `${basename(file, '.json')} ${index}` })),
);
const ours = all.filter(({ exchange }) => unsent(exchange) === null);

describe('recorded exchanges', () => {
  it.each(ours)('$name', async ({ exchange }) => {
    const request = requestOf(exchange);
    if (request === null) return;
    const { status, json: answered } = exchange.response;
    if (status >= 300) {
      const error = await replay(exchange, request).then(
        () => expect.fail('the call succeeded'),
        (refused: SyncError) => refused,
      );
      const [name, code] = meaning(exchange);
      expect(error).toMatchObject({ name, code: expect.stringMatching(code) });
      return;
    }
    const { content } = await replay(exchange, request);
    expect(content).toEqual(request.method === 'HEAD' ? null : (answered ?? null));
    const isRows =
      request.method === 'GET' && /entities|instances|volumes$|^entity$/.test(request.path.join(' '));
    if (isRows && Array.isArray(content)) for (const row of content) readable(row);
  });

  it('are replayed but for those that no client of ours sends', () => {
    const whys = all.map(({ exchange }) => unsent(exchange)).filter((why) => why !== null);
    expect(ours.length + whys.length).toBe(all.length);
    if (isWhole) expect([all.length, ours.length]).toEqual([341, 322]);
    else expect(ours.length).toBeGreaterThan(60);
  });
});

/** Every row that a real server gave is a life; sizes that are no numbers are refused, and are told. */
function readable(row: unknown): void {
  try {
    normalizeUsage(row);
  } catch (error) {
    expect(error).toMatchObject({
      name: 'MalformedResponse',
      message: expect.stringContaining('size: not a number'),
    });
  }
}
