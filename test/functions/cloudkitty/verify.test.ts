import { describe, expect, it } from 'vitest';
import { verifyAccess } from '../../../functions/cloudkitty/verify.ts';
import { startServer } from '../../support/http-server.ts';
import { clientOf, simulated } from './connected.ts';

describe('credentials', () => {
  it('of an administrator are good, and what is rated is named', async () => {
    const cloud = await simulated();
    const { notes } = await verifyAccess(clientOf(cloud.credentials));
    expect(notes).toEqual([
      expect.stringMatching(/^Rated here are compute \(instance\), volume\.size \(GiB\)/),
    ]);
  });

  it('of a member are good, and say that nobody can ask how far rating has come', async () => {
    const cloud = await simulated({ role: 'reader' });
    const { notes } = await verifyAccess(clientOf(cloud.credentials));
    expect(notes).toEqual([
      expect.stringContaining('may not be asked'),
      expect.stringMatching(/^Rated here are/),
    ]);
  });

  it('at an endpoint without v2 are good, and say that', async () => {
    const cloud = await simulated({ storage: 'v1', role: 'member', faults: ['no-metrics'] });
    const { notes } = await verifyAccess(clientOf(cloud.credentials));
    expect(notes).toEqual([
      expect.stringContaining('no v2 API'),
      expect.stringContaining('No rated types are configured'),
    ]);
  });

  it.each([10, 12])('of a member are good at release %i, whose v2 offers less', async (release) => {
    const cloud = await simulated({ release, role: 'member' });
    await expect(verifyAccess(clientOf(cloud.credentials))).resolves.toHaveProperty('notes');
  });

  it.each([
    ['a wrong password', { password: 'wrong' }, 'InvalidCredentials', 'CREDENTIALS_REFUSED'],
    ['a project that is not there', { project_name: 'nowhere' }, 'InsufficientPermission', 'PROJECT_REFUSED'],
    ['a region without an endpoint', { region_name: 'RegionNine' }, 'InvalidConfig', 'REGION_NOT_IN_CATALOG'],
  ])('with %s are told apart', async (_, change, name, code) => {
    const cloud = await simulated();
    await expect(verifyAccess(clientOf({ ...cloud.credentials, ...change }))).rejects.toMatchObject({
      name,
      code,
    });
  });

  it.each([
    ['on no project', 'roleless', 'alpha', 'NO_PROJECT'],
    ['on the project', 'member', 'gamma', 'PROJECT_REFUSED'],
    ['on a project that is disabled', 'reader', 'closed', 'PROJECT_DISABLED'],
  ])('without a role %s are told apart from a wrong password', async (_, user, project, code) => {
    const cloud = await simulated();
    const client = clientOf({ ...cloud.keystone.credentialsOf(user, project), currency: 'EUR' });
    await expect(verifyAccess(client)).rejects.toMatchObject({ name: 'InsufficientPermission', code });
  });

  it('without a role at CloudKitty are told apart', async () => {
    const cloud = await simulated({ faults: ['no-permission'] });
    await expect(verifyAccess(clientOf(cloud.credentials))).rejects.toMatchObject({
      name: 'InsufficientPermission',
      code: 'ROLE_MISSING',
    });
  });

  it('that may not read a project of the account say which', async () => {
    const cloud = await simulated({ role: 'member' });
    const gamma = cloud.projects[2]?.id ?? '';
    const client = clientOf({ ...cloud.credentials, project_ids: [cloud.projects[0]?.id ?? '', gamma] });
    await expect(verifyAccess(client)).rejects.toMatchObject({
      code: 'FOREIGN_PROJECT',
      message: expect.stringContaining(gamma),
    });
  });

  it('at something that is no CloudKitty say so', async () => {
    const cloud = await simulated();
    const other = await startServer((response) => {
      response.writeHead(404, { 'content-type': 'text/html' }).end('<html>nothing here</html>');
    });
    const client = clientOf({ ...cloud.credentials, url: other.url.href });
    await expect(verifyAccess(client)).rejects.toMatchObject({ name: 'InvalidConfig', code: 'NO_SUCH_API' });
    await other.close();
  });

  it('are tried once when they are refused', async () => {
    const cloud = await simulated();
    await verifyAccess(clientOf({ ...cloud.credentials, password: 'wrong' })).catch(() => {});
    expect(cloud.keystone.logins).toEqual([401]);
    expect(cloud.requests).toEqual([]);
  });
});
