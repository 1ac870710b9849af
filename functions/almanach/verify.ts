import type { AlmanachClient } from './client.ts';
import { readEntities } from './usage.ts';

/**
 * Whether the server knows the token: `info` would answer anybody, `volume_types` does not (sheet 1.2). A project
 * of which it knows nothing is no error to the server (sheet 1.5), so that a wrong id goes unnoticed; those that
 * the account names are looked at.
 * @throws InvalidCredentials `ALMANACH_REFUSES_TOKEN` when Keystone let us in and Almanach does not
 */
export async function verifyAccess(client: AlmanachClient): Promise<{ readonly notes: readonly string[] }> {
  await client.get(['volume_types']);
  const notes: string[] = [];
  const now = client.context.clock.plan();
  const projects = await client.projects([]);
  if (!client.context.config.project_ids) return { notes: [`${projects.length} projects by Keystone`] };
  for (const project of projects) {
    const { rows, unshown } = await readEntities(client, project, { start: now, end: now });
    if (rows.length === 0) notes.push(`Nothing is running in project ${project}: check that its id is right`);
    if (unshown) notes.push(`Project ${project} has rows of the unknown type ${unshown.unshown_type}`);
  }
  return { notes };
}
