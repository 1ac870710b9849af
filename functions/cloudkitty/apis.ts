import type { HttpRequest } from '../../lib/http.ts';

/** One documented call (sheets 4, 5). */
export interface Api {
  /** The name of its policy, with a blank's worth more where a policy guards several calls. */
  readonly name: string;
  readonly method: HttpRequest['method'];
  /** `{name}` is a parameter. */
  readonly path: string;
  readonly write: boolean;
  /** Its parameters go into a JSON body. */
  readonly body: boolean;
  /** The member of the answer that holds its rows. */
  readonly rows?: string;
}

/** As in the sheet's tables: name, method and path, the member with rows. Writes and bodies are marked. */
const lines = `
versions                      GET    /                                      versions
healthcheck                   GET    /healthcheck
collector:get                 GET    /v1/collector
collector:list_mappings       GET    /v1/collector/mappings                 mappings
collector:get_mapping         GET    /v1/collector/mappings/{service}
collector:create_mapping      POST!  /v1/collector/mappings
collector:delete_mapping      DELETE! /v1/collector/mappings/{service}
collector:get_state           GET    /v1/collector/states/{name}
collector:update_state        PUT!   /v1/collector/states/{name}
info:get_config               GET    /v1/info/config
info:list_metrics_info        GET    /v1/info/metrics                       metrics
info:get_metric_info          GET    /v1/info/metrics/{metric_name}
info:list_services_info       GET    /v1/info/services                      metrics
info:get_service_info         GET    /v1/info/services/{service_name}
rating:list_modules           GET    /v1/rating/modules                     modules
rating:get_module             GET    /v1/rating/modules/{module_id}
rating:update_module          PUT!   /v1/rating/modules
rating:quote                  POST?  /v1/rating/quote
rating:reload_modules         GET!   /v1/rating/reload_modules
report:get_summary            GET    /v1/report/summary                     summary
report:get_total              GET    /v1/report/total
report:list_tenants           GET    /v1/report/tenants
storage:list_data_frames      GET    /v1/storage/dataframes                 dataframes
summary:get_summary           GET    /v2/summary                            results
dataframes:get                GET    /v2/dataframes                         dataframes
dataframes:add                POST!  /v2/dataframes
scope:get_state               GET    /v2/scope                              results
scope:post_state              POST!  /v2/scope
scope:reset_state             PUT!   /v2/scope
scope:patch_state             PATCH! /v2/scope
v2_rating:get_modules         GET    /v2/rating/modules                     modules
v2_rating:get_module          GET    /v2/rating/modules/{module_id}
v2_rating:update_module       PUT!   /v2/rating/modules/{module_id}
schedule:get_task_reprocesses GET    /v2/task/reprocesses                   results
schedule:get_scope_reprocesses GET   /v2/task/reprocesses/{scope_id}        results
schedule:task_reprocesses     POST!  /v2/task/reprocesses
`;

/** `!` is a write, `?` has a body and changes nothing. */
export const apis: readonly Api[] = [...lines.matchAll(/^(\S+) +([A-Z]+)([!?]?) +(\S+) *(\S*)$/gm)].map(
  ([, name = '', method = '', mark = '', path = '', rows = '']) => ({
    name,
    method: method as Api['method'],
    path,
    write: mark === '!',
    body: mark !== '' && method !== 'GET' && method !== 'DELETE',
    ...(rows === '' ? {} : { rows }),
  }),
);

/**
 * Finds a call by its name, or by its path with or without a method: a path without one only reads. The calls of
 * `module_config`, each rating module's own, are found by path alone; so is any form of the same path with values
 * in it. Null for what is no call of this API.
 */
export function apiNamed(name: string): { readonly api: Api; readonly path: string } | null {
  const named = apis.find((api) => api.name === name);
  if (named) return { api: named, path: named.path };
  const [, method = 'GET', spelled = ''] = /^(?:([A-Z]+) )?(\/?v[12]\/[\w./{}-]*|\/)$/.exec(name) ?? [];
  if (spelled === '' || /\/\.{1,2}(?:\/|$)/.test(spelled)) return null;
  const path = spelled.startsWith('/') ? spelled : `/${spelled}`;
  const api = apis.find((one) => one.method === method && (one.path === path || fits(one.path, path)));
  if (api) return { api, path };
  return moduleConfig(method, path);
}

function fits(template: string, path: string): boolean {
  const pattern = template.replaceAll('.', '\\.').replace(/\{\w+\}/g, '[^/{}]+');
  return new RegExp(`^${pattern}$`).test(path);
}

/** Rules of a rating module (sheet 4.4): services, fields, groups, mappings, thresholds. */
function moduleConfig(method: string, path: string): { api: Api; path: string } | null {
  const [, rows] = /^\/v1\/rating\/module_config\/[\w-]+(?:\/([\w-]+))?(?:\/[\w.-]+)?$/.exec(path) ?? [];
  if (rows === undefined || !/^(?:GET|POST|PUT|DELETE)$/.test(method)) return null;
  const write = method !== 'GET';
  const body = method === 'POST' || method === 'PUT';
  return { api: { name: path, method: method as Api['method'], path, write, body, rows }, path };
}
