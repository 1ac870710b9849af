import { afterEach, describe, expect, it } from 'vitest';
import { type AlmanachWithKeystone, start, startWithKeystone } from '../../../simulators/almanach/index.ts';
import type { WithKeystoneOptions } from '../../../simulators/almanach/with-keystone.ts';
import { call, NOW } from './caller.ts';

const running: AlmanachWithKeystone[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((simulator) => simulator.close()));
});

async function together(options: WithKeystoneOptions = {}): Promise<AlmanachWithKeystone> {
  const cloud = await startWithKeystone({ now: () => NOW, ...options });
  running.push(cloud);
  return cloud;
}

/** Logs in as the credentials say. @returns the token, and where the catalog has Almanach */
async function logIn({ credentials }: AlmanachWithKeystone): Promise<{ token: string; url: string }> {
  const { auth_url, username, password, user_domain_name, project_name, project_domain_name, service_type } =
    credentials as Record<string, string>;
  const user = { name: username, password, domain: { name: user_domain_name } };
  const project = { name: project_name, domain: { name: project_domain_name } };
  const identity = { methods: ['password'], password: { user } };
  const response = await fetch(`${auth_url}/auth/tokens`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ auth: { identity, scope: { project } } }),
  });
  const body = (await response.json()) as {
    token: { catalog: { type: string; endpoints: { url: string }[] }[] };
  };
  const service = body.token.catalog.find(({ type }) => type === service_type);
  return { token: response.headers.get('x-subject-token') ?? '', url: service?.endpoints[0]?.url ?? '' };
}

const types = '/v1/volume_types';

describe('an Almanach behind a Keystone', () => {
  it('is found in its catalog, and lets its tokens in', async () => {
    const cloud = await together();
    const { token, url } = await logIn(cloud);
    expect(url).toBe(cloud.url);
    expect(await call(cloud, types, { token })).toMatchObject({ status: 200, type: 'application/json' });
    expect(await call(cloud, types, { token: 'nonsense' })).toMatchObject({
      ...{ status: 401, type: 'text/html; charset=utf-8', text: 'Unauthorized' },
    });
  });

  it('knows the projects that Keystone knows', async () => {
    const cloud = await together();
    const named = cloud.keystone.projects.map(({ id, name }) => `${id} ${name}`);
    expect(named).toEqual(expect.arrayContaining(cloud.projects.map(({ id, name }) => `${id} ${name}`)));
    expect(cloud.credentials.project_ids).toEqual(cloud.projects.map(({ id }) => id));
  });

  it('refuses a token once it has expired, or was revoked', async () => {
    let now = NOW;
    const cloud = await together({ now: () => now, tokenSeconds: 60 });
    const { token } = await logIn(cloud);
    now += 61_000;
    expect((await call(cloud, types, { token })).status).toBe(401);
    const renewed = await logIn(cloud);
    expect((await call(cloud, types, { token: renewed.token })).status).toBe(200);
    cloud.keystone.revokeTokens();
    expect((await call(cloud, types, { token: renewed.token })).status).toBe(401);
  });

  it('refuses a token at the call where Keystone lets it end', async () => {
    const cloud = await together();
    cloud.keystone.expireTokensAfter(2);
    const { token } = await logIn(cloud);
    const statuses = [];
    for (let turn = 0; turn < 3; turn += 1) statuses.push((await call(cloud, types, { token })).status);
    expect(statuses).toEqual([200, 200, 401]);
  });

  it('is what the command line starts; faults go to the one that knows them', async () => {
    const cloud = await start({ port: 0, seed: 3, faults: ['old-release', 'empty-catalog'] });
    running.push(cloud);
    expect((await call(cloud, '/v1/info')).status).toBe(404);
    expect((await logIn(cloud)).url).toBe('');
    cloud.setFaults([]);
    expect((await call(cloud, '/v1/info')).status).toBe(200);
    expect((await logIn(cloud)).url).toBe(cloud.url);
    await expect(start({ port: 0, seed: 3, faults: ['nope'] })).rejects.toThrow('Unknown fault: nope');
  });
});
