import { InsufficientPermission, InvalidCredentials } from '../errors.ts';
import { isApplicationCredential, type KeystoneCredentials } from './credentials.ts';
import { type Door, keystoneUrl, logInUnscoped, type Scope } from './login.ts';
import { type Project, readProjects } from './projects.ts';
import { judgeCall } from './refusals.ts';

/**
 * A login that says what is wrong: Keystone refuses a wrong password, a project that is not there and a role that
 * is missing in the same words (sheet 2.2). So the user is asked for first, without a scope, and a password that is
 * refused then is not tried again. An application credential has but one way in.
 * @param login the usual one, scoped to the project
 * @throws InvalidCredentials for the user; InsufficientPermission for the project
 */
export async function checkLogin(door: Door, login: () => Promise<Scope>): Promise<Scope> {
  if (isApplicationCredential(door.credentials)) return login();
  const token = await logInUnscoped(door);
  try {
    return await login();
  } catch (error) {
    if (!(error instanceof InvalidCredentials) || error.code !== 'CREDENTIALS_REFUSED') throw error;
    throw refusedProject(door.credentials, await projectsOf(door, token), error);
  }
}

/** The projects that the user has a role on. */
async function projectsOf({ credentials, http }: Door, token: string): Promise<readonly Project[]> {
  const url = keystoneUrl(credentials, '/auth/projects');
  const call = 'GET /auth/projects';
  const headers = { 'X-Auth-Token': token };
  const answer = await http.send({ method: 'GET', url, headers }, (response, byStatus) =>
    judgeCall(call, response, byStatus),
  );
  return readProjects(call, answer);
}

function refusedProject(
  { project_id, project_name }: KeystoneCredentials,
  own: readonly Project[],
  cause: InvalidCredentials,
): InsufficientPermission {
  const wanted = project_id ?? project_name ?? '';
  const refused = `Keystone knows the user, and refuses the project ${wanted}`;
  if (own.length === 0) {
    return new InsufficientPermission(`${refused}: the user has a role on no project`, {
      code: 'NO_PROJECT',
      hint: 'Ask the operator to give the user a role on the project.',
      cause,
    });
  }
  const found = own.find(({ id, name }) => (project_id ? id === project_id : name === project_name));
  if (found && !found.enabled) {
    return new InsufficientPermission(`${refused}: it is disabled`, {
      code: 'PROJECT_DISABLED',
      hint: 'Ask the operator to enable the project, or name another.',
      cause,
    });
  }
  const names = own.filter(({ enabled }) => enabled).map(({ name }) => name);
  return new InsufficientPermission(`${refused}: the user has no role on it, or there is no such project`, {
    code: 'PROJECT_REFUSED',
    hint: `The user has roles on ${names.slice(0, 20).join(', ')}. Name one of these, or ask the operator for a role.`,
    cause,
  });
}
