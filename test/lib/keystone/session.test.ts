import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { InsufficientPermission, InvalidCredentials, ProviderUnavailable } from '../../../lib/errors.ts';
import type { TokenHeader } from '../../../lib/keystone.ts';
import { recordTo, replayFrom } from '../../../lib/recording.ts';
import { type KeystoneSimulator, startKeystone } from '../../../simulators/keystone/index.ts';
import { connect } from './connected.ts';

let cloud: KeystoneSimulator;
beforeEach(async () => {
  cloud = await startKeystone({
    endpoints: [{ type: 'rating', name: 'pricing', url: 'http://127.0.0.1:8889' }],
  });
});
afterEach(() => cloud.close());

/** A service that trusts the simulated Keystone, without a wire between. */
async function service(header: TokenHeader): Promise<string> {
  const known = cloud.validate(header['X-Auth-Token']);
  if (known === null) throw new InvalidCredentials('GET /thing: the server refuses the credentials (401)');
  return known.project?.name ?? 'no project';
}

describe('a login', () => {
  it.each([
    ['names', () => cloud.credentials],
    [
      'ids',
      () => ({
        auth_url: cloud.url,
        user_id: cloud.userId('reader'),
        password: cloud.credentials.password,
        project_id: cloud.projects[0]?.id,
      }),
    ],
    [
      'the id of the domain',
      () => ({ ...cloud.credentials, user_domain_name: null, user_domain_id: 'default' }),
    ],
    ['letters beyond ASCII', () => cloud.credentialsOf('système')],
    ['an application credential', () => cloud.applicationCredential()],
    ['an auth_url without /v3', () => ({ ...cloud.credentials, auth_url: cloud.url.replace(/\/v3$/, '/') })],
  ])('by %s gives a token of the project', async (_, credentials) => {
    const { session } = connect(credentials());
    expect(await session.project()).toEqual({
      id: cloud.projects[0]?.id,
      name: 'acme',
      domain: { id: 'default', name: 'Default' },
    });
    expect(await session.roles()).toContain('reader');
    expect((await session.user()).id).toHaveLength(32);
    expect(cloud.validate((await session.token()).reveal())?.project?.name).toBe('acme');
    expect(cloud.logins).toEqual([201]);
  });

  it('tells the same project name of two domains apart', async () => {
    const { session } = connect(cloud.credentialsOf('customer'));
    expect((await session.project()).domain.name).toBe('Customers');
    expect((await session.project()).id).not.toBe(cloud.projects[0]?.id);
  });

  it('is shared by all who ask at once', async () => {
    const { session } = connect(cloud.credentials);
    await Promise.all(Array.from({ length: 20 }, () => session.authorized(service)));
    expect(cloud.logins).toEqual([201]);
  });

  it('is made before the token ends, by the wire clock', async () => {
    let now = Date.UTC(2026, 10, 21);
    const { session } = connect(cloud.credentials, { now: () => now });
    const first = await session.token();
    now += 54 * 60_000;
    expect(await session.token()).toBe(first);
    now += 2 * 60_000;
    expect(await session.token()).not.toBe(first);
    expect(cloud.logins).toEqual([201, 201]);
  });

  it('is not repeated for clocks that disagree', async () => {
    const { session } = connect(cloud.credentials, { now: () => Date.UTC(2099, 0, 1) });
    expect(await session.token()).toBe(await session.token());
    expect(cloud.logins).toEqual([201]);
  });

  it('is tried again after a broken connection, a 5xx and a page of HTML', async () => {
    cloud.setFaults(['5xx', 'reset', 'html-200']);
    for (let round = 0; round < 12; round += 1) await connect(cloud.credentials).session.token();
    const met = new Set(cloud.requests.map(({ fault }) => fault));
    expect([...met].sort()).toEqual(['5xx', 'html-200', null, 'reset'].sort());
  });

  it('that never gets an answer is ProviderUnavailable', async () => {
    const { session } = connect(cloud.credentials, { attempts: 2 });
    await cloud.close();
    await expect(session.token()).rejects.toThrow(ProviderUnavailable);
    cloud = await startKeystone();
  });

  it('leaves no secret in logs and errors', async () => {
    const { session, lines } = connect({ ...cloud.credentials, password: 'a-wrong-password' });
    const error = await session.token().catch((thrown: unknown) => thrown);
    const good = connect(cloud.credentials);
    const token = (await good.session.token()).reveal();
    cloud.expireTokens();
    await good.session.authorized(service).catch(() => {});
    const printed = `${String(error)} ${JSON.stringify(error)} ${lines} ${good.lines}`;
    for (const hidden of ['a-wrong-password', cloud.credentials.password ?? '', token]) {
      expect(printed).not.toContain(hidden);
    }
  });

  it('makes tokens secrets of the account: a service that repeats one shows it to nobody', async () => {
    const { redact, session } = connect(cloud.credentials);
    const first = (await session.token()).reveal();
    await session.authorized(service);
    cloud.expireTokens();
    await session.authorized(service);
    const second = (await session.token()).reveal();
    expect(second).not.toBe(first);
    expect(redact(`who is ${first}, and who ${second}?`)).toBe('who is <secret>, and who <secret>?');
  });
});

describe('a recording of a session', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'usage-sync-keystone-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const recordedAs = (name: string) => ({ recorder: recordTo(folder, { name, title: name }) });

  it('holds neither passwords nor tokens, and can be played again', async () => {
    const { session } = connect(cloud.credentials, recordedAs('1-reader'));
    const projects = await session.ownProjects();
    await connect(cloud.applicationCredential(), recordedAs('2-application')).session.ownProjects();
    await connect(cloud.credentialsOf('second-factor'), recordedAs('3-factor'))
      .session.token()
      .catch(() => {});
    const text = readdirSync(folder)
      .map((name) => readFileSync(join(folder, name), 'utf8'))
      .join();
    const { application_credential_secret: secret = '' } = cloud.applicationCredential();
    for (const hidden of [cloud.credentials.password ?? '', secret, 'gAAAAAB'])
      expect(text).not.toContain(hidden);

    const again = connect(cloud.credentials, { transport: replayFrom(folder) });
    expect(await again.session.ownProjects()).toEqual(projects);
    expect(cloud.logins).toEqual([201, 201, 401]);
  });
});

describe('a token that worked and has died', () => {
  const credentialsOf = {
    password: () => cloud.credentialsOf('member'),
    application: () => cloud.applicationCredential(),
  };

  it.each([
    ['expired', 'password', () => cloud.expireTokens()],
    ['expired', 'application', () => cloud.expireTokens()],
    ['was revoked', 'password', () => cloud.revokeTokens()],
  ] as const)('because it %s is replaced once (%s)', async (_, kind, kill) => {
    const { session } = connect(credentialsOf[kind]());
    await session.authorized(service);
    kill();
    expect(await session.authorized(service)).toBe('acme');
    expect(await session.authorized(service)).toBe('acme');
    expect(cloud.logins).toEqual([201, 201]);
  });

  it('is replaced once for all who meet its end together', async () => {
    const { session } = connect(cloud.credentials);
    await session.authorized(service);
    cloud.expireTokens();
    await Promise.all(Array.from({ length: 20 }, () => session.authorized(service)));
    expect(cloud.logins).toEqual([201, 201]);
  });

  it('because the password changed is not replaced, and nobody asks a second time', async () => {
    const { session } = connect(credentialsOf.password());
    await session.authorized(service);
    cloud.setPassword('member', 'another');
    for (let round = 0; round < 3; round += 1) {
      await expect(session.authorized(service)).rejects.toMatchObject({ code: 'CREDENTIALS_REFUSED' });
    }
    expect(cloud.logins).toEqual([201, 401]);
  });

  it.each([
    ['its user was disabled', () => cloud.setEnabled('member', false), 'APPLICATION_CREDENTIAL_REFUSED', 401],
    ['its role was taken', () => cloud.setRoles('member', []), 'APPLICATION_CREDENTIAL_REFUSED', 401],
    [
      'its application credential was deleted',
      () => cloud.deleteApplicationCredential('sync'),
      'APPLICATION_CREDENTIAL_UNKNOWN',
      404,
    ],
  ] as const)('because %s is not replaced', async (_, kill, code, status) => {
    const { session } = connect(cloud.applicationCredential());
    await session.ownProjects();
    kill();
    await expect(session.ownProjects()).rejects.toMatchObject({ name: 'InvalidCredentials', code });
    expect(cloud.logins).toEqual([201, status]);
  });
});

describe('a token that is refused', () => {
  it('when it is fresh is not replaced', async () => {
    const { session } = connect(cloud.credentials);
    const refusing = async () => {
      throw new InvalidCredentials('GET /thing: the server refuses the credentials (401)');
    };
    await expect(session.authorized(refusing)).rejects.toMatchObject({
      name: 'InvalidCredentials',
      code: 'FRESH_TOKEN_REFUSED',
    });
    expect(cloud.logins).toEqual([201]);
  });

  it('again after it was replaced is not replaced a second time', async () => {
    const { session } = connect(cloud.credentials);
    await session.authorized(service);
    let asked = 0;
    const refusing = async () => {
      asked += 1;
      throw new InvalidCredentials('GET /thing: the server refuses the credentials (401)');
    };
    await expect(session.authorized(refusing)).rejects.toMatchObject({ code: 'FRESH_TOKEN_REFUSED' });
    expect(asked).toBe(2);
    expect(cloud.logins).toEqual([201, 201]);
  });

  it('with 403 is known, and not replaced', async () => {
    const { session } = connect(cloud.credentials);
    await session.authorized(service);
    const forbidding = async () => {
      throw new InsufficientPermission('GET /thing: the server forbids this call (403)');
    };
    await expect(session.authorized(forbidding)).rejects.toThrow(InsufficientPermission);
    expect(cloud.logins).toEqual([201]);
  });
});

describe('the catalog', () => {
  const rating = { types: ['rating'], name: 'pricing' };

  it('names a service, which may be reached from then on', async () => {
    const { session, http } = connect(cloud.credentials);
    const other = await startKeystone();
    try {
      cloud.register({ type: 'usage', name: 'metering', url: other.url });
      await expect(http.send({ method: 'GET', url: new URL(other.url) })).rejects.toMatchObject({
        name: 'EgressDenied',
      });
      const url = await session.endpoint({ types: ['usage'] });
      expect((await http.send({ method: 'GET', url })).status).toBe(200);
    } finally {
      await other.close();
    }
  });

  it('may not name what is never reached', async () => {
    cloud.register({ type: 'usage', name: 'metering', url: 'http://169.254.169.254/latest' });
    await expect(connect(cloud.credentials).session.endpoint({ types: ['usage'] })).rejects.toMatchObject({
      name: 'EgressDenied',
    });
  });

  it.each([
    ['two-regions', {}, 'http://127.0.0.1:8889/'],
    ['two-regions', { region_name: null }, 'REGION_NEEDED'],
    ['wrong-region', {}, 'REGION_NOT_IN_CATALOG'],
    ['wrong-region', { region_name: null }, 'http://127.0.0.1:8889/'],
    ['public-url', {}, 'http://127.0.0.1:8889/'],
    ['public-url', { interface: 'adminURL' }, 'http://127.0.0.1:8889/'],
    ['no-endpoint', {}, 'NO_ENDPOINT'],
    ['empty-catalog', {}, 'EMPTY_CATALOG'],
  ])('with the fault %s and %j', async (fault, settings, expected) => {
    cloud.setFaults([fault]);
    const { session } = connect({ ...cloud.credentials, ...settings });
    const found = await session.endpoint(rating).then(
      (url) => url.href,
      (error: { code: string }) => error.code,
    );
    expect(found).toBe(expected);
  });
});

describe('projects', () => {
  it('of the user are listed, disabled ones marked', async () => {
    const projects = await connect(cloud.credentials).session.ownProjects();
    expect(projects.map(({ name, enabled }) => `${name} ${enabled}`).sort()).toEqual([
      'acme true',
      'bolt true',
      'caffè true',
      'closed false',
    ]);
    expect(new Set(projects.map(({ domainId }) => domainId))).toEqual(new Set(['default']));
  });

  it('of the cloud are listed for an administrator, and refused to others without another login', async () => {
    expect(await connect(cloud.credentialsOf('admin')).session.allProjects()).toHaveLength(6);
    const { session } = connect(cloud.credentials);
    await expect(session.allProjects()).rejects.toMatchObject({
      name: 'InsufficientPermission',
      code: 'KEYSTONE_FORBIDDEN',
    });
    expect(cloud.logins).toEqual([201, 201]);
  });

  it('are entered one by one with the same password, each with one login', async () => {
    const [acme, bolt] = cloud.projects;
    const { session } = connect(cloud.credentials);
    const other = await session.forProject(bolt?.id ?? '');
    expect(await other.authorized(service)).toBe('bolt');
    expect(await session.forProject(bolt?.id ?? '')).toBe(other);
    expect(await session.forProject(acme?.id ?? '')).toBe(session);
    expect(cloud.logins).toEqual([201, 201]);
  });

  it('that refuse the user are named', async () => {
    const { session } = connect(cloud.credentials);
    const closed = cloud.projects.find(({ name }) => name === 'closed')?.id ?? '';
    const other = await session.forProject(closed);
    for (let round = 0; round < 2; round += 1) {
      await expect(other.token()).rejects.toMatchObject({
        name: 'InsufficientPermission',
        code: 'PROJECT_REFUSED',
      });
    }
    expect(cloud.logins).toEqual([201, 401]);
  });

  it('other than its own are closed to an application credential', async () => {
    const [acme, bolt] = cloud.projects;
    const { session } = connect(cloud.applicationCredential());
    expect((await session.ownProjects()).map(({ id }) => id)).toContain(bolt?.id); // its user's
    expect(await session.forProject(acme?.id ?? '')).toBe(session);
    await expect(session.forProject(bolt?.id ?? '')).rejects.toMatchObject({
      name: 'InvalidConfig',
      code: 'APPLICATION_CREDENTIAL_BOUND',
    });
  });
});
