import { describe, expect, it } from 'vitest';
import { type AlmanachRequest, urlOf } from '../../../functions/almanach/request.ts';
import { fetchUsage, readEntities } from '../../../functions/almanach/usage.ts';
import { defineGrid } from '../../../lib/grid.ts';
import { HOUR } from '../../../lib/time.ts';
import { clientOf, NOW, scripted, signal } from './connected.ts';

const asked = (server: { requests: readonly { method: string; path: string }[] }) =>
  server.requests.map(({ method, path }) => `${method} ${decodeURIComponent(path.split('?')[0] ?? '')}`);
const span = { start: NOW - HOUR, end: NOW };
const page = '<!DOCTYPE HTML><title>500 Internal Server Error</title>';

describe('the way to the server', () => {
  it('tries /v1 first, and remembers a server without it', async () => {
    const { client, server } = await scripted((call) => (call === 'GET /volume_types' ? { body: [] } : null));
    await client.get(['volume_types']);
    await client.get(['volume_types']);
    expect(asked(server)).toEqual(['GET /v1/volume_types', 'GET /volume_types', 'GET /volume_types']);
  });

  it('stays with /v1 once it was there', async () => {
    const { client, server } = await scripted((call) => (call.includes('types') ? { body: [] } : null));
    await client.get(['volume_types']);
    await expect(client.get(['nope'])).rejects.toMatchObject({ code: 'NO_SUCH_ROUTE' });
    expect(asked(server)).toEqual(['GET /v1/volume_types', 'GET /v1/nope']);
  });

  it('never takes a 404 for an empty answer', async () => {
    const { client, server } = await scripted(() => null);
    await expect(readEntities(client, 'p', span)).rejects.toMatchObject({
      name: 'MalformedResponse',
      code: 'NO_SUCH_ROUTE',
    });
    expect(asked(server)).toEqual(['GET /v1/project/p/entities', 'GET /project/p/entities']);
    const other = await scripted(() => ({ status: 404, body: { error: 'Entity not found' } }));
    await expect(other.client.get(['entity', 'x'])).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: 'GET /v1/entity/x: Entity not found (404)',
    });
    expect(asked(other.server)).toEqual(['GET /v1/entity/x']);
  });

  it('asks `info` which paths there are before a write, and sends that once', async () => {
    const { client, server } = await scripted((call) => {
      if (call === 'GET /info') return { body: { info: {} } };
      return call.startsWith('POST') ? { status: 500, body: { error: {} } } : null;
    });
    const write: AlmanachRequest = { method: 'POST', path: ['volume_type'], body: { type_id: 'a' } };
    await expect(client.call(write)).rejects.toMatchObject({ name: 'ProviderUnavailable', code: 'HTTP_500' });
    expect(asked(server)).toEqual(['GET /v1/info', 'GET /info', 'POST /volume_type']);
    expect(server.requests[2]?.headers['content-type']).toBe('application/json');
    expect(server.requests[0]?.headers['x-auth-token']).toBeUndefined();
  });

  it.each(['http://h:1', 'http://h:1/', 'http://h:1/v1', 'http://h:1/v1/'])(
    'finds its way from %s',
    (base) => {
      const url = urlOf(new URL(base), '/v1', { method: 'GET', path: ['entity', 'a b/ü'.replace('/', '-')] });
      expect(url.href).toBe('http://h:1/v1/entity/a%20b-%C3%BC');
      const below = urlOf(new URL(`${base.replace('h:1', 'h:1/metering')}`), '', {
        method: 'GET',
        path: ['info'],
      });
      expect(below.pathname).toBe('/metering/info');
    },
  );

  it.each(['', '.', '..', 'a/b', '../info'])('refuses the id %j, which would lead elsewhere', (id) => {
    expect(() => urlOf(new URL('http://h'), '/v1', { method: 'GET', path: ['entity', id] })).toThrow(
      expect.objectContaining({ code: 'PARAMETER_REFUSED' }),
    );
  });

  it('keeps no connection open: it would block everybody else', async () => {
    const { client, server } = await scripted(() => ({ body: [] }));
    await client.get(['volume_types']);
    await client.get(['volume_types']);
    expect(server.requests.map(({ headers }) => headers.connection)).toEqual(['close', 'close']);
    expect(server.connections.accepted).toBe(2);
  });
});

describe('a listing', () => {
  it.each([
    ['union', [{ entity_id: 'a' }, { entity_id: 'b' }]],
    [
      'sum',
      [
        { entity_id: 'a', duplicates: 'sum' },
        { entity_id: 'b', duplicates: 'sum' },
      ],
    ],
  ])('counts overlaps as %s because the account says so, whatever a row says', async (duplicates, rows) => {
    const body = [{ entity_id: 'a', duplicates: duplicates === 'sum' ? 'union' : 'sum' }, { entity_id: 'b' }];
    const { client } = await scripted(() => ({ body }), { duplicates });
    const request = { partition: 'p', span, grid: defineGrid(60, 'UTC'), signal };
    for await (const page of fetchUsage(client, request)) expect(page.rows).toEqual(rows);
  });

  it('always has both dates, in their one form', async () => {
    const { client, server } = await scripted(() => ({ body: [] }));
    await readEntities(client, 'p', span);
    expect(server.requests[0]?.path).toBe(
      '/v1/project/p/entities?start=2026-11-21+11%3A00%3A00.000000&end=2026-11-21+12%3A00%3A00.000000',
    );
    expect(server.requests[0]?.headers['x-auth-token']).toBe('the-key');
  });

  it('is a list, or nothing', async () => {
    const { client } = await scripted(() => ({ body: {} }));
    await expect(readEntities(client, 'p', span)).rejects.toMatchObject({ code: 'MISSING_ARRAY' });
  });

  it('asks by type where one row of another type spoils it', async () => {
    const { client, server } = await scripted((call) => {
      if (call.endsWith('/entities'))
        return { status: 500, body: { error: 'Unsupported entity type: "network"' } };
      return { body: [{ from: call.split('/').at(-1) }] };
    });
    expect(await readEntities(client, 'p', span)).toEqual({
      rows: [{ from: 'instances' }, { from: 'volumes' }],
      unshown: { unshown_type: 'network', project_id: 'p', ...span },
    });
    expect(asked(server)).toEqual([
      'GET /v1/project/p/entities',
      'GET /v1/project/p/instances',
      'GET /v1/project/p/volumes',
    ]);
  });
});

describe('an answer that is none', () => {
  it.each([
    ['401', { status: 401, body: 'Unauthorized' }, 'InvalidCredentials', 'INVALID_CREDENTIALS', 1],
    ['a page with 500', { status: 500, body: page }, 'ProviderUnavailable', 'KEYSTONE_UNREACHABLE', 3],
    ['{} with 500', { status: 500, body: { error: {} } }, 'ProviderUnavailable', 'HTTP_500', 3],
    ['503', { status: 503, body: page }, 'ProviderUnavailable', 'HTTP_503', 3],
    ['a page with 200', { status: 200, body: page }, 'ProviderUnavailable', 'NOT_JSON', 3],
    [
      '400',
      { status: 400, body: { error: { name: 'expected str' } } },
      'InvalidConfig',
      'PARAMETER_REFUSED',
      1,
    ],
    ['405', { status: 405, body: page }, 'MalformedResponse', 'NO_SUCH_ROUTE', 2],
  ])('%s', async (_, answer, name, code, requests) => {
    const { client, server } = await scripted(() => answer);
    await expect(client.get(['volume_types'])).rejects.toMatchObject({ name, code });
    expect(server.requests).toHaveLength(requests);
  });

  it('repeats what the server says of the fields', async () => {
    const { client } = await scripted(() => ({ status: 400, body: { error: { name: 'expected str' } } }));
    await expect(client.get(['x'])).rejects.toThrow('GET /v1/x: name: expected str (400)');
  });

  it('half an answer is asked for again', async () => {
    const text = (body: string) => ({
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: Buffer.from(body),
      text: () => body,
    });
    const answers = ['[{"entity', '[]'];
    const client = clientOf({ url: 'http://h', token: 't', project_ids: ['p'] }, async () =>
      text(answers.shift() ?? ''),
    );
    expect(await client.get(['volume_types'])).toEqual([]);
  });
});

describe('whose usage there is', () => {
  it('are the projects that the account names, each once', async () => {
    const client = clientOf({ url: 'http://h', token: 't', project_ids: ['a', 'b', 'a'] });
    expect(await client.projects([])).toEqual(['a', 'b']);
  });
});
