import { uuidOf } from '../seeded.ts';
import type { FaultName } from './faults.ts';
import type { EndpointOption } from './options.ts';
import type { Scope } from './world.ts';

const interfaces = ['public', 'internal', 'admin'] as const;
/** Where nothing listens: an address that must not be taken. */
const ELSEWHERE = 'http://127.0.0.1:9';

export interface Endpoint {
  readonly id: string;
  readonly interface: string;
  readonly region_id: string;
  readonly url: string;
  readonly region: string;
}

export interface Service {
  readonly endpoints: readonly Endpoint[];
  readonly id: string;
  readonly type: string;
  readonly name: string;
}

/** The catalog as a token of the scope sees it (sheet 2.4). */
export function catalogFor(
  registered: readonly EndpointOption[],
  seed: number,
  scope: Scope,
  faults: ReadonlySet<FaultName>,
): Service[] {
  if (faults.has('empty-catalog')) return [];
  const services = new Map<string, EndpointOption[]>();
  for (const one of registered) {
    const key = `${one.type}\n${one.name}`;
    services.set(key, [...(services.get(key) ?? []), one]);
  }
  return [...services].map(([key, options]) => {
    const [type = '', name = ''] = key.split('\n');
    const endpoints = faults.has('no-endpoint')
      ? []
      : options.flatMap((one) => endpointsOf(one, seed, faults));
    const seen = endpoints.flatMap((one) => inScope(one, scope)).sort((a, b) => (a.id < b.id ? -1 : 1));
    return { endpoints: seen, id: hex(seed, 'service', key), type, name };
  });
}

function endpointsOf(option: EndpointOption, seed: number, faults: ReadonlySet<FaultName>): Endpoint[] {
  const region = faults.has('wrong-region') ? 'RegionOther' : (option.region ?? 'RegionOne');
  const places = [{ region, url: option.url }];
  if (faults.has('two-regions')) places.push({ region: 'RegionTwo', url: ELSEWHERE });
  const names = option.interface === undefined ? interfaces : [option.interface];
  return places.flatMap((place) =>
    names.map((name) => ({
      id: hex(seed, 'endpoint', option.type, option.name, place.region, place.url, name),
      interface: faults.has('public-url') ? `${name}URL` : name,
      region_id: place.region,
      url: place.url,
      region: place.region,
    })),
  );
}

/** Templates are filled in; without a project such an endpoint is left out. */
function inScope(endpoint: Endpoint, scope: Scope): Endpoint[] {
  const project = scope.kind === 'project' ? scope.project.id : '';
  const url = endpoint.url.replace(/[$%]\((?:project|tenant)_id\)s/g, project);
  return url === endpoint.url || project !== '' ? [{ ...endpoint, url }] : [];
}

function hex(...parts: readonly (string | number)[]): string {
  return uuidOf(...parts).replaceAll('-', '');
}
