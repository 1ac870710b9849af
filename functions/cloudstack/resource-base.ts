import type { Location } from '../../lib/models/location.ts';
import type { ResourceFields } from '../../lib/models/resource.ts';

/** Where the operator says that zones are, by zone id or name. */
export type Places = Readonly<Record<string, Location>>;

/** What every row says of itself in the same words. */
interface Row {
  readonly id: string;
  readonly name?: string | null | undefined;
  readonly created?: string | null | undefined;
  readonly zoneid?: string | null | undefined;
  readonly zonename?: string | null | undefined;
  readonly tags?: readonly { key: string; value?: string | null | undefined }[] | null | undefined;
}

/** The fields of a resource of any type. A row without a name goes by its id. */
export function baseOf(
  { id, name, created, zoneid, zonename }: Row,
  places: Places,
): Pick<ResourceFields, 'id' | 'name' | 'provider_created_at' | 'region' | 'locations'> {
  const known = [zoneid, zonename].find((key) => key && Object.hasOwn(places, key));
  const place = known ? places[known] : undefined;
  return {
    id,
    name: name || id,
    provider_created_at: created,
    region: zoneid ? { id: zoneid } : null,
    locations: place ? [place] : [],
  };
}

const ownership = [
  'account',
  'project',
  'projectid',
  'domain',
  'domainid',
  'domainpath',
  'zoneid',
  'zonename',
];

/** Metadata under CloudStack's own names; tags as `tag.<key>`. What has no value is left out. */
export function facts<Given extends Row>(row: Given, names: readonly (keyof Given & string)[]): unknown[][] {
  const values = new Map<string, unknown>(Object.entries(row));
  const held = [...names, ...ownership]
    .map((name) => [name, values.get(name)])
    .filter(([, value]) => value !== undefined && value !== null && value !== '');
  return [...held, ...(row.tags ?? []).map(({ key, value }) => [`tag.${key}`, value ?? ''])];
}
