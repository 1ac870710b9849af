import { afterEach, describe, expect, it } from 'vitest';
import { type KeystoneSimulator, startKeystone } from '../../../simulators/keystone/index.ts';

let cloud: KeystoneSimulator;
afterEach(() => cloud.close());

/** Logs in with a user's password; acme of Default unless said otherwise. */
async function logIn(user = 'reader', scope: unknown = undefined): Promise<Response> {
  const { username: name, password, user_domain_name, project_name } = cloud.credentialsOf(user);
  const domain = { name: user_domain_name };
  const identity = { methods: ['password'], password: { user: { name, password, domain } } };
  const auth = { identity, scope: scope ?? { project: { name: project_name, domain } } };
  const headers = { 'content-type': 'application/json' };
  return fetch(`${cloud.url}/auth/tokens`, { method: 'POST', headers, body: JSON.stringify({ auth }) });
}

interface Catalog {
  readonly token: {
    catalog: { type: string; endpoints: { region: string; interface: string; url: string }[] }[];
  };
}

async function endpointsOf(type: string): Promise<string[]> {
  const { token } = (await (await logIn()).json()) as Catalog;
  const service = token.catalog.find((one) => one.type === type);
  return (service?.endpoints ?? []).map((one) => `${one.region} ${one.interface} ${one.url}`).sort();
}

const tokenOf = (answer: Response) => answer.headers.get('x-subject-token') ?? '';

describe('the catalog', () => {
  const rating = { type: 'rating', name: 'pricing', url: 'http://127.0.0.1:8889', interface: 'public' };

  it('holds what the starter gave it, and what registers later', async () => {
    cloud = await startKeystone({ endpoints: [rating] });
    cloud.register({ ...rating, region: 'RegionTwo', url: 'http://127.0.0.1:8890/$(project_id)s' });
    const [acme] = cloud.projects;
    expect(await endpointsOf('rating')).toEqual([
      'RegionOne public http://127.0.0.1:8889',
      `RegionTwo public http://127.0.0.1:8890/${acme?.id}`,
    ]);
  });

  it.each([
    ['two-regions', ['RegionOne public http://127.0.0.1:8889', 'RegionTwo public http://127.0.0.1:9']],
    ['wrong-region', ['RegionOther public http://127.0.0.1:8889']],
    ['public-url', ['RegionOne publicURL http://127.0.0.1:8889']],
    ['no-endpoint', []],
    ['empty-catalog', []],
  ])('with the fault %s', async (fault, expected) => {
    cloud = await startKeystone({ endpoints: [rating], faults: [fault] });
    expect(await endpointsOf('rating')).toEqual(expected);
  });
});

describe('tokens', () => {
  it('are known to a service beside it until they end', async () => {
    let now = Date.UTC(2026, 10, 21);
    cloud = await startKeystone({ now: () => now, tokenSeconds: 60 });
    const token = tokenOf(await logIn());
    expect(cloud.validate(token)).toMatchObject({
      user: { name: 'reader' },
      project: { name: 'acme' },
      roles: ['reader'],
    });
    now += 60_000;
    expect(cloud.validate(token)).toBeNull();
    expect(cloud.validate(undefined)).toBeNull();
  });

  it('of one login die after so many uses', async () => {
    cloud = await startKeystone();
    cloud.expireTokensAfter(2);
    const [first, second] = [tokenOf(await logIn()), tokenOf(await logIn())];
    const alive = (token: string) => [1, 2, 3].map(() => cloud.validate(token) !== null);
    expect(alive(first)).toEqual([true, true, false]);
    expect(alive(second)).toEqual([true, true, true]);
  });

  it('end when they are told to, or revoked', async () => {
    cloud = await startKeystone();
    const token = tokenOf(await logIn());
    cloud.expireTokens();
    expect(cloud.validate(token)).toBeNull();
    const next = tokenOf(await logIn());
    cloud.revokeTokens();
    expect(cloud.validate(next)).toBeNull();
    expect(cloud.logins).toEqual([201, 201]);
  });

  it('come without a scope, or not at all, with the faults of these names', async () => {
    cloud = await startKeystone({ faults: ['unscoped'] });
    expect(await (await logIn()).json()).not.toHaveProperty('token.project');
    cloud.setFaults(['no-subject-token']);
    expect(tokenOf(await logIn())).toBe('');
  });
});

describe('the world', () => {
  it('is a function of the seed and the projects asked for', async () => {
    cloud = await startKeystone({ seed: 7, projects: [{ id: 'f'.repeat(32), name: 'only' }] });
    const { credentials, projects } = cloud;
    expect(projects.map(({ name, enabled }) => `${name} ${enabled}`)).toEqual([
      'only true',
      'closed false',
      'secluded true',
      'only true',
    ]);
    expect(credentials).toMatchObject({ username: 'reader', project_name: 'only', region_name: 'RegionOne' });
    await cloud.close();
    cloud = await startKeystone({ seed: 7 });
    expect(cloud.credentials.password).toBe(credentials.password);
  });

  it('refuses a fault that it does not know', async () => {
    cloud = await startKeystone();
    expect(() => cloud.setFaults(['nosuch'])).toThrow('Unknown fault: nosuch');
  });

  it('has faults that pass', async () => {
    cloud = await startKeystone({ faults: ['5xx', 'html-200', 'reset', 'slow'] });
    const statuses = new Set<number | string>();
    for (let round = 0; round < 12; round += 1) {
      const answer = await logIn().catch(() => null);
      statuses.add(answer?.status ?? 'reset');
      await answer?.arrayBuffer().catch(() => {});
    }
    expect(statuses).toContain('reset');
    expect(statuses).toContain(200);
    expect(statuses).toContain(201);
    expect(cloud.requests.some(({ fault }) => fault === 'slow')).toBe(true);
  });
});
