import Big from 'big.js';
import { InsufficientPermission, InvalidConfig, NoBillingReport, SyncError } from '../../lib/errors.ts';
import type { Page } from '../../lib/paginate.ts';
import type { FetchRequest } from '../../lib/provider.ts';
import { DAY, formatInstant, type Interval } from '../../lib/time.ts';
import { isBetterInV1 } from './answer.ts';
import type { CloudKittyClient } from './client.ts';
import { daysOf, wireDate } from './dates.ts';
import { isObject, missing } from './frames.ts';
import { collect, points, readResources, summaries, walk } from './listings.ts';
import { projectOfRow } from './normalize.ts';
import { checkProject, isRatedAfter, progressOf } from './progress.ts';

/** One project and UTC day, and who wants it. */
interface DayRequest {
  readonly project: string;
  readonly day: Interval;
  readonly signal: AbortSignal;
}

/** Every rated point of a span: a request for each day, v2 where it exists. */
export async function* fetchUsage(
  client: CloudKittyClient,
  { span, partition, signal }: FetchRequest,
): AsyncGenerator<Page> {
  checkProject(partition);
  for (const day of daysOf(span))
    yield* ownPages(pointsOfDay(client, { project: partition, day, signal }), partition);
}

/**
 * What a span cost: for each day its summary by resource and type, or its points where there is no summary.
 * @throws NoBillingReport for a day that has not been rated: that is not one that cost nothing
 */
export async function* fetchSpend(
  client: CloudKittyClient,
  { span, partition, signal }: FetchRequest,
): AsyncGenerator<Page> {
  checkProject(partition);
  for (const day of daysOf(span)) {
    let rows = 0;
    for await (const page of ownPages(moneyOfDay(client, { project: partition, day, signal }), partition)) {
      rows += page.rows.length;
      yield page;
    }
    if (rows === 0) await assertRated(client, partition, day);
  }
}

/**
 * v2 where it exists and this role may (sheet 8.2): before 11 it had no points, and up to 15 none for members
 * (sheet 1). A v1 request has no pages: the whole day is one answer.
 */
async function* pointsOfDay(client: CloudKittyClient, request: DayRequest): AsyncGenerator<Page> {
  const { project, day, signal } = request;
  const window = { begin: wireDate(day.start), end: wireDate(day.end) };
  if (await client.hasV2()) {
    let begun = false;
    try {
      for await (const page of walk(
        client,
        points,
        { ...window, filters: `project_id:${project}` },
        signal,
      )) {
        begun = true;
        yield page;
      }
      return;
    } catch (error) {
      if (begun || !isBetterInV1(error)) throw error;
    }
  }
  signal.throwIfAborted();
  const path = '/v1/storage/dataframes';
  const body = await client.get(path, { ...window, tenant_id: project });
  yield { rows: readResources(path, body, await unitsOf(client)) };
}

async function* moneyOfDay(client: CloudKittyClient, request: DayRequest): AsyncGenerator<Page> {
  const summed = (await client.hasV2()) ? await summaryOfDay(client, request) : null;
  if (summed === null) yield* pointsOfDay(client, request);
  else yield { rows: summed };
}

/**
 * One UTC day, one project, by resource and type: the one form that every version and storage answers (sheet 8.1).
 * `filters` is always sent: without it a server up to 23 may answer with another caller's (sheet 5.1).
 * Null where it cannot be had, or leaves something out: some storages forget what has no `id` (sheet 6).
 */
async function summaryOfDay(
  client: CloudKittyClient,
  { project, day, signal }: DayRequest,
): Promise<readonly unknown[] | null> {
  const window = { begin: wireDate(day.start), end: wireDate(day.end), filters: `project_id:${project}` };
  const ask = (groups: Readonly<Record<string, string>>) =>
    collect(walk(client, summaries, { ...window, ...groups }, signal));
  try {
    const rows = await ask({ groupby: 'project_id,id,type' });
    const whole = await ask({});
    if (agree(sumOf(rows), sumOf(whole))) return rows;
    client.context.log.warn('The summary by resource leaves something out; its points are added up instead', {
      project,
      day: formatInstant(day.start).slice(0, 10),
    });
    return null;
  } catch (error) {
    // 10.x has a summary that takes no dates, and before there was none (sheet 1).
    const absent = error instanceof SyncError && /^(NO_SUCH_API|PARAMETER_REFUSED)$/.test(error.code);
    if (absent) return null;
    throw error;
  }
}

/** What cannot be read is found by whoever normalises the row. */
function sumOf(rows: readonly unknown[]): Big {
  return rows.reduce<Big>((sum, row) => {
    const rate = isObject(row) ? String(row.rate) : '';
    return /^-?\d/.test(rate) && Number.isFinite(Number(rate)) ? sum.plus(rate) : sum;
  }, new Big(0));
}

/** Both are sums of doubles. */
function agree(a: Big, b: Big): boolean {
  const most = a.abs().gt(b.abs()) ? a.abs() : b.abs();
  return a.minus(b).abs().lte(most.times('1e-9').plus('1e-6'));
}

/** A member who asks for another's project is silently given its own (sheet 2). */
async function* ownPages(pages: AsyncIterable<Page>, project: string): AsyncGenerator<Page> {
  for await (const page of pages) {
    const foreign = page.rows.map(projectOfRow).find((owner) => owner !== null && owner !== project);
    if (foreign !== undefined) throw notAllowed(project);
    yield page;
  }
}

/**
 * A day without anything: it cost nothing once it has been rated; before, nothing is known of it. A member may not
 * ask how far rating has come, and takes later usage for it, or the lookback that every day is given.
 */
async function assertRated(client: CloudKittyClient, project: string, day: Interval): Promise<void> {
  const { known, until, active } = await progressOf(client, project);
  if (!known && project !== (await client.project()).id && (await client.hasV2())) throw notAllowed(project);
  if (known && until !== null && until >= day.end) return;
  const isLate = client.context.clock.plan() >= day.end + LOOKBACK;
  if ((!known || !active) && (isLate || (await isRatedAfter(client, project, day)))) return;
  throw new NoBillingReport(
    `The project ${project} has not been rated for ${formatInstant(day.start).slice(0, 10)}`,
  );
}

/** How long a day is given to be rated where nobody says that it was. */
const LOOKBACK = 3 * DAY;

function notAllowed(project: string): InsufficientPermission {
  return new InsufficientPermission(`The server gave the usage of another project in place of ${project}`, {
    code: 'FOREIGN_PROJECT',
    hint: 'Take the project out of `project_ids`, or use the credentials of an administrator.',
  });
}

/** The units that v1's frames do not name (sheet 3.8); none where no metrics are configured. */
function unitsOf(client: CloudKittyClient): Promise<ReadonlyMap<string, string>> {
  return client.once('units', async () => {
    const metrics = await ratedTypes(client);
    return new Map(metrics.map(({ type, unit }) => [type, unit]));
  });
}

/** What this operator rates, under its own names (sheet 4.0). */
export async function ratedTypes(client: CloudKittyClient): Promise<{ type: string; unit: string }[]> {
  try {
    const body = await client.get('/v1/info/metrics');
    if (!isObject(body) || !Array.isArray(body.metrics)) throw missing('/v1/info/metrics', 'metrics');
    return body.metrics
      .filter(isObject)
      .map(({ metric_id, unit }) => ({ type: String(metric_id), unit: String(unit ?? '') }));
  } catch (error) {
    if (error instanceof InvalidConfig) return [];
    throw error;
  }
}
