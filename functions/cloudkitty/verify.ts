import { InsufficientPermission, InvalidConfig } from '../../lib/errors.ts';
import { DAY } from '../../lib/time.ts';
import { isBetterInV1 } from './answer.ts';
import type { CloudKittyClient } from './client.ts';
import { wireDate } from './dates.ts';
import { NO_V2, projectsOf } from './policy.ts';
import { progressOf } from './progress.ts';
import { ratedTypes } from './rated.ts';

/**
 * Whether usage can be read with these credentials. Keystone says whether they are known and for which project, its
 * catalog where CloudKitty is, `GET /` whether that has v2, and a question about no time at all whether the role
 * may read.
 * @throws InvalidCredentials for the user; InvalidConfig for a region or an endpoint that is not there; InsufficientPermission
 * for the project or a role
 */
export async function verifyAccess(client: CloudKittyClient): Promise<{ readonly notes: readonly string[] }> {
  const own = await client.checkLogin();
  const hasV2 = await client.hasV2();
  await mayRead(client, own.id, hasV2);
  const projects = await projectsOf(client);
  const notes = hasV2 ? [] : [NO_V2];
  const { known } = await progressOf(client, projects[0] ?? own.id);
  if (hasV2 && !known) {
    notes.push('How far rating has come may not be asked: days settle when the lookback has passed');
    const foreign = projects.filter((project) => project !== own.id);
    if (foreign.length > 0) throw foreignProjects(foreign);
  }
  const types = await ratedTypes(client);
  const named = types.map(({ type, unit }) => `${type} (${unit})`).join(', ');
  notes.push(
    types.length > 0
      ? `Rated here are ${named}; a type that the mapping does not name is counted as unmapped`
      : 'No rated types are configured at this CloudKitty',
  );
  return { notes };
}

/** A span of no length finds nothing, and shows that it may be asked for. */
async function mayRead(client: CloudKittyClient, project: string, hasV2: boolean): Promise<void> {
  const date = wireDate(Math.floor(client.context.clock.plan() / DAY) * DAY);
  const window = { begin: date, end: date };
  try {
    if (hasV2 && (await maySeePoints(client, project, window))) return;
    await client.get('/v1/storage/dataframes', { ...window, tenant_id: project });
  } catch (error) {
    if (!(error instanceof InvalidConfig) || error.code !== 'NO_SUCH_API') throw error;
    throw new InvalidConfig(`${error.message}: this is no CloudKitty, or one that is too old`, {
      code: 'NOT_CLOUDKITTY',
      hint: "Check the catalog's endpoint of type rating, or set `url`.",
      cause: error,
    });
  }
}

async function maySeePoints(
  client: CloudKittyClient,
  project: string,
  window: Readonly<Record<string, string>>,
): Promise<boolean> {
  try {
    await client.get('/v2/dataframes', { ...window, filters: `project_id:${project}`, limit: '1' });
    return true;
  } catch (error) {
    if (!isBetterInV1(error)) throw error;
    return false;
  }
}

function foreignProjects(projects: readonly string[]): InsufficientPermission {
  return new InsufficientPermission(`The role may not read the projects ${projects.join(', ')}`, {
    code: 'FOREIGN_PROJECT',
    hint: 'Take them out of `project_ids`, or use the credentials of an administrator.',
  });
}
