import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { judgeStatus } from '../../../lib/http/retry.ts';
import type { HttpResponse } from '../../../lib/http.ts';
import { judgeLogin } from '../../../lib/keystone/refusals.ts';
import { type KeystoneSimulator, startKeystone } from '../../../simulators/keystone/index.ts';
import { connect } from './connected.ts';

let cloud: KeystoneSimulator;
beforeEach(async () => {
  cloud = await startKeystone();
});
afterEach(() => cloud.close());

describe('a login that is refused is tried once', () => {
  const user = (name: string, more = {}) => ({ ...cloud.credentialsOf(name), ...more });
  const application = (more = {}) => ({ ...cloud.applicationCredential(), ...more });

  it.each<[string, () => unknown, number, string]>([
    ['wrong password', () => user('reader', { password: 'wrong' }), 401, 'CREDENTIALS_REFUSED'],
    ['unknown user', () => user('reader', { username: 'nobody' }), 401, 'CREDENTIALS_REFUSED'],
    [
      'unknown domain of the user',
      () => user('reader', { user_domain_name: 'x' }),
      401,
      'CREDENTIALS_REFUSED',
    ],
    ['disabled user', () => user('disabled'), 401, 'CREDENTIALS_REFUSED'],
    ['unknown project', () => user('reader', { project_name: 'x' }), 401, 'CREDENTIALS_REFUSED'],
    [
      'unknown domain of the project',
      () => user('reader', { project_domain_name: 'x' }),
      401,
      'CREDENTIALS_REFUSED',
    ],
    ['disabled project', () => user('reader', { project_name: 'closed' }), 401, 'CREDENTIALS_REFUSED'],
    [
      'project without a role',
      () => user('reader', { project_name: 'secluded' }),
      401,
      'CREDENTIALS_REFUSED',
    ],
    ['user without any role', () => user('roleless'), 401, 'CREDENTIALS_REFUSED'],
    ['second factor', () => user('second-factor'), 401, 'MFA_REQUIRED'],
    [
      'wrong secret',
      () => application({ application_credential_secret: 'x' }),
      401,
      'APPLICATION_CREDENTIAL_REFUSED',
    ],
    [
      'expired application credential',
      () => cloud.applicationCredential('expired'),
      401,
      'APPLICATION_CREDENTIAL_REFUSED',
    ],
    [
      'unknown application credential',
      () => application({ application_credential_id: 'f'.repeat(32) }),
      404,
      'APPLICATION_CREDENTIAL_UNKNOWN',
    ],
  ])('%s', async (_, credentials, status, code) => {
    const { session } = connect(credentials());
    for (let round = 0; round < 3; round += 1) {
      await expect(session.token()).rejects.toMatchObject({ name: 'InvalidCredentials', code });
    }
    await expect(session.ownProjects()).rejects.toMatchObject({ code });
    expect(cloud.logins).toEqual([status]);
  });
});

describe('half an answer to a login', () => {
  it.each([
    ['unscoped', 'InsufficientPermission', 'TOKEN_WITHOUT_PROJECT'],
    ['no-subject-token', 'MalformedResponse', 'MISSING_TOKEN'],
  ])('(%s) is no token: nothing is sent with it', async (fault, name, code) => {
    cloud.setFaults([fault]);
    const { session } = connect(cloud.credentials);
    await expect(session.ownProjects()).rejects.toMatchObject({ name, code });
    await expect(session.authorized(async () => expect.unreachable())).rejects.toMatchObject({ code });
    expect(cloud.requests.map(({ command }) => command)).toEqual(['login']);
  });
});

describe('an address that is not Keystone', () => {
  it('is said to be none', async () => {
    const { session } = connect({ ...cloud.credentials, auth_url: cloud.url.replace('/v3', '/identity') });
    await expect(session.token()).rejects.toMatchObject({ name: 'InvalidConfig', code: 'NOT_KEYSTONE' });
  });
});

describe('what Keystone says about a login', () => {
  const answer = (status: number, body: unknown): HttpResponse => {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    return { status, headers: {}, body: Buffer.from(text), text: () => text };
  };
  const judged = (status: number, body: unknown) => {
    const response = answer(status, body);
    const byStatus = judgeStatus('POST /auth/tokens', new URL('http://k/v3/auth/tokens'), response, 0);
    const verdict = judgeLogin('POST /auth/tokens', 'password', response, byStatus);
    if (verdict.action === 'accept') return 'accept';
    return `${verdict.action} ${verdict.error.name} ${verdict.error.code}`;
  };
  const said = (message: string) => ({ error: { code: 400, message, title: 'Bad Request' } });

  it.each<[number, unknown, string]>([
    [
      400,
      said('Expecting to find domain in user. The server could not comply.'),
      'fail InvalidConfig WRONG_REQUEST',
    ],
    [401, { error: { message: 'x' } }, 'fail InvalidCredentials CREDENTIALS_REFUSED'],
    [401, 'no JSON', 'fail InvalidCredentials CREDENTIALS_REFUSED'],
    [403, { error: {} }, 'fail InsufficientPermission LOGIN_FORBIDDEN'],
    [404, { error: { message: 'Failed to validate token' } }, 'fail InvalidCredentials CREDENTIALS_REFUSED'],
    [404, '<html></html>', 'fail InvalidConfig NOT_KEYSTONE'],
    [405, { message: 'The method is not allowed' }, 'fail InvalidConfig NOT_KEYSTONE'],
    [413, '413 Request Entity Too Large', 'fail InvalidConfig WRONG_REQUEST'],
    [302, '', 'fail MalformedResponse UNEXPECTED_REDIRECT'],
    [418, '', 'fail MalformedResponse HTTP_418'],
    [500, '<html></html>', 'retry ProviderUnavailable HTTP_500'],
    [503, '{}', 'retry ProviderUnavailable HTTP_503'],
    [200, '<html></html>', 'retry ProviderUnavailable NOT_JSON'],
    [201, { token: {} }, 'accept'],
  ])('%i %j: %s', (status, body, expected) => {
    expect(judged(status, body)).toBe(expected);
  });

  it('is repeated only in its own words', () => {
    const told = (message: string) => {
      const response = answer(400, said(message));
      const byStatus = judgeStatus('x', new URL('http://k'), response, 0);
      const verdict = judgeLogin('x', 'password', response, byStatus);
      return verdict.action === 'fail' ? verdict.error.message : '';
    };
    expect(told('Expecting to find domain in project. More.')).toContain('find domain in project');
    expect(told("'identity' is a required property: {'password': 'correct-horse'}")).not.toContain('horse');
  });

  it('names the methods that there are', () => {
    const body = {
      error: {
        message: 'Attempted to authenticate with an unsupported method.',
        identity: { methods: ['password', '<b>'] },
      },
    };
    const verdict = judgeLogin(
      'x',
      'application_credential',
      answer(401, body),
      judgeStatus('x', new URL('http://k'), answer(401, ''), 0),
    );
    expect(verdict).toMatchObject({
      error: { code: 'METHOD_NOT_OFFERED', hint: 'Use credentials of another kind; it offers password.' },
    });
  });
});
