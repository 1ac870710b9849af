import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { keystoneSecrets } from '../../../lib/keystone.ts';
import { parsed } from './connected.ts';

const password = {
  auth_url: 'https://keystone.example.com:5000/v3',
  username: 'reader',
  password: 'correct-horse',
  user_domain_name: 'Default',
  project_name: 'acme',
  project_domain_name: 'Default',
};
const application = {
  auth_url: 'https://keystone.example.com:5000/v3',
  application_credential_id: 'a1',
  application_credential_secret: 'battery-staple',
};
const without = (name: string, from: Record<string, unknown> = password) =>
  Object.fromEntries(Object.entries(from).filter(([key]) => key !== name));

describe('the credentials', () => {
  it.each([
    ['names', password],
    [
      'ids',
      {
        ...without('username', without('user_domain_name')),
        user_id: 'u',
        project_id: 'p',
        project_name: null,
      },
    ],
    ['ids of domains', { ...without('user_domain_name'), user_domain_id: 'default' }],
    ['an application credential', application],
  ])('of a user by %s are taken', (_, credentials) => {
    expect(() => parsed(credentials)).not.toThrow();
  });

  it.each([
    [
      'no way in',
      { auth_url: password.auth_url },
      'username: expected username or user_id, or an application credential',
    ],
    ['no password', without('password'), 'password: expected a value'],
    ['an empty password', { ...password, password: '' }, 'password: expected a value'],
    [
      'user name and id',
      { ...password, user_id: 'u' },
      'user_id: expected either username or user_id, not both',
    ],
    [
      'a user name alone',
      without('user_domain_name'),
      'user_domain_name: expected user_domain_name or user_domain_id beside username',
    ],
    [
      'two domains of the user',
      { ...password, user_domain_id: 'default' },
      'user_domain_id: expected either',
    ],
    [
      'no project',
      without('project_domain_name', without('project_name')),
      'project_name: expected project_name or project_id: a token without a project is never used',
    ],
    [
      'project name and id',
      { ...password, project_id: 'p' },
      'project_id: expected either project_name or project_id',
    ],
    [
      'a project name alone',
      without('project_domain_name'),
      'project_domain_name: expected project_domain_name or project_domain_id beside project_name',
    ],
    [
      'half an application credential',
      without('application_credential_secret', application),
      'application_credential_secret: expected the other half',
    ],
    [
      'a secret alone',
      without('application_credential_id', application),
      'application_credential_id: expected the other half',
    ],
    ['both ways in', { ...application, password: 'x' }, 'password: expected no such setting'],
    [
      'an application credential with a scope',
      { ...application, project_id: 'p' },
      'project_id: expected no such setting',
    ],
    ['no auth_url', without('auth_url'), 'auth_url: '],
    ['another interface', { ...password, interface: 'private' }, 'interface: '],
    ['a typo', { ...password, projectname: 'x' }, 'projectname: is not a known setting'],
  ])('with %s are refused by the true path', (_, credentials, message) => {
    expect(() => parsed(credentials)).toThrow(
      expect.objectContaining({
        message: expect.stringContaining(`accounts.yaml.acme.credentials.${message}`),
      }),
    );
  });

  it.each([
    ['https://k.example.com:5000', 'https://k.example.com:5000/v3'],
    ['https://k.example.com:5000/', 'https://k.example.com:5000/v3'],
    ['https://k.example.com:5000/v3', 'https://k.example.com:5000/v3'],
    ['https://k.example.com:5000/v3/', 'https://k.example.com:5000/v3'],
    ['https://k.example.com/identity', 'https://k.example.com/identity/v3'],
    ['https://k.example.com/identity/v3/', 'https://k.example.com/identity/v3'],
  ])('with the auth_url %s mean %s', (auth_url, meant) => {
    expect(parsed({ ...password, auth_url }).auth_url.href).toBe(meant);
  });

  it.each([
    'https://k.example.com/v2.0',
    'https://k.example.com/v3/auth/tokens',
    'https://k.example.com/v3.14',
    'ftp://k.example.com/v3',
    'https://user:word@k.example.com/v3',
    'https://k.example.com/v3?x=1',
    'k.example.com',
  ])('with the auth_url %s are refused', (auth_url) => {
    expect(() => parsed({ ...password, auth_url })).toThrow('credentials.auth_url: expected');
  });

  it('read interfaces as older clients name them', () => {
    expect(parsed(password).interface).toBe('public');
    expect(parsed({ ...password, interface: 'internalURL' }).interface).toBe('internal');
  });

  it('cannot be printed', () => {
    for (const credentials of [parsed(password), parsed(application)]) {
      const printed = `${inspect(credentials, { depth: 9 })} ${JSON.stringify(credentials)}`;
      expect(printed).not.toMatch(/correct-horse|battery-staple/);
      expect(keystoneSecrets(credentials)).toHaveLength(1);
    }
  });
});
