import { describe, expect, it } from 'vitest';
import { collect, points, scopes, summaries, walk } from '../../../functions/cloudkitty/listings.ts';
import { projectsOf } from '../../../functions/cloudkitty/policy.ts';
import { fetchSpend, fetchUsage } from '../../../functions/cloudkitty/rated.ts';
import { cloudKittyConfig } from '../../../functions/cloudkitty/types.ts';
import { defineGrid } from '../../../lib/grid.ts';
import { DAY } from '../../../lib/time.ts';
import type { CloudKittySimulator } from '../../../simulators/cloudkitty/server.ts';
import { clientOf, DAY_ONE, dayAt, rowsOf, signal, simulated } from './connected.ts';

const grid = defineGrid(1440, 'UTC');
const alphaOf = ({ projects }: CloudKittySimulator) => projects[0]?.id ?? '';
const request = (cloud: CloudKittySimulator) => ({
  span: dayAt(DAY_ONE),
  grid,
  partition: alphaOf(cloud),
  signal,
});
const asked = ({ requests }: CloudKittySimulator) => requests.map(({ path }) => path);

describe('finding CloudKitty', () => {
  it.each([
    ['the catalog', null],
    ['a url', ''],
    ['a url with a version', '/v1'],
    ['a url with a slash', '/v2/'],
  ])('takes %s, whatever path lies before it', async (_, end) => {
    const cloud = await simulated({ prefix: '/rating' });
    const own = end === null ? {} : { url: `${cloud.url}${end}` };
    const client = clientOf({ ...cloud.credentials, ...own });
    await expect(client.hasV2()).resolves.toBe(true);
    await expect(client.get('/v1/info/config')).resolves.toHaveProperty('metrics');
    expect(asked(cloud)).toEqual(['/rating/', '/rating/v1/info/config']);
  });

  it('asks the root which versions there are, without a token', async () => {
    const cloud = await simulated({ storage: 'v1' });
    const client = clientOf({ ...cloud.credentials, url: cloud.url });
    await expect(client.hasV2()).resolves.toBe(false);
    await client.hasV2();
    expect(asked(cloud)).toEqual(['/']);
    expect(cloud.keystone.requests).toEqual([]);
  });
});

describe('a token', () => {
  it('that dies on the way is replaced once', async () => {
    const cloud = await simulated();
    cloud.keystone.expireTokensAfter(2);
    const rows = await rowsOf(fetchUsage(clientOf(cloud.credentials), request(cloud)));
    expect(rows.length).toBeGreaterThan(0);
    await rowsOf(fetchSpend(clientOf(cloud.credentials), request(cloud)));
    expect(cloud.keystone.logins.every((status) => status === 201)).toBe(true);
  });

  it('is asked for once in an invocation', async () => {
    const cloud = await simulated();
    const client = clientOf(cloud.credentials);
    await rowsOf(fetchSpend(client, { ...request(cloud), span: { start: DAY_ONE, end: DAY_ONE + 3 * DAY } }));
    expect(cloud.keystone.logins).toEqual([201]);
  });
});

describe('pages', () => {
  const window = { begin: '2026-11-18T00:00:00Z', end: '2026-11-19T00:00:00Z' };

  it('count points, and split what happened at one time', async () => {
    const cloud = await simulated();
    const client = clientOf(cloud.credentials);
    const filters = `project_id:${alphaOf(cloud)}`;
    const whole = await collect(walk(client, points, { ...window, filters }, signal));
    const parts = await collect(walk(client, { ...points, limit: 7 }, { ...window, filters }, signal));
    expect(parts).toEqual(whole);
    expect(whole.length).toBe(cloud.oracle('alpha', DAY_ONE).reduce((count, { hours }) => count + hours, 0));
  });

  it('of a table are the rows of objects', async () => {
    const cloud = await simulated();
    const client = clientOf(cloud.credentials);
    const groups = { ...window, filters: `project_id:${alphaOf(cloud)}`, groupby: 'project_id,id,type' };
    const table = await collect(walk(client, { ...summaries, limit: 3 }, groups, signal));
    const objects = await collect(walk(client, summaries, { ...groups, response_format: 'object' }, signal));
    expect(table).toEqual(objects);
  });

  it.each([
    ['no data', points],
    ['no data', summaries],
  ])('of nothing are none: %s', async (_, listing) => {
    const cloud = await simulated();
    const old = { begin: '2020-01-01T00:00:00Z', end: '2020-02-01T00:00:00Z', filters: 'type:compute' };
    await expect(collect(walk(clientOf(cloud.credentials), listing, old, signal))).resolves.toEqual([]);
  });

  it('end with a 404 where there is no total', async () => {
    const cloud = await simulated();
    const client = clientOf(cloud.credentials);
    await expect(collect(walk(client, { ...scopes, limit: 2 }, {}, signal))).resolves.toHaveLength(4);
    await expect(collect(walk(client, scopes, { scope_id: 'nobody' }, signal))).resolves.toEqual([]);
  });

  it.each([
    ['ignored-offset', 'REPEATED_PAGE'],
    ['moving-total', 'LISTING_MOVED'],
  ])('that cannot be trusted are refused: %s', async (fault, code) => {
    const cloud = await simulated({ faults: [fault] });
    const parameters = { ...window, filters: `project_id:${alphaOf(cloud)}` };
    const pages = walk(clientOf(cloud.credentials), { ...points, limit: 50 }, parameters, signal);
    await expect(collect(pages)).rejects.toMatchObject({ name: 'InconsistentListing', code });
  });

  it.each(['v1', 'v2'] as const)('without their array are refused: %s', async (storage) => {
    const cloud = await simulated({ storage, faults: ['missing-array'] });
    await expect(rowsOf(fetchUsage(clientOf(cloud.credentials), request(cloud)))).rejects.toMatchObject({
      name: 'MalformedResponse',
      code: 'MISSING_ARRAY',
    });
  });
});

describe('dates', () => {
  it('are whole UTC days, and say so', async () => {
    const cloud = await simulated({ storage: 'v1', zone: 'America/New_York' });
    await rowsOf(fetchUsage(clientOf(cloud.credentials), request(cloud)));
    const { parameters } = cloud.requests.find(({ path }) => path === '/v1/storage/dataframes') ?? {};
    expect(parameters).toEqual({
      begin: '2026-11-18T00:00:00Z',
      end: '2026-11-19T00:00:00Z',
      tenant_id: alphaOf(cloud),
    });
  });

  it('of a server elsewhere are the same moments', async () => {
    const days = await Promise.all(
      ['UTC', 'Europe/Berlin', 'Asia/Kolkata'].map(async (zone) => {
        const cloud = await simulated({ zone });
        const rows = await rowsOf(fetchUsage(clientOf(cloud.credentials), request(cloud)));
        return rows.length;
      }),
    );
    expect(new Set(days).size).toBe(1);
  });
});

describe('what goes wrong', () => {
  it.each(['5xx', 'reset', 'html-200', 'truncated-json', 'slow'])('passes: %s', async (fault) => {
    const cloud = await simulated({ faults: [fault] });
    const quiet = await simulated();
    const rows = await rowsOf(fetchUsage(clientOf(cloud.credentials), request(cloud)));
    expect(rows).toHaveLength((await rowsOf(fetchUsage(clientOf(quiet.credentials), request(quiet)))).length);
  });

  it.each([
    ['keystone-down', 'HTTP_503', 'v2'],
    ['storage-down', 'HTTP_500', 'v2'],
    ['storage-down', 'HTTP_500', 'v1'],
  ] as const)('is the provider’s: %s', async (fault, code, storage) => {
    const cloud = await simulated({ faults: [fault], storage });
    const failure = rowsOf(fetchUsage(clientOf(cloud.credentials), request(cloud)));
    await expect(failure).rejects.toMatchObject({ name: 'ProviderUnavailable', code });
    // What v1 tells of its insides stays inside; the request's id helps whoever looks for it.
    await expect(failure).rejects.toThrow(/\(50\d, req-/);
    await expect(failure).rejects.not.toThrow(/HTTPConnectionPool|port=/);
  });

  it('is a role that may not', async () => {
    const cloud = await simulated({ faults: ['no-permission'] });
    await expect(rowsOf(fetchUsage(clientOf(cloud.credentials), request(cloud)))).rejects.toMatchObject({
      name: 'InsufficientPermission',
      code: 'ROLE_MISSING',
    });
  });

  it('is an id that a query of the database would take for something else', async () => {
    const cloud = await simulated();
    const odd = { ...request(cloud), partition: "x'--" };
    await expect(rowsOf(fetchUsage(clientOf(cloud.credentials), odd))).rejects.toMatchObject({
      code: 'BAD_PROJECT_ID',
    });
    expect(cloud.requests).toEqual([]);
  });
});

describe('projects', () => {
  it.each(['v1', 'v2'] as const)('are all that were rated, for an administrator: %s', async (storage) => {
    const cloud = await simulated({ storage });
    const rated = cloud.projects.filter(({ name }) => storage === 'v2' || name !== 'empty');
    await expect(projectsOf(clientOf(cloud.credentials))).resolves.toEqual(rated.map(({ id }) => id).sort());
  });

  it('are the credentials’ own otherwise, or those of the account', async () => {
    const cloud = await simulated({ role: 'member' });
    await expect(projectsOf(clientOf(cloud.credentials))).resolves.toEqual([alphaOf(cloud)]);
    const named = { ...cloud.credentials, project_ids: ['p2', 'p1', 'p2'] };
    await expect(projectsOf(clientOf(named))).resolves.toEqual(['p2', 'p1']);
  });
});

describe('credentials', () => {
  const good = {
    auth_url: 'https://keystone.example.com/v3',
    username: 'u',
    password: 'p',
    user_domain_name: 'Default',
    project_name: 'acme',
    project_domain_name: 'Default',
    currency: 'EUR',
  };

  it.each([
    [{}, true],
    [{ currency: undefined }, false],
    [{ currency: 'Euro' }, false],
    [{ currency: 'eur' }, false],
    [{ project_ids: ['a1'] }, true],
    [{ project_ids: [] }, false],
    [{ project_ids: ["a'b"] }, false],
    [{ url: 'https://rating.example.com/v1' }, true],
    [{ url: 'ftp://rating.example.com' }, false],
    [{ project_name: undefined }, false],
  ])('with %j are good: %s', (change, success) => {
    expect(cloudKittyConfig.safeParse({ ...good, ...change }).success).toBe(success);
  });

  it('refuse what is no setting, in a file that people write', () => {
    expect(cloudKittyConfig.strict().safeParse({ ...good, curency: 'EUR' }).success).toBe(false);
  });
});
