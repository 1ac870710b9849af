import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { listAll } from '../../../functions/cloudtower/listing.ts';
import { towerLabel, towerVm } from '../../../functions/cloudtower/rows.ts';
import { clientOf, NOW, type Script, scripted, signal, simulated } from './connected.ts';

const refuse =
  (status: number, message: string): Script =>
  () => ({ status, body: { message, status, path: '/' } });
const empty: Script = () => ({ body: [] });
const names = (calls: readonly { operation: string }[]) => calls.map(({ operation }) => operation);
const vmsOf = (client: Parameters<typeof listAll>[0]) => listAll(client, 'get-vms', towerVm, signal);

describe('login', () => {
  it('sends the token with nothing in front, and the language where one is known', async () => {
    const { client, calls } = await scripted({ 'get-vms': empty, 'get-vm-metrics': empty });
    await client.call('get-vms', {});
    await client.call('get-vm-metrics', { range: '2h', metrics: [], vms: {} });
    expect(calls[0]?.body).toEqual({ username: 'u', password: 'the-password', source: 'LOCAL' });
    expect(calls.map(({ headers }) => headers.authorization)).toEqual([undefined, 'the-token', 'the-token']);
    expect(calls.map(({ headers }) => headers['content-language'])).toEqual(['en-US', 'en-US', undefined]);
  });

  it.each([400, 401, 403, 404, 500])('that is refused with %i is never tried again', async (status) => {
    const { client, calls } = await scripted({ login: refuse(status, 'NOT_MATCH_USER'), 'get-vms': empty });
    for (let turn = 0; turn < 2; turn += 1) {
      await expect(client.call('get-vms', {})).rejects.toMatchObject({
        name: 'InvalidCredentials',
        code: 'LOGIN_REFUSED',
      });
    }
    expect(names(calls)).toEqual(['login']);
  });

  it('is done once for calls side by side', async () => {
    const { client, tower } = await simulated();
    await Promise.all([1, 2, 3].map(() => client.call('get-clusters', {})));
    expect(tower.logins).toEqual([200]);
  });

  it.each(['LOCAL', 'LDAP', 'AUTHN', 'SSO'] as const)('works from %s', async (source) => {
    const { client, tower } = await simulated({ source });
    await client.call('get-clusters', {});
    expect(tower.logins).toEqual([200]);
  });

  it('of LDAP goes as it is where the tower knows no identity sources', async () => {
    const { client, calls } = await scripted(
      { 'get-vms': empty },
      { username: 'u', password: 'p', source: 'LDAP' },
    );
    await client.call('get-vms', {});
    expect(calls.map(({ operation, body }) => [operation, body.source])).toEqual([
      ['graphql', undefined],
      ['login', 'LDAP'],
      ['get-vms', undefined],
    ]);
  });

  it('is not needed with a key, whose refusal is final', async () => {
    const { client, tower } = await simulated({ credentials: 'key' });
    await client.call('get-clusters', {});
    expect(tower.requests.map(({ command }) => command)).toEqual(['get-clusters']);
    const wrong = clientOf({ url: tower.credentials.url, api_key: 'another-key' });
    await expect(wrong.call('get-clusters', {})).rejects.toMatchObject({ name: 'InvalidCredentials' });
    expect(tower.logins).toEqual([]);
  });

  it('needs a user or a key', () => {
    expect(() => clientOf({ url: 'http://127.0.0.1:9/', username: 'u' })).toThrow(/neither/);
  });
});

describe('a token', () => {
  it('that dies is replaced once, and nothing is lost', async () => {
    const { client, tower } = await simulated({ vms: 30 });
    const before = await vmsOf(client);
    tower.endTokens();
    expect(await vmsOf(client)).toEqual(before);
    expect(tower.logins).toEqual([200, 200]);
    tower.endTokens();
    await expect(vmsOf(client)).rejects.toMatchObject({ name: 'InvalidCredentials' });
    expect(tower.logins).toEqual([200, 200]);
  });

  it('that never worked is not replaced', async () => {
    const { client, calls } = await scripted({ 'get-vms': refuse(401, 'Unauthorized') });
    await expect(client.call('get-vms', {})).rejects.toMatchObject({ name: 'InvalidCredentials' });
    expect(names(calls)).toEqual(['login', 'get-vms']);
  });

  it('is not to blame for a permission that is missing', async () => {
    const { client, calls } = await scripted({
      'get-vms': empty,
      'get-hosts': refuse(403, 'PERMISSION_DENIED'),
    });
    await client.call('get-vms', {});
    await expect(client.call('get-hosts', {})).rejects.toMatchObject({ name: 'InsufficientPermission' });
    expect(names(calls)).toEqual(['login', 'get-vms', 'get-hosts']);
  });
});

describe('a listing', () => {
  const rows = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, at) => ({ id: `l${String(from + at).padStart(4, '0')}` }));
  const labels = (client: Parameters<typeof listAll>[0]) =>
    listAll(client, 'get-labels', towerLabel, signal).then((all) => all.map(({ id }) => id));
  const all = rows(0, 230);
  const served: Script = ({ after, first }) => {
    const from = after ? all.findIndex(({ id }) => id === after) + 1 : 0;
    return { body: all.slice(from, from + Number(first)) };
  };

  it('is walked by the last id until a short page', async () => {
    const { client, calls } = await scripted({ 'get-labels': served });
    expect(await labels(client)).toEqual(all.map(({ id }) => id));
    expect(calls.slice(1).map(({ body }) => body)).toEqual([
      { where: {}, orderBy: 'id_ASC', first: 100 },
      { where: {}, orderBy: 'id_ASC', first: 100, after: 'l0099' },
      { where: {}, orderBy: 'id_ASC', first: 100, after: 'l0199' },
    ]);
  });

  it('counts a row once that comes on two pages', async () => {
    const { client } = await scripted({
      'get-labels': ({ after }) => ({ body: after ? rows(90, 130) : rows(0, 100) }),
    });
    expect(await labels(client)).toHaveLength(130);
  });

  it('goes on by a filter when the row of the cursor is gone', async () => {
    const { client, tower } = await simulated({ vms: 1, faults: ['lost-cursor'] });
    const bodies = tower.bodies;
    const found: string[] = [];
    for await (const page of client.list('get-user-audit-logs', {}, signal))
      found.push(...page.rows.map((row) => (row as { id: string }).id));
    expect(new Set(found).size).toBe(found.length);
    expect(bodies.length).toBeGreaterThan(0);
    const { client: other, calls } = await scripted({
      'get-labels': ({ after, where, first }) => {
        if (after) return { body: [] };
        const [, filter] = (where as { AND?: { id_gt?: string }[] }).AND ?? [];
        const behind = filter?.id_gt ?? '';
        return { body: all.filter(({ id }) => id > behind).slice(0, Number(first)) };
      },
    });
    expect(await labels(other)).toEqual(all.map(({ id }) => id));
    expect(calls).toHaveLength(6);
  });

  it('that never moves on is no listing', async () => {
    const { client } = await scripted({ 'get-labels': () => ({ body: rows(0, 100) }) });
    await expect(labels(client)).rejects.toMatchObject({ name: 'InconsistentListing' });
  });

  it('goes on where the tower gives fewer rows than were asked for', async () => {
    const { client } = await scripted({
      'get-labels': (body) => served({ ...body, first: 50 }, {} as never),
    });
    expect(await labels(client)).toHaveLength(230);
  });

  it.each([
    [{ rows: [] }, /the answer is no array/],
    [[{ id: null }], /row 1: id/],
    [[null], /row 1: id/],
  ])('of %j is malformed', async (body, message) => {
    const { client } = await scripted({ 'get-labels': () => ({ body }) });
    await expect(labels(client)).rejects.toMatchObject({
      name: 'MalformedResponse',
      message: expect.stringMatching(message),
    });
  });

  it('takes nulls anywhere, words it does not know, and keys it does not know', async () => {
    const nulls = Object.fromEntries(
      Object.keys((await listAll((await simulated()).client, 'get-vms', towerVm, signal))[0] ?? {}).map(
        (key) => [key, null],
      ),
    );
    const odd = { ...nulls, id: 'v1', status: 'DREAMING', key_of_tomorrow: { deep: [1] } };
    const { client } = await scripted({ 'get-vms': () => ({ body: [odd] }) });
    expect(await vmsOf(client)).toEqual([odd]);
  });
});

describe('a refusal', () => {
  const locked = JSON.parse(
    readFileSync(
      new URL('../../fixtures/cloudtower/error-400-resource-locked.json', import.meta.url),
      'utf8',
    ),
  );

  it.each([
    [400, locked, 'ProviderUnavailable', 'RESOURCE_LOCKED'],
    [400, { message: 'should NOT have additional properties' }, 'InvalidConfig', 'PARAMETER_REFUSED'],
    [404, { message: 'Not Found' }, 'InvalidConfig', 'OPERATION_NOT_AVAILABLE'],
    [403, { message: 'PERMISSION_DENIED' }, 'InsufficientPermission', 'INSUFFICIENT_PERMISSION'],
    [500, { message: 'LOAD_METRIC_FAILED' }, 'ProviderUnavailable', 'HTTP_500'],
    [400, { message: 'TOWER_LICENSE_EXPIRED' }, 'InsufficientPermission', 'LICENCE_EXPIRED'],
    [502, '<html>bad gateway</html>', 'ProviderUnavailable', 'HTTP_502'],
    [200, '<html>please wait</html>', 'ProviderUnavailable', 'NOT_JSON'],
    [200, '[{"id": "v1"', 'MalformedResponse', 'MALFORMED_RESPONSE'],
  ])('%i %j is %s', async (status, body, name, code) => {
    const { client } = await scripted({ 'get-vms': () => ({ status, body }) });
    await expect(client.call('get-vms', {})).rejects.toMatchObject({ name, code });
  });

  it("has the tower's own words and its number of the request", async () => {
    const { client } = await scripted({ 'get-vms': refuse(500, 'Internal Server Error') });
    await expect(client.call('get-vms', {})).rejects.toThrow(
      'get-vms: Internal Server Error (500, request r-1)',
    );
  });
});

it('asks for the version without credentials; a tower below 2.3 says none', async () => {
  const { client, tower } = await simulated();
  expect(await client.release()).toEqual({ major: 4, minor: 8 });
  expect(tower.requests.map(({ method, command }) => `${method} ${command}`)).toEqual(['GET get-version']);
  expect(await (await simulated({ version: '2.2.0', planNow: () => NOW })).client.release()).toBeNull();
});
