import { InsufficientPermission, InvalidConfig, MalformedResponse, SyncError } from '../../lib/errors.ts';
import { parse } from '../../lib/parse.ts';
import { HOUR, type Interval, type Millis } from '../../lib/time.ts';
import { isBetterInV1 } from './answer.ts';
import type { CloudKittyClient } from './client.ts';
import { instantOf, wireDate } from './dates.ts';
import { isObject, missing } from './frames.ts';
import { collect, points, reprocesses, scopes, walk } from './listings.ts';
import { normalizeUsage } from './normalize.ts';
import { cloudKittyReprocess, cloudKittyScope } from './types.ts';

/** How far a project has been rated. */
export interface Progress {
  /** False: this role may not ask, or the endpoint does not tell. */
  readonly known: boolean;
  /** Everything before is rated, once and for all as far as is known; null when nothing ever was. */
  readonly until: Millis | null;
  /** An inactive scope is not rated any further. */
  readonly active: boolean;
}

const unknown: Progress = { known: false, until: null, active: true };

/** Asked once for each project of an invocation. */
export function progressOf(client: CloudKittyClient, project: string): Promise<Progress> {
  return client.once(`progress ${project}`, async () => {
    checkProject(project);
    if (!(await client.hasV2())) return unknown;
    const rows = await whereAllowed(collect(walk(client, scopes, { scope_id: project }, signalOf(client))));
    if (rows === null) return unknown;
    const states = rows.map((row) => stateOf(row)).filter(({ scope }) => scope === project);
    const active = states.filter((state) => state.active);
    const counted = active.length > 0 ? active : states;
    if (counted.length === 0) return { known: true, until: null, active: true };
    const last = Math.min(...counted.map(({ last }) => last));
    const period = await periodAfter(client, project, last);
    const rerating = await earliestRerating(client, project);
    return { known: true, until: Math.min(last + period, rerating), active: active.length > 0 };
  });
}

/** A scope may have several rows, of different collectors (sheet 5.4). */
function stateOf(raw: unknown): { scope: string; last: Millis; active: boolean } {
  const { scope_id, last_processed_timestamp, state, active } = parse(
    cloudKittyScope,
    raw,
    '/v2/scope',
    MalformedResponse,
  );
  const text = last_processed_timestamp ?? state ?? '';
  const last = instantOf(text);
  if (last === null) {
    throw new MalformedResponse(`/v2/scope ${scope_id}: last_processed_timestamp: not a date`);
  }
  return { scope: scope_id, last, active: active !== false };
}

/**
 * The state names the begin of the last period that was rated (sheet 7). How long a period is, no API says; a
 * point of that one does. Where it has none we wait one period longer.
 */
async function periodAfter(client: CloudKittyClient, project: string, last: Millis): Promise<Millis> {
  const window = { begin: wireDate(last), end: wireDate(last + HOUR), filters: `project_id:${project}` };
  try {
    const { value: page } = await walk(client, { ...points, limit: 1 }, window, signalOf(client)).next();
    const [point] = page ? page.rows.flatMap(normalizeUsage) : [];
    return point === undefined ? 0 : point.period.end - point.period.start;
  } catch (error) {
    if (!isBetterInV1(error)) throw error;
    return 0;
  }
}

/** While a task is at work its periods are deleted and written anew (sheet 7): nothing from there on is final. */
async function earliestRerating(client: CloudKittyClient, project: string): Promise<Millis> {
  const rows = await ifOffered(
    whereAllowed(collect(walk(client, reprocesses, { scope_ids: project }, signalOf(client)))),
  );
  const open = (rows ?? [])
    .map((row) => parse(cloudKittyReprocess, row, '/v2/task/reprocesses', MalformedResponse))
    .filter((task) => task.scope_id === project)
    .map((task) => ({
      start: instantOf(task.start_reprocess_time),
      end: instantOf(task.end_reprocess_time),
      current: instantOf(task.current_reprocess_time ?? ''),
    }))
    .filter(({ end, current }) => current === null || end === null || current < end);
  return Math.min(Number.POSITIVE_INFINITY, ...open.map(({ start }) => start ?? 0));
}

/** Whether anything after a day has been rated: then the day was, too. v1 tells it of every version and storage. */
export async function isRatedAfter(
  client: CloudKittyClient,
  project: string,
  { end }: Interval,
): Promise<boolean> {
  const now = client.context.clock.plan();
  if (now <= end) return false;
  const path = '/v1/report/summary';
  const window = { begin: wireDate(end), end: wireDate(now) };
  const body = await client.get(path, { ...window, tenant_id: project, groupby: 'res_type' });
  if (!isObject(body) || !Array.isArray(body.summary)) throw missing(path, 'summary');
  return body.summary.length > 0;
}

/** Ids go into the query of a database, unescaped (sheet 5.1). */
export function checkProject(project: string): void {
  if (/^[A-Za-z0-9_.-]{1,255}$/.test(project)) return;
  throw new InvalidConfig(
    'A project id that holds other signs than letters, digits, _ . and - is not asked for',
    {
      code: 'BAD_PROJECT_ID',
      hint: 'Correct `project_ids`.',
    },
  );
}

/** Null when this role may not ask. */
export async function whereAllowed<Result>(asked: Promise<Result>): Promise<Result | null> {
  return asked.catch((error: unknown) => {
    if (error instanceof InsufficientPermission) return null;
    throw error;
  });
}

/** Null when this version does not know the call. */
async function ifOffered<Result>(asked: Promise<Result>): Promise<Result | null> {
  return asked.catch((error: unknown) => {
    if (error instanceof SyncError && error.code === 'NO_SUCH_API') return null;
    throw error;
  });
}

function signalOf({ context }: CloudKittyClient): AbortSignal {
  return context.signal;
}
