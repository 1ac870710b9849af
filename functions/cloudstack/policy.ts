import { InsufficientPermission, InvalidCredentials } from '../../lib/errors.ts';
import { defineGrid, type Grid } from '../../lib/grid.ts';
import type { Policy } from '../../lib/provider.ts';
import { MINUTE, type Millis } from '../../lib/time.ts';
import type { CloudStackBody } from './answer.ts';
import type { CloudStackClient } from './client.ts';
import { instantOf } from './normalize.ts';

/**
 * How this cloud cuts time, and how far its usage job has come: asked where the role may ask, taken from the
 * account's settings otherwise, and from CloudStack's defaults last (sheet 2.6).
 */
export async function cloudStackPolicy(client: CloudStackClient): Promise<Policy> {
  // Any role may ask this. An unknown command later looks like unknown credentials (sheet 1.5): not any more.
  await client.release();
  const notes: string[] = [];
  const minutes = await asked(client, 'usage.stats.job.aggregation.range');
  const zone = await asked(client, 'usage.aggregation.timezone');
  const grid = gridOf(client, minutes, zone, notes);
  return { grid, settledUntil: await settledUntil(client, grid, notes), notes };
}

function gridOf(
  { context }: CloudStackClient,
  asked: string | null,
  askedZone: string | null,
  notes: string[],
): Grid {
  const { usage_aggregation_range: range, usage_aggregation_timezone: zone } = context.config;
  if (asked === null && range == null) {
    notes.push(
      "usage_aggregation_range is not set and may not be asked: assumed 1440 minutes, CloudStack's default",
    );
  }
  if (askedZone === null && zone == null) {
    notes.push(
      "usage_aggregation_timezone is not set and may not be asked: assumed GMT, CloudStack's default",
    );
  }
  // The job aligns only hours and days; with any other range its periods start where the last one ended.
  const minutes = Number(asked ?? range ?? 1440) === 60 ? 60 : 1440;
  return defineGrid(minutes, askedZone ?? zone ?? 'GMT');
}

/** A setting of the server; null when this role may not ask. */
async function asked(client: CloudStackClient, name: string): Promise<string | null> {
  const body = await optional(client, 'listConfigurations', { name });
  const rows = Array.isArray(body?.configuration)
    ? (body.configuration as { name?: unknown; value?: unknown }[])
    : [];
  const value = rows.find((row) => row.name === name)?.value;
  return typeof value === 'string' && value !== '' ? value : null;
}

/** The end of the last successful usage job, less one range: what lies before is final (contract: settling). */
async function settledUntil(client: CloudStackClient, grid: Grid, notes: string[]): Promise<Millis | null> {
  const body = await optional(client, 'listUsageServerMetrics', {});
  const metrics = body?.usageMetrics as { lastsuccessfuljob?: unknown } | undefined;
  const job = typeof metrics?.lastsuccessfuljob === 'string' ? instantOf(metrics.lastsuccessfuljob) : null;
  if (job !== null) return job - grid.minutes * MINUTE;
  notes.push(
    'listUsageServerMetrics is not available to this role: cells settle when the lookback has passed',
  );
  return null;
}

async function optional(
  client: CloudStackClient,
  command: string,
  parameters: Record<string, string>,
): Promise<CloudStackBody | null> {
  try {
    return await client.call(command, parameters);
  } catch (error) {
    if (error instanceof InsufficientPermission || error instanceof InvalidCredentials) return null;
    throw error;
  }
}
