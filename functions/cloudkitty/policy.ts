import { defineGrid } from '../../lib/grid.ts';
import type { Policy } from '../../lib/provider.ts';
import { DAY, type Millis } from '../../lib/time.ts';
import type { CloudKittyClient } from './client.ts';
import { wireDate } from './dates.ts';
import { missing } from './frames.ts';
import { progressOf, whereAllowed } from './progress.ts';

/** What is different at an endpoint with v1 alone. */
export const NO_V2 =
  'This endpoint offers no v2 API: usage and amounts are read from v1, and days settle when the lookback has passed';

/** UTC days: the one length that every version and storage sums up alike (sheet 6). Finality is each project's. */
export async function cloudKittyPolicy(client: CloudKittyClient): Promise<Policy> {
  const notes = (await client.hasV2()) ? [] : [NO_V2];
  return { grid: defineGrid(1440, 'UTC'), settledUntil: null, notes };
}

/**
 * Until when a project's days are final: rated, and not just being rated again. Null for a role that may not ask,
 * and for a project that is not rated any further: then the lookback decides.
 */
export async function settledUntil(client: CloudKittyClient, project: string): Promise<Millis | null> {
  const { known, until, active } = await progressOf(client, project);
  if (!known || !active) return null;
  return until ?? 0;
}

/** One for each project: those of the account, else all for an administrator, else the credentials' own. */
export async function projectsOf(client: CloudKittyClient): Promise<readonly string[]> {
  const { project_ids } = client.context.config;
  if (project_ids) return [...new Set(project_ids)];
  const tenants = await whereAllowed(tenantsOf(client));
  return tenants && tenants.length > 0 ? tenants : [(await client.project()).id];
}

/** With v1 storage only tenants that used something in the window are named (sheet 4.2), so it is a long one. */
async function tenantsOf(client: CloudKittyClient): Promise<string[]> {
  const now = client.context.clock.plan();
  const window = { begin: wireDate(now - 366 * DAY), end: wireDate(now + DAY) };
  const path = '/v1/report/tenants';
  const body = await client.get(path, window);
  if (!Array.isArray(body)) throw missing(path, 'tenants');
  return [...new Set(body.map(String))].sort();
}
