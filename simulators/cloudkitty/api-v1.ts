import type { Interval } from '../../lib/time.ts';
import { checkNames, type Query, windowV1 } from './asked.ts';
import { type Caller, type Cloud, type Project, projectById, type Stored, storedIn } from './cloud.ts';
import { naive, pythonDecimal, pythonFloat } from './printing.ts';
import { forbidden, Refusal } from './refusal.ts';
import { metrics } from './world.ts';

/** The default limit of v2 storage, which v1 has no way to pass (sheet 4.2). */
const MOST_ROWS = 1000;

/** `GET /v1/report/summary` (sheet 4.2). */
export function reportSummary(cloud: Cloud, caller: Caller, query: Query): unknown {
  checkNames(query, 'v1', ['begin', 'end', 'tenant_id', 'service', 'groupby', 'all_tenants']);
  const window = windowV1(cloud, query);
  const groupby = query.getAll('groupby').at(-1) ?? '';
  const byTenant = groupby.includes('tenant_id');
  const byType = groupby.includes('res_type');
  const isV1 = cloud.settings.storage === 'v1';
  const sums = new Map<string, { tenant: string; type: string; rate: number }>();
  const projects = reported(cloud, caller, query, 'report:get_summary');
  for (const point of servedBy(storedIn(cloud, projects, window), query)) {
    const tenant = byTenant || (isV1 && projects.length === 1) ? point.projectId : 'ALL';
    const type = byType ? point.type : 'ALL';
    const sum = sums.get(`${tenant} ${type}`) ?? { tenant, type, rate: 0 };
    sum.rate += point.priceStored;
    sums.set(`${tenant} ${type}`, sum);
  }
  const rows = [...sums].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, sum]) => sum);
  if (isV1) rows.sort((a, b) => a.rate - b.rate);
  if (isV1 && rows.length === 0 && groupby === '') rows.push({ tenant: 'ALL', type: 'ALL', rate: 0 });
  const date = { begin: naive(window.start), end: naive(window.end) };
  const most = isV1 ? rows.length : MOST_ROWS;
  return {
    summary: rows.slice(0, most).map(({ tenant, type, rate }) => ({
      ...date,
      tenant_id: tenant,
      res_type: type,
      rate: rate === 0 ? '0' : pythonFloat(Number(rate.toFixed(5))),
    })),
  };
}

/** `GET /v1/report/total`: on v2 storage it adds up no more than a thousand tenants (sheet 4.2). */
export function reportTotal(cloud: Cloud, caller: Caller, query: Query): unknown {
  checkNames(query, 'v1', ['begin', 'end', 'tenant_id', 'service', 'all_tenants']);
  const projects = reported(cloud, caller, query, 'report:get_total');
  const most = cloud.settings.storage === 'v1' ? projects : projects.slice(0, MOST_ROWS);
  const points = servedBy(storedIn(cloud, most, windowV1(cloud, query)), query);
  if (points.length === 0) return '0';
  return pythonFloat(points.reduce((sum, { priceStored }) => sum + priceStored, 0));
}

/** `GET /v1/report/tenants`: with v1 storage only those that used something in the window. */
export function reportTenants(cloud: Cloud, caller: Caller, query: Query): unknown {
  checkNames(query, 'v1', ['begin', 'end']);
  if (caller.role !== 'admin') throw forbidden('report:list_tenants');
  const window = windowV1(cloud, query);
  const used = (project: Project) => storedIn(cloud, [project], lastDayOf(window, cloud)).length > 0;
  const known = cloud.settings.storage === 'v1' ? cloud.projects.filter(used) : cloud.projects;
  return known.map(({ id }) => id);
}

/** Every project uses the same every day: the last one tells, and costs less. */
function lastDayOf(window: Interval, { settings }: Cloud): Interval {
  const end = Math.min(window.end, settings.planNow());
  return { start: Math.max(window.start, end - 48 * 3_600_000), end };
}

/** `all_tenants` is true for every text but the empty one, "false" included (sheet 3.7). */
function reported(cloud: Cloud, caller: Caller, query: Query, policy: string): readonly Project[] {
  const everybody = (query.getAll('all_tenants').at(-1) ?? '') !== '';
  const tenant = query.getAll('tenant_id').at(-1) ?? caller.project.id;
  if (caller.role !== 'admin' && (everybody || tenant !== caller.project.id)) throw forbidden(policy);
  if (everybody) return cloud.projects;
  const project = projectById(cloud, tenant);
  return project ? [project] : [];
}

function servedBy(points: readonly Stored[], query: Query): readonly Stored[] {
  const service = query.getAll('service').at(-1);
  return service ? points.filter(({ type }) => type === service) : points;
}

/** `GET /v1/storage/dataframes` (sheet 4.3). */
export function storageDataframes(cloud: Cloud, caller: Caller, query: Query): unknown {
  checkNames(query, 'v1', ['begin', 'end', 'tenant_id', 'resource_type']);
  const tenant = query.getAll('tenant_id').at(-1);
  if (caller.role !== 'admin' && tenant !== undefined && tenant !== caller.project.id)
    throw forbidden('storage:list_data_frames');
  const own = caller.role === 'admin' ? cloud.projects : [caller.project];
  const projects = tenant === undefined ? own : own.filter(({ id }) => id === tenant);
  const type = query.getAll('resource_type').at(-1);
  const points = storedIn(cloud, projects, windowV1(cloud, query)).filter(
    (point) => type === undefined || point.type === type,
  );
  if (cloud.faults.has('missing-array')) return {};
  return { dataframes: cloud.settings.storage === 'v1' ? framesOfV1(points) : framesOfV2(points) };
}

/** One frame for each resource; numbers as normalised decimals. */
function framesOfV1(points: readonly Stored[]): unknown[] {
  return points.map((point) => ({
    ...frameOf(point),
    resources: [
      {
        rating: pythonFloat(point.priceStored),
        service: point.type,
        desc: { ...point.metadata, ...point.groupby, tenant_id: point.projectId },
        volume: Number.isNaN(point.quantityStored) ? 'NaN' : pythonDecimal(point.quantityStored),
      },
    ],
  }));
}

/** One frame for each period and type, under the tenant of the period's first point, whoever that is. */
function framesOfV2(points: readonly Stored[]): unknown[] {
  const frames = new Map<string, { frame: object; resources: unknown[] }>();
  const firsts = new Map<number, Stored>();
  for (const point of points) {
    const first = firsts.get(point.hour) ?? point;
    firsts.set(point.hour, first);
    const key = `${point.hour} ${point.type}`;
    const open = frames.get(key) ?? { frame: frameOf(first), resources: [] };
    open.resources.push({
      rating: pythonFloat(point.priceStored),
      service: point.type,
      desc: { ...point.metadata, ...point.groupby },
      volume: Number.isNaN(point.quantityStored) ? 'NaN' : pythonFloat(point.quantityStored),
    });
    frames.set(key, open);
  }
  return [...frames.values()].map(({ frame, resources }) => ({ ...frame, resources }));
}

function frameOf({ hour, end, projectId }: Stored) {
  return { begin: naive(hour), end: naive(end), tenant_id: projectId };
}

/** `GET /v1/info/metrics[/{name}]` (sheet 4.1). */
export function infoMetrics({ faults }: Cloud, name: string | undefined): unknown {
  if (faults.has('no-metrics'))
    throw new Refusal(405, 'wsme', 'Invalid endpoint: no metrics in current configuration.');
  const all = Object.values(metrics).map(([metric_id, unit, metadata]) => ({ metric_id, metadata, unit }));
  if (name === undefined) return { metrics: all };
  const found = all.find(({ metric_id }) => metric_id === name);
  if (found === undefined) throw new Refusal(404, 'wsme', name);
  return found;
}

/** `GET /v1/info/config`: the operator's file. */
export function infoConfig({ faults }: Cloud): unknown {
  if (faults.has('no-metrics')) return {};
  const groupby = ['id', 'user_id', 'project_id'];
  const entries = Object.entries(metrics).map(([raw, [alt_name, unit, metadata]]) => [
    raw,
    { unit, alt_name, groupby, metadata },
  ]);
  return { metrics: Object.fromEntries(entries) };
}
