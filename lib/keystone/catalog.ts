import * as z from 'zod';
import { InsufficientPermission, InvalidConfig, MalformedResponse } from '../errors.ts';

const endpoint = z.looseObject({
  interface: z.string(),
  region: z.string().nullish(),
  region_id: z.string().nullish(),
  url: z.string(),
});

/** The catalog of a login (sheet 2.4). */
export const catalogSchema = z.array(
  z.looseObject({
    type: z.string(),
    name: z.string().nullish(),
    endpoints: z.array(endpoint).default([]),
  }),
);

export type Catalog = z.output<typeof catalogSchema>;

/** Which service is looked for, and where. */
export interface Wanted {
  /** In their order; the first that is there counts. */
  readonly types: readonly string[];
  /** Tried when no type is there. */
  readonly name?: string;
  readonly region: string | null;
  /** `public`, `internal` or `admin`. */
  readonly interface: string;
}

/**
 * The URL of a service, without a slash at its end where it has a path. Pure. Endpoints are in no meaningful
 * order: where region or interface leave several that differ, none is taken.
 * @throws InvalidConfig, InsufficientPermission: what the catalog has stands in the hint
 */
export function findEndpoint(catalog: Catalog, wanted: Wanted): URL {
  if (catalog.length === 0) throw emptyCatalog();
  const found = servicesIn(catalog, wanted);
  if (found.length === 0) throw noService(catalog, wanted);
  const all = found.flatMap(({ endpoints }) => endpoints);
  if (all.length === 0) throw noEndpoint(wanted);
  const there = all.filter((one) => one.interface.replace(/URL$/, '') === wanted.interface);
  if (there.length === 0)
    throw notThere('interface', wanted.interface, namesOf(all.map((one) => one.interface)));
  const regions = namesOf(there.map(regionOf));
  if (wanted.region === null && regions.length > 1) throw regionNeeded(wanted, regions);
  const chosen = there.filter((one) => wanted.region === null || regionOf(one) === wanted.region);
  if (chosen.length === 0) throw notThere('region_name', wanted.region ?? '', regions);
  const urls = [...new Set(chosen.map(({ url }) => url.replace(/\/+$/, '')))];
  if (urls.length > 1) throw ambiguous(wanted, urls.length);
  return readUrl(urls[0] ?? '', wanted);
}

/** Those of the first type that is there and has endpoints, else of the name. */
function servicesIn(catalog: Catalog, { types, name }: Wanted): Catalog {
  const candidates = [
    ...types.map((type) => catalog.filter((service) => service.type === type)),
    catalog.filter((service) => name !== undefined && service.name === name),
  ];
  const filled = candidates.find((services) => services.some(({ endpoints }) => endpoints.length > 0));
  return filled ?? candidates.find((services) => services.length > 0) ?? [];
}

function regionOf(one: z.output<typeof endpoint>): string {
  return one.region ?? one.region_id ?? '';
}

function readUrl(text: string, wanted: Wanted): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url !== null && /^https?:$/.test(url.protocol)) return url;
  throw new MalformedResponse(`The catalog's endpoint of ${nameOf(wanted)} is no http or https URL`, {
    code: 'ENDPOINT_UNREADABLE',
    hint: 'Ask the operator to correct the endpoint in Keystone.',
  });
}

function nameOf({ types, name }: Wanted): string {
  const words = [...types.map((type) => `type "${type}"`), ...(name === undefined ? [] : [`name "${name}"`])];
  return words.join(' or ');
}

function namesOf(names: readonly string[]): string[] {
  return [...new Set(names)].sort();
}

function emptyCatalog(): InsufficientPermission {
  return new InsufficientPermission('The catalog of the login holds no service', {
    code: 'EMPTY_CATALOG',
    hint: 'Ask the operator to show the project the services it needs.',
  });
}

function noService(catalog: Catalog, wanted: Wanted): InvalidConfig {
  const has = namesOf(catalog.map(({ type, name }) => (name ? `${type} (${name})` : type)));
  return new InvalidConfig(`The catalog holds no service of ${nameOf(wanted)}`, {
    code: 'SERVICE_NOT_IN_CATALOG',
    hint: `It holds ${has.join(', ')}. Name one of them, or set the service's URL itself.`,
  });
}

function noEndpoint(wanted: Wanted): InsufficientPermission {
  return new InsufficientPermission(`The catalog holds no endpoint of ${nameOf(wanted)}`, {
    code: 'NO_ENDPOINT',
    hint: 'Ask the operator to register or enable one for this project.',
  });
}

function notThere(setting: string, value: string, has: readonly string[]): InvalidConfig {
  return new InvalidConfig(`The catalog has no endpoint of the service for ${setting} "${value}"`, {
    code: setting === 'interface' ? 'INTERFACE_NOT_IN_CATALOG' : 'REGION_NOT_IN_CATALOG',
    hint: `Set ${setting} to one that it has: ${has.join(', ')}.`,
  });
}

function regionNeeded(wanted: Wanted, regions: readonly string[]): InvalidConfig {
  return new InvalidConfig(`The service of ${nameOf(wanted)} is in several regions`, {
    code: 'REGION_NEEDED',
    hint: `Set region_name to one of them: ${regions.join(', ')}.`,
  });
}

function ambiguous(wanted: Wanted, count: number): InvalidConfig {
  return new InvalidConfig(
    `The catalog has ${count} different endpoints of ${nameOf(wanted)} in one region`,
    {
      code: 'AMBIGUOUS_ENDPOINT',
      hint: "Set the service's URL itself.",
    },
  );
}
