import * as v1 from './api-v1.ts';
import * as v2 from './api-v2.ts';
import type { Query } from './asked.ts';
import type { Caller, Cloud } from './cloud.ts';
import * as rating from './rating-modules.ts';
import { forbidden, notFoundPage, notOffered, Refusal } from './refusal.ts';

/** A call, its token already checked. */
export interface Asked {
  readonly cloud: Cloud;
  readonly written: rating.Written;
  readonly caller: Caller;
  readonly method: string;
  /** Without the prefix of the deployment. */
  readonly path: string;
  readonly query: Query;
  readonly body: string;
}

export interface Answer {
  readonly status: number;
  /** Undefined: none. */
  readonly body?: unknown;
  readonly location?: string;
}

type Route = (asked: Asked, part: string) => Answer;

const ok = (body: unknown): Answer => ({ status: 200, body });

/** What only administrators may call in v1, by the name of its policy. */
function admins(policy: string, answer: Route): Route {
  return (asked, part) => {
    if (asked.caller.role !== 'admin') throw forbidden(policy);
    return answer(asked, part);
  };
}

/** Method and path; `*` is one part of the path. */
const routes: Readonly<Record<string, Route>> = {
  'GET /v1/info/config': ({ cloud }) => ok(v1.infoConfig(cloud)),
  'GET /v1/info/metrics': ({ cloud }) => ok(v1.infoMetrics(cloud, undefined)),
  'GET /v1/info/metrics/*': ({ cloud }, name) => ok(v1.infoMetrics(cloud, name)),
  'GET /v1/info/services': ({ cloud }) => ok(v1.infoMetrics(cloud, undefined)),
  'GET /v1/info/services/*': ({ cloud }, name) => ok(v1.infoMetrics(cloud, name)),
  'GET /v1/report/summary': ({ cloud, caller, query }) => ok(v1.reportSummary(cloud, caller, query)),
  'GET /v1/report/total': ({ cloud, caller, query }) => ok(v1.reportTotal(cloud, caller, query)),
  'GET /v1/report/tenants': ({ cloud, caller, query }) => ok(v1.reportTenants(cloud, caller, query)),
  'GET /v1/storage/dataframes': ({ cloud, caller, query }) => ok(v1.storageDataframes(cloud, caller, query)),
  'GET /v1/rating/modules': admins('rating:list_modules', ({ written }) =>
    ok(rating.listModules(written, 'v1')),
  ),
  'GET /v1/rating/modules/*': admins('rating:get_module', ({ written }, id) =>
    ok(rating.getModule(written, id, 'v1')),
  ),
  'PUT /v1/rating/modules': admins('rating:update_module', putModule),
  'PUT /v1/rating/modules/*': admins('rating:update_module', putModule),
  'POST /v1/rating/quote': (asked) => ok(rating.quote(jsonOf(asked, 'wsme'))),
  'GET /v1/rating/reload_modules': admins('rating:module_config', () => ({ status: 204 })),
  'GET /v1/collector': () => ({ status: 204 }),
  'GET /v1/collector/mappings': admins('collector:list_mappings', ({ written, query }) =>
    ok({
      mappings: [...written.mappings]
        .map(([service, collector]) => ({ service, collector }))
        .filter(({ collector }) => !query.has('collector') || query.get('collector') === collector),
    }),
  ),
  'GET /v1/collector/mappings/*': admins('collector:get_mapping', ({ written }, service) =>
    ok({ service, collector: mapped(written, service) }),
  ),
  'POST /v1/collector/mappings': admins('collector:manage_mapping', (asked) => {
    const { collector, service } = { ...Object.fromEntries(asked.query), ...jsonOf(asked, 'wsme') };
    for (const [name, value] of Object.entries({ service, collector })) {
      if (value === undefined) throw new Refusal(400, 'wsme', `Missing argument: "${name}"`);
    }
    asked.written.mappings.set(String(service), String(collector));
    return ok({ service, collector });
  }),
  'DELETE /v1/collector/mappings': admins('collector:manage_mapping', ({ written, query }) =>
    unmap(written, query.get('service') ?? ''),
  ),
  'DELETE /v1/collector/mappings/*': admins('collector:manage_mapping', ({ written }, service) =>
    unmap(written, service),
  ),
  'GET /v1/collector/states': admins('collector:get_state', ({ written, query }) => {
    const name = query.get('name');
    if (name === null) throw new Refusal(400, 'wsme', 'Missing argument: "name"');
    return ok({ name, enabled: written.states.get(name) ?? false });
  }),
  'GET /v1/collector/states/*': admins('collector:get_state', ({ written }, name) =>
    ok({ name, enabled: written.states.get(name) ?? false }),
  ),
  'PUT /v1/collector/states/*': admins('collector:update_state', (asked, name) => {
    const { enabled } = jsonOf(asked, 'wsme');
    if (typeof enabled !== 'boolean')
      throw new Refusal(400, 'wsme', 'Invalid input for field/attribute enabled.');
    asked.written.states.set(name, enabled);
    return ok({ name, enabled });
  }),
  'GET /v2/summary': ({ cloud, caller, query }) => ok(v2.summary(cloud, caller, query)),
  'GET /v2/dataframes': ({ cloud, caller, query }) => ok(v2.dataframes(cloud, caller, query)),
  'POST /v2/dataframes': (asked) => {
    if (asked.caller.role !== 'admin') throw forbidden(null);
    if (!Array.isArray(jsonOf(asked, 'v2').dataframes))
      throw new Refusal(400, 'v2', "Invalid data '{}' : required key not provided (path: '['dataframes']')");
    return { status: 204 };
  },
  'GET /v2/scope': ({ cloud, caller, query }) => ok(v2.scope(cloud, caller, query)),
  'PUT /v2/scope': (asked) => ({
    status: 202,
    body: rating.putScope(asked.cloud, asked.caller, jsonOf(asked, 'v2')),
  }),
  'GET /v2/task/reprocesses': ({ cloud, caller, query }) => ok(v2.reprocesses(cloud, caller, query)),
  'GET /v2/task/reprocesses/*': ({ cloud, caller }, id) =>
    ok(v2.reprocesses(cloud, caller, new URLSearchParams({ scope_ids: id }))),
  'POST /v2/task/reprocesses': (asked) => ({
    status: 202,
    body: rating.postReprocess(asked.caller, jsonOf(asked, 'v2')),
  }),
  // The list is open to everybody (sheet 5.5).
  'GET /v2/rating/modules': ({ written }) => ok(rating.listModules(written, 'v2')),
  'GET /v2/rating/modules/*': ({ caller, written }, id) => {
    if (caller.role !== 'admin') throw forbidden(null);
    return ok(rating.getModule(written, id, 'v2'));
  },
};

/** Unknown paths are 405 in v1 and a page in v2 (sheet 3.1); without v2 storage there is no v2. */
export function answer(asked: Asked): Answer {
  const { cloud, method, path } = asked;
  const isV1 = path.startsWith('/v1');
  if (!isV1 && cloud.settings.storage === 'v1') throw notFoundPage();
  if (cloud.faults.has('no-permission')) throw forbidden(isV1 ? 'report:get_summary' : null);
  if (cloud.faults.has('storage-down') && /summary|total|dataframes/.test(path)) {
    throw isV1
      ? new Refusal(500, 'wsme', "HTTPConnectionPool(host='127.0.0.1', port=8086): Max retries exceeded")
      : new Refusal(500, 'v2', 'Internal Server Error');
  }
  // `/v1/billing` is an old name that still works.
  const trimmed = isV1 ? path.replace(/\/$/, '').replace(/^\/v1\/billing\//, '/v1/rating/') : path;
  const [, parent = '', part = ''] = /^(.*)\/([^/]+)$/.exec(trimmed) ?? [];
  const route = routes[`${method} ${trimmed}`] ?? routes[`${method} ${parent}/*`];
  if (route !== undefined) return route(asked, decodeURIComponent(part));
  if (isV1) throw notOffered();
  const isKnown = Object.keys(routes).some((one) => one.endsWith(` ${trimmed}`));
  throw isKnown ? new Refusal(405, 'v2', 'The method is not allowed for the requested URL.') : notFoundPage();
}

function putModule(asked: Asked): Answer {
  const body = jsonOf(asked, 'wsme');
  rating.putModule(asked.written, body);
  return { status: 302, body: null, location: `/v1/rating/modules/${String(body.module_id)}` };
}

function mapped({ mappings }: rating.Written, service: string): string {
  const collector = mappings.get(service);
  if (collector === undefined) throw new Refusal(404, 'wsme', `No mapping for service: ${service}`);
  return collector;
}

function unmap(written: rating.Written, service: string): Answer {
  if (service === '') throw new Refusal(400, 'wsme', 'Missing argument: "service"');
  mapped(written, service);
  written.mappings.delete(service);
  return { status: 204 };
}

function jsonOf({ body }: Asked, shape: 'wsme' | 'v2'): Readonly<Record<string, unknown>> {
  try {
    return body === '' && shape === 'wsme' ? {} : (JSON.parse(body) as Readonly<Record<string, unknown>>);
  } catch {
    throw shape === 'wsme'
      ? new Refusal(400, 'wsme', 'Request is not in valid JSON format')
      : new Refusal(
          400,
          'v2',
          'The browser (or proxy) sent a request that this server could not understand.',
        );
  }
}
