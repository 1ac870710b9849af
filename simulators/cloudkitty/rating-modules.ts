import Big from 'big.js';
import { parseInstant } from '../../lib/time.ts';
import type { Caller, Cloud } from './cloud.ts';
import { projectById } from './cloud.ts';
import { forbidden, nothingFound, Refusal } from './refusal.ts';
import { prices, type Rule } from './world.ts';

interface RatingModule {
  readonly module_id: string;
  readonly description: string;
  enabled: boolean;
  readonly hot: boolean;
  priority: number;
}

/** Rating modules, collector mappings and states: what calls may write, for one server. */
export interface Written {
  readonly modules: RatingModule[];
  readonly mappings: Map<string, string>;
  readonly states: Map<string, boolean>;
}

export function writtenAtFirst(): Written {
  return {
    modules: [
      {
        module_id: 'hashmap',
        description: 'HashMap rating module.',
        enabled: true,
        hot: true,
        priority: 100,
      },
      { module_id: 'noop', description: 'Dummy test module.', enabled: true, hot: false, priority: 1 },
      {
        module_id: 'pyscripts',
        description: 'PyScripts rating module.',
        enabled: false,
        hot: true,
        priority: 1,
      },
    ],
    mappings: new Map(),
    states: new Map(),
  };
}

/** v1 has a hyphen where v2 has an underscore (sheets 4.4, 5.5). */
export function listModules({ modules }: Written, version: 'v1' | 'v2'): unknown {
  return { modules: modules.map((one) => printed(one, version)) };
}

export function getModule({ modules }: Written, id: string, version: 'v1' | 'v2'): unknown {
  const found = modules.find(({ module_id }) => module_id === id);
  if (found !== undefined) return printed(found, version);
  throw version === 'v1'
    ? new Refusal(404, 'wsme', 'Module not found.')
    : new Refusal(404, 'v2', `Module '${id}' not found`);
}

function printed({ hot, ...one }: RatingModule, version: 'v1' | 'v2') {
  return { ...one, [version === 'v1' ? 'hot-config' : 'hot_config']: hot };
}

/** Answers 302 with the body `null` (sheet 4.4). */
export function putModule({ modules }: Written, body: Readonly<Record<string, unknown>>): void {
  const { module_id, enabled, priority } = body;
  if (typeof module_id !== 'string')
    throw new Refusal(400, 'wsme', "Invalid input for field/attribute module_id. Value: 'None'.");
  const found = modules.find((one) => one.module_id === module_id);
  if (found === undefined) throw new Refusal(404, 'wsme', 'Module not found.');
  if (typeof enabled === 'boolean') found.enabled = enabled;
  if (priority !== undefined) found.priority = Number(priority);
}

/** What resources would cost; a flat `desc` silently costs nothing (sheet 4.4). */
export function quote(body: Readonly<Record<string, unknown>>): unknown {
  const resources = body.resources as
    | { service?: string; volume?: unknown; desc?: { metadata?: Record<string, string> } }[]
    | undefined;
  if (!Array.isArray(resources)) throw new Refusal(500, 'wsme', "'UnsetType' object is not iterable");
  const sum = resources.reduce((total, { service, volume, desc }) => {
    if (desc === undefined) throw new Refusal(500, 'wsme', 'Circular reference detected');
    const rule = ruleOf(service ?? '', desc.metadata ?? {});
    return rule === null ? total : total.plus(new Big(prices[rule]).times(String(volume)));
  }, new Big(0));
  return sum.eq(0) ? '0' : sum.toFixed(28);
}

function ruleOf(service: string, metadata: Readonly<Record<string, string>>): Rule | null {
  if (service === 'compute') {
    const flavor = metadata.flavor_name;
    return flavor === 'm1.small' || flavor === 'm1.large' ? flavor : null;
  }
  if (service === 'volume.size') return metadata.volume_type === 'ssd' ? 'ssd' : 'volume';
  if (service === 'network.outgoing.bytes') return 'network';
  return service === 'ip.floating' ? 'ip' : null;
}

/** `PUT /v2/scope`: the state goes back, and all that was rated from there on is gone (sheet 5.4). */
export function putScope(cloud: Cloud, caller: Caller, body: Readonly<Record<string, unknown>>): unknown {
  if (caller.role !== 'admin') throw forbidden(null);
  const { scope_id, last_processed_timestamp, state } = body;
  const at = parseInstant(String(last_processed_timestamp ?? state ?? ''));
  if (at === null)
    throw new Refusal(400, 'v2', "Variables 'state' and 'last_processed_timestamp' cannot be empty.");
  const project = projectById(cloud, String(scope_id));
  if (project === undefined) throw nothingFound();
  cloud.reset({ project: project.name, at, resumed: false });
  return {};
}

/** `POST /v2/task/reprocesses`: it is taken down, and nothing more comes of it here. */
export function postReprocess(caller: Caller, body: Readonly<Record<string, unknown>>): unknown {
  if (caller.role !== 'admin') throw forbidden(null);
  for (const name of ['scope_ids', 'start_reprocess_time', 'end_reprocess_time', 'reason']) {
    if (body[name] === undefined)
      throw new Refusal(400, 'v2', `Invalid data '{}' : required key not provided (path: '['${name}']')`);
  }
  return {};
}
