import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type KeystoneSimulator, startKeystone } from '../../../simulators/keystone/index.ts';
import { connect } from './connected.ts';

let cloud: KeystoneSimulator;
beforeEach(async () => {
  cloud = await startKeystone();
});
afterEach(() => cloud.close());

describe('a login that is checked', () => {
  it('is the usual one when all is well', async () => {
    const { session } = connect(cloud.credentials);
    await expect(session.check()).resolves.toMatchObject({ name: 'acme' });
    await session.token();
    expect(cloud.logins).toEqual([201, 201]);
  });

  it('tries a password that is refused once', async () => {
    const { session } = connect({ ...cloud.credentials, password: 'wrong' });
    await expect(session.check()).rejects.toMatchObject({ name: 'InvalidCredentials' });
    expect(cloud.logins).toEqual([401]);
  });

  it.each([
    ['reader', 'nowhere', 'PROJECT_REFUSED', 'acme, bolt, caffè'],
    ['member', 'caffè', 'PROJECT_REFUSED', 'acme, bolt'],
    ['reader', 'closed', 'PROJECT_DISABLED', 'enable'],
    ['roleless', 'acme', 'NO_PROJECT', 'role'],
  ])('says of %s in %s that it is the project: %s', async (user, project, code, hint) => {
    const { session } = connect(cloud.credentialsOf(user, project));
    await expect(session.check()).rejects.toMatchObject({
      name: 'InsufficientPermission',
      code,
      hint: expect.stringContaining(hint),
    });
    expect(cloud.logins).toEqual([201, 401]);
  });

  it('asks once with an application credential, which has no other way in', async () => {
    const { session } = connect(cloud.applicationCredential());
    await expect(session.check()).resolves.toMatchObject({ name: 'acme' });
    expect(cloud.logins).toEqual([201]);
  });
});
