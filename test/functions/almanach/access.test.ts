import { afterEach, describe, expect, it } from 'vitest';
import { type AlmanachConfig, almanachConfig } from '../../../functions/almanach/types.ts';
import { parse } from '../../../lib/parse.ts';
import { type AlmanachSimulator, startAlmanach } from '../../../simulators/almanach/index.ts';
import type { AlmanachOptions } from '../../../simulators/almanach/options.ts';
import { type KeystoneSimulator, startKeystone } from '../../../simulators/keystone/index.ts';
import { clientOf } from './connected.ts';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

interface Clouds {
  readonly keystone: KeystoneSimulator;
  readonly almanach: AlmanachSimulator;
}

/** An Almanach that asks this Keystone about every token. */
async function clouds(options: AlmanachOptions = {}): Promise<Clouds> {
  const keystone = await startKeystone();
  const almanach = await startAlmanach({
    auth: 'keystone',
    validate: async (token) => (keystone.validate(token) === null ? 'invalid' : 'valid'),
    ...options,
  });
  open.push(almanach, keystone);
  return { keystone, almanach };
}

const register = ({ keystone, almanach }: Clouds, type: string, name = 'metering', region?: string) =>
  keystone.register({ type, name, url: almanach.url, ...(region ? { region } : {}) });
const types = (client: ReturnType<typeof clientOf>) => client.get(['volume_types']);

describe('a login at Keystone', () => {
  it('opens Almanach at the URL of the account', async () => {
    const { keystone, almanach } = await clouds();
    const client = clientOf({ ...keystone.credentials, url: almanach.url });
    expect(await types(client)).toHaveLength(3);
    await types(client);
    expect(keystone.logins).toEqual([201]);
  });

  it.each([
    ['cloudmetrics', 'metering', {}],
    ['usage', 'metering', {}],
    ['whatever', 'almanach', {}],
    ['billing', 'metering', { service_type: 'billing' }],
  ])('finds it in the catalog as type %s, named %s', async (type, name, config) => {
    const both = await clouds();
    register(both, type, name);
    const client = clientOf({ ...both.keystone.credentials, ...config });
    expect(await types(client)).toHaveLength(3);
    expect((await client.url()).href).toBe(`${both.almanach.url}/`);
  });

  it('takes the type that the Python client asks for before the others', async () => {
    const both = await clouds();
    both.keystone.register({ type: 'usage', name: 'almanach', url: 'http://127.0.0.1:9/' });
    register(both, 'cloudmetrics');
    expect(await types(clientOf(both.keystone.credentials))).toHaveLength(3);
  });

  it('takes no other service when the account names one', async () => {
    const both = await clouds();
    register(both, 'usage', 'almanach');
    const client = clientOf({ ...both.keystone.credentials, service_type: 'billing' });
    await expect(types(client)).rejects.toMatchObject({ code: 'SERVICE_NOT_IN_CATALOG' });
  });

  it('logs in again, once, when a token that worked has died', async () => {
    const { keystone, almanach } = await clouds();
    const client = clientOf({ ...keystone.credentials, url: almanach.url });
    await types(client);
    keystone.revokeTokens();
    expect(await types(client)).toHaveLength(3);
    expect(keystone.logins).toEqual([201, 201]);
  });

  it('tells wrong credentials from an Almanach that refuses good ones', async () => {
    const { keystone, almanach } = await clouds();
    const wrong = clientOf({ ...keystone.credentials, password: 'wrong', url: almanach.url });
    await expect(types(wrong)).rejects.toMatchObject({
      name: 'InvalidCredentials',
      code: 'CREDENTIALS_REFUSED',
    });
    almanach.setFaults(['service-account-refused']);
    const client = clientOf({ ...keystone.credentials, url: almanach.url });
    for (let attempt = 0; attempt < 2; attempt += 1) {
      await expect(types(client)).rejects.toMatchObject({
        name: 'InvalidCredentials',
        code: 'ALMANACH_REFUSES_TOKEN',
        message: expect.stringContaining('Keystone accepts the login'),
        hint: expect.stringContaining('service account'),
      });
    }
    expect(keystone.logins).toEqual([401, 201]);
  });

  it('says so when Almanach cannot reach Keystone', async () => {
    const { keystone, almanach } = await clouds({ faults: ['keystone-unreachable'] });
    const client = clientOf({ ...keystone.credentials, url: almanach.url });
    await expect(types(client)).rejects.toMatchObject({
      name: 'ProviderUnavailable',
      code: 'KEYSTONE_UNREACHABLE',
      retryable: true,
    });
  });

  it('names the projects, the disabled ones too', async () => {
    const { keystone, almanach } = await clouds();
    const projects = await clientOf({ ...keystone.credentials, url: almanach.url }).projects([]);
    const named = (names: string[]) =>
      keystone.projects.filter(({ name, domain }) => names.includes(name) && domain.name === 'Default');
    expect(projects).toEqual(
      named(['acme', 'bolt', 'caffè', 'closed'])
        .map(({ id }) => id)
        .sort(),
    );
    const chosen = clientOf({ ...keystone.credentials, url: almanach.url, project_ids: ['x'] });
    expect(await chosen.projects(['y'])).toEqual(['x']);
  });

  it('names a project that was deleted as long as it was read before', async () => {
    const { keystone, almanach } = await clouds();
    const client = clientOf({ ...keystone.credentials, url: almanach.url });
    const listed = await client.projects([]);
    expect(await client.projects(['deleted'])).toEqual(['deleted', ...listed].sort());
  });

  it('names the one project that an application credential is for, not all of its owner', async () => {
    const { keystone, almanach } = await clouds();
    const client = clientOf({ ...keystone.applicationCredential(), url: almanach.url });
    expect(await client.projects(['deleted'])).toHaveLength(1);
  });
});

describe('the private key', () => {
  it('goes to the place that the catalog names, too', async () => {
    const both = await clouds({ auth: 'mixed', faults: ['keystone-unreachable'] });
    register(both, 'usage');
    const { token } = both.almanach.credentials as { token?: string };
    expect(await types(clientOf({ ...both.keystone.credentials, token }))).toHaveLength(3);
  });

  it.each(['private_key', 'mixed', 'misspelt-mixed'] as const)(
    'opens a server whose strategy is %s',
    async (auth) => {
      const { almanach } = await clouds({ auth });
      expect(await types(clientOf(almanach.credentials))).toHaveLength(3);
    },
  );

  it('does not open one that takes only tokens of Keystone, nor with another word', async () => {
    const { almanach } = await clouds();
    await expect(types(clientOf(almanach.credentials))).rejects.toMatchObject({ name: 'InvalidCredentials' });
    almanach.setFaults([]);
    const { almanach: other } = await clouds({ auth: 'private_key' });
    const client = clientOf({ ...other.credentials, token: 'secret' });
    await expect(types(client)).rejects.toMatchObject({
      name: 'InvalidCredentials',
      hint: expect.stringContaining('private_key'),
    });
  });

  it('of a server in mixed mode opens it while Keystone is away', async () => {
    const { keystone, almanach } = await clouds({ auth: 'mixed' });
    expect(await types(clientOf({ ...keystone.credentials, url: almanach.url }))).toHaveLength(3);
    almanach.setFaults(['keystone-unreachable']);
    expect(await types(clientOf(almanach.credentials))).toHaveLength(3);
  });
});

describe('the credentials of an account', () => {
  const read = (value: unknown): AlmanachConfig =>
    parse(almanachConfig.strict(), value, 'credentials', Error);
  const key = { url: 'http://h', token: 't', project_ids: ['p'] };
  const login = {
    auth_url: 'http://k:5000',
    username: 'u',
    password: 'p',
    user_domain_name: 'Default',
    project_id: 'x',
  };

  it('are a key with its place and projects, or a login', () => {
    expect(read(key)).toMatchObject({ duplicates: 'union', grid_minutes: 60, verify_ssl: true });
    expect(read({ ...login, service_type: 'usage', duplicates: 'sum', grid_minutes: 15 })).toMatchObject({
      grid_minutes: 15,
    });
  });

  it.each<[unknown, RegExp]>([
    [{}, /credentials.url: .*credentials.token: .*credentials.project_ids: /],
    [{ ...key, project_ids: undefined }, /project_ids: .*cannot list/],
    [{ ...key, project_ids: [] }, /project_ids/],
    [{ ...key, token: undefined }, /token/],
    [{ ...login, password: undefined }, /password/],
    [{ ...login, auth_url: undefined }, /auth_url/],
    [{ ...login, project_id: undefined }, /project/],
    [{ ...key, grid_minutes: 7 }, /grid_minutes: expected a divisor of 1440/],
    [{ ...key, duplicates: 'both' }, /duplicates/],
    [{ ...key, tokn: 'x' }, /tokn: is not a known setting/],
  ])('%#', (value, message) => {
    expect(() => read(value)).toThrow(message);
  });
});
