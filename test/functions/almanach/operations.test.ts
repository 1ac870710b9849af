import { describe, expect, it } from 'vitest';
import { calls } from '../../../functions/almanach/calls.ts';
import type { AlmanachClient } from '../../../functions/almanach/client.ts';
import { operations } from '../../../functions/almanach/operations.ts';
import { findOperation } from '../../../lib/operations.ts';
import { clientOf, scripted, signal } from './connected.ts';

async function call(client: AlmanachClient, name: string, parameters: Record<string, string> = {}) {
  const rows: unknown[] = [];
  for await (const row of findOperation(operations, name, true).run(client, parameters, signal))
    rows.push(row);
  return rows;
}

/** A server that takes everything: what it was sent, without the questions for its version. */
async function sent(name: string, parameters: Record<string, string>) {
  const { client, server } = await scripted(() => ({ body: [] }));
  await call(client, name, parameters);
  const [last] = server.requests.slice(-1);
  if (!last) throw new Error('nothing was sent');
  return { line: `${last.method} ${last.path}`, body: last.body === '' ? null : JSON.parse(last.body) };
}

const window = { tenant: 't', start: '2026-10-01T00:00:00Z', end: '2026-11-01' };
const query = '?start=2026-10-01+00%3A00%3A00.000000&end=2026-11-01+00%3A00%3A00.000000';
const date = '2026-10-02T01:02:03.004000Z';

describe('operations', () => {
  it.each<[string, Record<string, string>, string, unknown]>([
    ['get_info', {}, 'GET /v1/info', null],
    ['get_volume_types', {}, 'GET /v1/volume_types', null],
    ['get_volume_type', { id: 'a b' }, 'GET /v1/volume_type/a%20b', null],
    ['create_volume_type', { id: 'a', name: 'A' }, 'POST /v1/volume_type', { type_id: 'a', type_name: 'A' }],
    ['delete_volume_type', { id: 'a' }, 'DELETE /v1/volume_type/a', null],
    ['get_volumes', window, `GET /v1/project/t/volumes${query}`, null],
    ['get_instances', window, `GET /v1/project/t/instances${query}`, null],
    ['get_tenant_entities', window, `GET /v1/project/t/entities${query}`, null],
    ['get_entity', { id: 'e' }, 'GET /v1/entity/e', null],
    ['head_entity', { entity_id: 'e' }, 'HEAD /v1/entity/e', null],
    [
      'create_volume',
      { tenant: 't', id: 'v', type_id: 'ty', name: 'n', size: '5', attachments: 'a, b', start: date },
      'POST /v1/project/t/volume',
      { volume_id: 'v', volume_type: 'ty', volume_name: 'n', size: 5, attached_to: ['a', 'b'], start: date },
    ],
    ['delete_volume', { id: 'v', end: date }, 'DELETE /v1/volume/v', { date }],
    [
      'resize_volume',
      { id: 'v', size: '7.5', resize_date: date },
      'PUT /v1/volume/v/resize',
      { size: 7.5, date },
    ],
    [
      'attach_volume',
      { id: 'v', attachments: 'a', attachment_date: date },
      'PUT /v1/volume/v/attach',
      { attachments: ['a'], date },
    ],
    [
      'detach_volume',
      { id: 'v', attachments: '', attachment_date: date },
      'PUT /v1/volume/v/detach',
      { attachments: [], date },
    ],
    [
      'create_instance',
      {
        tenant: 't',
        id: 'i',
        name: 'n',
        flavor: 'f',
        start: date,
        image_meta: '{"distro":"debian","type":"linux"}',
      },
      'POST /v1/project/t/instance',
      {
        id: 'i',
        created_at: date,
        name: 'n',
        flavor: 'f',
        os_distro: 'debian',
        os_version: null,
        os_type: 'linux',
      },
    ],
    ['delete_instance', { id: 'i', end: date }, 'DELETE /v1/instance/i', { date }],
    ['resize_instance', { id: 'i', flavor: 'f', date }, 'PUT /v1/instance/i/resize', { flavor: 'f', date }],
    [
      'rebuild_instance',
      { id: 'i', distro: 'd', version: '1', os_type: 'linux', rebuild_date: date },
      'PUT /v1/instance/i/rebuild',
      { distro: 'd', version: '1', os_type: 'linux', rebuild_date: date },
    ],
    ['update_instance_entity', { id: 'i', name: 'n' }, 'PUT /v1/entity/instance/i', { name: 'n' }],
    [
      'update_instance_entity',
      { id: 'i', start: window.start, end: window.end, end_date: date, os: '{"distro":"d"}' },
      `PUT /v1/entity/instance/i${query}`,
      { end_date: date, os: { distro: 'd' } },
    ],
  ])('%s', async (name, parameters, line, body) => {
    expect(await sent(name, parameters)).toEqual({ line, body });
  });

  it('knows every call of the Python client, and which of them write', () => {
    const reads = Object.keys(calls).filter((name) => !operations.find(name).write);
    expect(['get_url', ...reads].sort()).toEqual([
      'get_entity',
      'get_info',
      'get_instances',
      'get_tenant_entities',
      'get_url',
      'get_volume_type',
      'get_volume_types',
      'get_volumes',
      'head_entity',
    ]);
    expect(Object.keys(calls)).toHaveLength(20);
    expect(operations.find('get_url').write).toBe(false);
    expect(() => findOperation(operations, 'create_instance', false)).toThrow(
      expect.objectContaining({ code: 'WRITES_NOT_ALLOWED' }),
    );
  });

  it('gives the rows of a listing, an object, and the status of a write', async () => {
    const { client } = await scripted((line) => {
      if (line === 'GET /v1/info') return { body: { info: { version: '4' } } };
      return line.startsWith('GET') ? { body: [1, 2] } : { status: 202, body: '' };
    });
    expect(await call(client, 'get_volume_types')).toEqual([1, 2]);
    expect(await call(client, 'get_info')).toEqual([{ info: { version: '4' } }]);
    expect(await call(client, 'delete_volume', { id: 'v' })).toEqual([{ status: 202 }]);
  });

  it('tells an entity that is not there from a server without the route', async () => {
    const { client, server } = await scripted((line) =>
      line === 'GET /info' ? { body: {} } : line === 'HEAD /entity/e' ? { body: '' } : null,
    );
    expect(await call(client, 'head_entity', { id: 'e' })).toEqual([{ exists: true }]);
    expect(await call(client, 'head_entity', { id: 'nope' })).toEqual([{ exists: false }]);
    expect(server.requests.filter(({ method }) => method === 'HEAD')).toHaveLength(2);
    const nowhere = await scripted(() => null);
    await expect(call(nowhere.client, 'head_entity', { id: 'e' })).rejects.toMatchObject({
      code: 'NO_SUCH_ROUTE',
    });
  });

  it('sends a write once, whatever becomes of it', async () => {
    for (const status of [500, 503, 429, 401]) {
      const { client, server } = await scripted((line) =>
        line === 'GET /v1/info' ? { body: {} } : { status, body: { error: {} } },
      );
      const parameters = { tenant: 't', id: 'i', name: 'n', flavor: 'f', start: date };
      await expect(call(client, 'create_instance', parameters)).rejects.toThrow();
      expect(server.requests.filter(({ method }) => method === 'POST')).toHaveLength(1);
    }
  });

  it('takes UTC for now, and always sends an end', async () => {
    const before = Date.now();
    const { line, body } = await sent('delete_instance', { id: 'i' });
    expect([line, body.date]).toEqual(['DELETE /v1/instance/i', expect.stringMatching(/000Z$/)]);
    expect(Date.parse(body.date)).toBeGreaterThanOrEqual(before);
    expect((await sent('get_instances', { tenant: 't', start: '2026-10-01' })).line).toMatch(/&end=20/);
  });

  it('converts offsets, which the Python client drops', async () => {
    const { body } = await sent('delete_volume', { id: 'v', end: '2026-10-02T03:02:03.004+02:00' });
    expect(body.date).toBe(date);
  });

  it('says where the server is', async () => {
    const client = clientOf({ url: 'http://h:8000/', token: 't', project_ids: ['p'] });
    expect(await call(client, 'get_url')).toEqual([{ url: 'http://h:8000/' }]);
  });

  it.each<[string, Record<string, string>, RegExp]>([
    ['get_entity', {}, /the parameter id is missing/],
    ['get_entity', { id: 'a', other: 'b' }, /other is not known; it takes id/],
    ['get_entity', { id: 'a', entity_id: 'b' }, /id is given twice/],
    ['get_instances', { tenant: 't', start: 'yesterday' }, /start must be a date/],
    ['resize_volume', { id: 'v', size: 'ten' }, /size must be a number/],
    [
      'create_instance',
      { tenant: 't', id: 'i', name: 'n', flavor: 'f', start: date, image_meta: 'x' },
      /image_meta/,
    ],
    ['update_instance_entity', { id: 'i', os: '[1]' }, /os must be a JSON object/],
  ])('%s refuses %j', async (name, parameters, message) => {
    await expect(sent(name, parameters)).rejects.toThrow(message);
  });

  it.each(['get_nothing', 'constructor', '__proto__'])('%s is no operation', (name) => {
    expect(() => operations.find(name)).toThrow(expect.objectContaining({ code: 'UNKNOWN_OPERATION' }));
  });
});
