import { HOUR, type Interval } from '../../lib/time.ts';
import { checkNames, filtersV2, invalid, listV2, pageV2, type Query, windowV2 } from './asked.ts';
import { type Caller, type Cloud, lastOf, reprocessesOf, type Stored, storedIn } from './cloud.ts';
import { float, naive, withOffset } from './printing.ts';
import { forbidden, notFoundPage, nothingFound, Refusal } from './refusal.ts';

type Filters = ReadonlyMap<string, readonly string[]>;

/** `GET /v2/summary` (sheet 5.1). */
export function summary(cloud: Cloud, caller: Caller, query: Query): unknown {
  const { release } = cloud.settings;
  const names = ['groupby', 'filters', 'limit', 'offset', ...(release > 10 ? ['begin', 'end'] : [])];
  checkNames(query, 'v2', release < 16 ? names : [...names, 'response_format']);
  const window = windowV2(cloud, query);
  const { limit, offset } = pageV2(cloud, query);
  const groups = listV2(query, 'groupby');
  const filters = stickyFilters(cloud, caller, filtersV2(query, true));
  const rows = groupRows(cloud, pointsFor(cloud, caller, filters, window), groups, window);
  const results = rows.slice(offset, offset + limit);
  const columns =
    results.length === 0 ? [] : ['begin', 'end', 'qty', 'rate', ...groups.filter((one) => one !== 'time')];
  const format = query.get('response_format') ?? 'table';
  const total = rows.length;
  if (format === 'object') {
    const named = results.map((row) => Object.fromEntries(row.map((value, at) => [columns[at], value])));
    return { total, results: named, format };
  }
  if (format !== 'table') throw new Refusal(500, 'v2', 'Internal Server Error');
  return { total, columns, results, format };
}

/**
 * A member's own project is forced. Up to 23 the handler also keeps it as its default, so that the next call of an
 * administrator without a filter is given it (sheet 5.1).
 */
function stickyFilters(cloud: Cloud, { project, role }: Caller, filters: Filters): Filters {
  const sticks = cloud.settings.release < 24 && filters.size === 0;
  if (role !== 'admin') {
    if (sticks) cloud.sticky = project.id;
    return new Map([...filters, ['project_id', [project.id]]]);
  }
  return sticks && cloud.sticky !== null ? new Map([['project_id', [cloud.sticky]]]) : filters;
}

function pointsFor(cloud: Cloud, { project, role }: Caller, filters: Filters, window: Interval): Stored[] {
  const projects = role === 'admin' ? cloud.projects : [project];
  const wanted = projects.filter(({ id }) => filters.get('project_id')?.includes(id) ?? true);
  return storedIn(cloud, wanted, window).filter((point) =>
    [...filters].every(([key, values]) => values.includes(fieldOf(point, key) ?? '')),
  );
}

function fieldOf(point: Stored, key: string): string | undefined {
  return key === 'type' ? point.type : (point.groupby[key] ?? point.metadata[key]);
}

/** Sums of doubles in the order of time, as the database makes them; a key that is unknown or metadata is "". */
function groupRows(
  cloud: Cloud,
  points: readonly Stored[],
  groups: readonly string[],
  window: Interval,
): unknown[][] {
  const keys = groups.filter((one) => one !== 'time');
  const byTime = groups.includes('time');
  const sums = new Map<string, { at: number; names: string[]; quantity: number; price: number }>();
  for (const point of points) {
    const names = keys.map((key) => (key === 'type' ? point.type : (point.groupby[key] ?? '')));
    const at = byTime ? point.hour : window.start;
    const key = JSON.stringify([at, ...names]);
    const sum = sums.get(key) ?? { at, names, quantity: 0, price: 0 };
    sum.quantity += Number.isNaN(point.quantityStored) ? 0 : point.quantityStored;
    sum.price += point.priceStored;
    sums.set(key, sum);
  }
  const date = (instant: number) => withOffset(instant, cloud.settings.zone);
  const rows = [...sums]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, sum]) => [
      date(sum.at),
      date(byTime ? sum.at + HOUR : window.end),
      float(sum.quantity),
      float(sum.price),
      ...sum.names,
    ]);
  const kept = cloud.faults.has('lost-ids') && keys.includes('id') ? rows.slice(1) : rows;
  if (!cloud.faults.has('null-rates') || kept.length === 0) return kept;
  return [...kept, [date(window.start), date(window.end), null, null, ...keys.map((key) => `no-${key}`)]].map(
    (row, at, all) => (at === all.length - 1 ? withProject(row, keys, all[0]) : row),
  );
}

/** A hole belongs to the project whose series it is in. */
function withProject(row: unknown[], keys: readonly string[], other: unknown[] | undefined): unknown[] {
  const at = keys.indexOf('project_id');
  return at < 0 ? row : row.with(at + 4, other?.[at + 4]);
}

/** `GET /v2/dataframes` (sheet 5.2): pages count points and split periods. */
export function dataframes(cloud: Cloud, caller: Caller, query: Query): unknown {
  const { release } = cloud.settings;
  if (release < 11) throw notFoundPage();
  checkNames(query, 'v2', ['begin', 'end', 'filters', 'limit', 'offset']);
  if (release < 16 && caller.role !== 'admin') throw forbidden(null);
  const window = windowV2(cloud, query);
  const { limit, offset } = pageV2(cloud, query);
  const filters = new Map(filtersV2(query, false));
  if (caller.role !== 'admin') filters.set('project_id', [caller.project.id]);
  const points = pointsFor(cloud, caller, filters, window);
  if (points.length === 0) throw nothingFound();
  const total = points.length + (cloud.faults.has('moving-total') && offset > 0 ? 1 : 0);
  if (cloud.faults.has('missing-array')) return { total };
  return { total, dataframes: framesOf(cloud, points.slice(offset, offset + limit)) };
}

function framesOf({ settings }: Cloud, points: readonly Stored[]): unknown[] {
  const frames = new Map<number, Map<string, unknown[]>>();
  for (const point of points) {
    const usage = frames.get(point.hour) ?? new Map<string, unknown[]>();
    const list = usage.get(point.type) ?? [];
    list.push({
      vol: { unit: point.unit, qty: float(point.quantityStored) },
      rating: { price: float(point.priceStored) },
      groupby: point.groupby,
      metadata: point.metadata,
    });
    frames.set(point.hour, usage.set(point.type, list));
  }
  const date = (instant: number) => withOffset(instant, settings.zone);
  return [...frames].map(([hour, usage]) => ({
    period: { begin: date(hour), end: date(hour + HOUR) },
    usage: Object.fromEntries(usage),
  }));
}

/** `GET /v2/scope` (sheet 5.4). */
export function scope(cloud: Cloud, caller: Caller, query: Query): unknown {
  checkNames(query, 'v2', ['scope_id', 'scope_key', 'fetcher', 'collector', 'active', 'limit', 'offset']);
  if (caller.role !== 'admin') throw forbidden(null);
  const { limit, offset } = pageV2(cloud, query);
  const ids = listV2(query, 'scope_id');
  const { release, zone } = cloud.settings;
  const rows = cloud.projects
    .filter(({ id }) => (ids.length === 0 || ids.includes(id)) && isWanted(query))
    .map((project) => {
      const last = withOffset(lastOf(cloud, project), zone);
      return {
        scope_id: project.id,
        scope_key: 'project_id',
        fetcher: 'source',
        collector: 'prometheus',
        state: release < 19 ? last : undefined,
        last_processed_timestamp: release >= 15 ? last : undefined,
        active: true,
        scope_activation_toggle_date: withOffset(cloud.settings.since, zone),
      };
    })
    .slice(offset, offset + limit);
  if (rows.length === 0) throw nothingFound();
  return { results: rows };
}

/** Every scope is of the same kind here. */
function isWanted(query: Query): boolean {
  const active = query.get('active');
  if (active !== null && !/^[\d,]+$/.test(active)) throw invalid(query, 'expected int', 'active');
  const wanted = (name: string, value: string) => {
    const list = listV2(query, name);
    return list.length === 0 || list.includes(value);
  };
  return (
    wanted('scope_key', 'project_id') &&
    wanted('fetcher', 'source') &&
    wanted('collector', 'prometheus') &&
    wanted('active', '1')
  );
}

/** `GET /v2/task/reprocesses` (sheet 5.6): UTC that does not say so. */
export function reprocesses(cloud: Cloud, caller: Caller, query: Query): unknown {
  checkNames(query, 'v2', ['scope_ids', 'limit', 'offset', 'order']);
  if (caller.role !== 'admin') throw forbidden(null);
  const { limit, offset } = pageV2(cloud, query);
  const ids = listV2(query, 'scope_ids');
  const tasks = reprocessesOf(cloud).filter(({ project }) => ids.length === 0 || ids.includes(project.id));
  return {
    results: tasks.slice(offset, offset + limit).map(({ project, reason, start, end, current }) => ({
      scope_id: project.id,
      reason,
      start_reprocess_time: naive(start),
      end_reprocess_time: naive(end),
      current_reprocess_time: current === null ? '' : naive(current),
    })),
  };
}
