import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { apis } from '../../../functions/cloudkitty/apis.ts';
import { operations } from '../../../functions/cloudkitty/operations.ts';
import { findOperation, type OperationParameters } from '../../../lib/operations.ts';
import type { CloudKittySimulator } from '../../../simulators/cloudkitty/server.ts';
import { clientOf, signal, simulated } from './connected.ts';

async function call(
  cloud: CloudKittySimulator,
  name: string,
  parameters: OperationParameters = {},
): Promise<unknown[]> {
  const rows: unknown[] = [];
  const client = clientOf({ ...cloud.credentials, url: cloud.url });
  for await (const row of findOperation(operations, name, true).run(client, parameters, signal))
    rows.push(row);
  return rows;
}

const asked = ({ requests }: CloudKittySimulator) =>
  requests.map(({ method, path, parameters, status }) => [method, path, parameters, status]);
const window = { begin: '2026-11-18', end: '2026-11-18T03:00:00+02:00' };
const sent = { begin: '2026-11-18T00:00:00Z', end: '2026-11-18T01:00:00Z' };

describe('the calls there are', () => {
  it('are all that are documented, each by a name of its own', () => {
    expect(apis).toHaveLength(36);
    expect(new Set(apis.map(({ name }) => name)).size).toBe(apis.length);
    expect(apis.filter(({ method, write }) => method !== 'GET' && !write).map(({ name }) => name)).toEqual([
      'rating:quote',
    ]);
    expect(apis.filter(({ method, write }) => method === 'GET' && write).map(({ name }) => name)).toEqual([
      'rating:reload_modules',
    ]);
  });

  it.each([
    'report:get_summary',
    'GET /v1/report/summary',
    '/v1/report/summary',
    'v1/report/summary',
    'GET /v1/rating/module_config/hashmap/services',
    'GET /',
  ])('%s may be called', (name) => expect(findOperation(operations, name, false).write).toBe(false));

  it.each([
    'rating:update_module',
    'rating:reload_modules',
    'GET /v1/rating/reload_modules',
    'PUT /v2/scope',
    'DELETE /v1/collector/mappings/compute',
    'POST /v1/rating/module_config/hashmap/mappings',
  ])('%s may change something, and has to be allowed', (name) => {
    expect(() => findOperation(operations, name, false)).toThrow(
      expect.objectContaining({ code: 'WRITES_NOT_ALLOWED' }),
    );
  });

  it.each([
    '',
    'report',
    'GET /v1/nope',
    'GET /v3/summary',
    'TRACE /v1/info/config',
    'GET /v1/../v2/scope',
    'GET /v1/rating/module_config/hashmap/../x',
    'GET //elsewhere/v1/info/config',
  ])('"%s" is none', (name) => {
    expect(() => operations.find(name)).toThrow(expect.objectContaining({ code: 'UNKNOWN_OPERATION' }));
  });
});

describe('a read', () => {
  it('sends dates as both APIs understand them, and walks every page', async () => {
    const cloud = await simulated();
    const [alpha] = cloud.projects;
    const filters = `project_id:${alpha?.id}`;
    const rows = await call(cloud, 'v2/dataframes', { ...window, filters });
    expect(rows.length).toBeGreaterThan(5);
    expect(asked(cloud)).toEqual([
      ['GET', '/v2/dataframes', { ...sent, filters, limit: '1000', offset: '0' }, 200],
    ]);
    await expect(
      call(cloud, 'v2/dataframes', { ...window, filters, limit: '2', offset: '1' }),
    ).resolves.toEqual(rows.slice(1, 3));
  });

  it('keeps numbers as they were written', async () => {
    const cloud = await simulated();
    const [alpha] = cloud.projects;
    const [row] = await call(cloud, 'summary:get_summary', {
      ...window,
      filters: `project_id:${alpha?.id}`,
      groupby: 'type',
    });
    expect(row).toEqual({
      begin: '2026-11-18T00:00:00+00:00',
      end: '2026-11-18T01:00:00+00:00',
      qty: expect.stringMatching(/^\d+\.\d+$/),
      rate: expect.stringMatching(/^\d+\.\d+$/),
      type: 'compute',
    });
  });

  it.each([
    ['/', {}, [{ id: 'v1' }, { id: 'v2' }]],
    ['v1/info/metrics', {}, [{ metric_id: 'compute' }, {}, {}, {}, {}]],
    ['info:get_metric_info', { metric_name: 'volume.size' }, [{ unit: 'GiB' }]],
    ['v1/info/metrics/ip.floating', {}, [{ unit: 'ip' }]],
    ['v1/info/config', {}, [{ metrics: {} }]],
    ['v1/rating/modules', {}, [{ module_id: 'hashmap', 'hot-config': true }, {}, {}]],
    ['v2_rating:get_module', { module_id: 'noop' }, [{ hot_config: false, priority: 1 }]],
    ['v1/collector', {}, []],
    ['v1/report/tenants', {}, [/^\w{32}$/, /^\w{32}$/, /^\w{32}$/, /^\w{32}$/]],
    ['v1/report/total', { ...window, all_tenants: 'yes' }, [/^\d+\.\d+$/]],
    ['v2/scope', {}, [{ active: true }, {}, {}, {}]],
    ['v2/task/reprocesses', {}, [{ reason: 'price correction' }]],
    ['v1/collector/states/gnocchi', {}, [{ enabled: false }]],
  ])('%s %j gives its rows', async (name, parameters, rows) => {
    const got = await call(await simulated(), name, parameters as OperationParameters);
    expect(got).toHaveLength(rows.length);
    for (const [at, row] of rows.entries()) {
      if (row instanceof RegExp) expect(got[at]).toMatch(row);
      else expect(got[at]).toMatchObject(row);
    }
  });

  it('never says that it wants all tenants when it does not', async () => {
    const cloud = await simulated();
    await call(cloud, 'v1/report/summary', { ...window, all_tenants: 'false' });
    expect(asked(cloud)).toEqual([['GET', '/v1/report/summary', sent, 200]]);
  });

  it.each([
    ['v1/report/summary', { begin: 'yesterday' }, 'begin is no date'],
    ['v1/report/summary', { end: '2026' }, 'end is no date'],
    ['v1/report/summary', { all_tenants: 'maybe' }, 'all_tenants'],
    ['info:get_metric_info', {}, 'metric_name is part of the path'],
    ['rating:quote', { resources: '[{' }, 'resources begins like JSON'],
  ])('%s %j is refused before it is asked', async (name, parameters, message) => {
    const cloud = await simulated();
    await expect(call(cloud, name, parameters as OperationParameters)).rejects.toThrow(message);
    expect(cloud.requests).toEqual([]);
  });

  it('asks for a price without changing anything', async () => {
    const resources = JSON.stringify([
      { service: 'compute', volume: '2', desc: { metadata: { flavor_name: 'm1.large' } } },
    ]);
    await expect(call(await simulated(), 'rating:quote', { resources })).resolves.toEqual([
      `0.4274${'0'.repeat(24)}`,
    ]);
  });
});

describe('a write', () => {
  it('is answered by a redirect that is not followed', async () => {
    const cloud = await simulated();
    const change = { module_id: 'pyscripts', enabled: 'true', priority: '3' };
    await expect(call(cloud, 'rating:update_module', change)).resolves.toEqual([
      { changed: '/v1/rating/modules' },
    ]);
    expect(asked(cloud)).toEqual([['PUT', '/v1/rating/modules', {}, 302]]);
    await expect(call(cloud, 'v1/rating/modules/pyscripts')).resolves.toMatchObject([
      { enabled: true, priority: 3 },
    ]);
  });

  it('sends its parameters as a body, text as text', async () => {
    const cloud = await simulated();
    await call(cloud, 'collector:create_mapping', { collector: 'gnocchi', service: 'compute' });
    await expect(call(cloud, 'v1/collector/mappings')).resolves.toEqual([
      { service: 'compute', collector: 'gnocchi' },
    ]);
    await call(cloud, 'collector:delete_mapping', { service: 'compute' });
    await expect(call(cloud, 'v1/collector/mappings')).resolves.toEqual([]);
    await expect(call(cloud, 'rating:reload_modules')).resolves.toEqual([]);
  });

  it('sets a state back', async () => {
    const cloud = await simulated();
    const [alpha] = cloud.projects;
    const scope_id = alpha?.id ?? '';
    await call(cloud, 'PUT /v2/scope', { scope_id, last_processed_timestamp: '2026-11-19T05:00:00Z' });
    await expect(call(cloud, 'v2/scope', { scope_id })).resolves.toMatchObject([
      { last_processed_timestamp: '2026-11-19T05:00:00+00:00' },
    ]);
  });

  it('is sent once, whatever becomes of it', async () => {
    const cloud = await simulated({ faults: ['keystone-down'] });
    const change = { module_id: 'noop', enabled: 'false' };
    await expect(call(cloud, 'rating:update_module', change)).rejects.toMatchObject({ retryable: true });
    expect(cloud.requests).toHaveLength(1);
  });

  it('that is refused says why', async () => {
    const cloud = await simulated();
    await expect(call(cloud, 'rating:update_module', { enabled: 'true' })).rejects.toMatchObject({
      code: 'PARAMETER_REFUSED',
    });
    await expect(call(cloud, 'v1/rating/modules/nope')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

it('is in no bundle of a handler', () => {
  const room = new URL('../../../functions/cloudkitty/', import.meta.url);
  const others = readdirSync(room).filter((name) => !/^(?:operations|apis)\.ts$/.test(name));
  expect(others).toContain('index.ts');
  expect(
    others.filter((name) =>
      /['"`][^'"`]*(?:operations|apis)\.ts/.test(readFileSync(new URL(name, room), 'utf8')),
    ),
  ).toEqual([]);
});
