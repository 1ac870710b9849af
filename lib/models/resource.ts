import { type ConnectionFields, type Connections, connections } from './connections.ts';
import { convertDatetime } from './datetime.ts';
import { describeModel, given, type Maybe, requireText } from './fields.ts';
import { checkedLocations, checkedRegion, type Location, type Region } from './location.ts';
import { type Metadata, type MetadataTuples, metadata } from './metadata.ts';

/** What every resource may say of itself; `id` and `name` are texts with a value. */
export interface ResourceFields {
  /** The provider's own id; with the type it identifies the resource. */
  readonly id: string;
  readonly name: string;
  /** Any form that `convertDatetime` reads. */
  readonly provider_created_at?: Maybe<string>;
  /** A page of the provider's portal about this resource. */
  readonly native_portal_link?: Maybe<string>;
  /** Counts only when there are no locations. */
  readonly region?: Maybe<Region>;
  readonly locations?: Maybe<readonly Location[]>;
  readonly connections?: Maybe<ConnectionFields | readonly ConnectionFields[]>;
  readonly metadata?: Maybe<MetadataTuples>;
}

/** Either `locations` or `regions`, never both. */
export interface ResourceBase {
  readonly name: string;
  /** RFC 3339 in UTC. */
  readonly provider_created_at: string | null;
  readonly native_portal_link?: string;
  readonly locations?: readonly Location[];
  readonly regions?: readonly Region[];
}

/** A resource as it goes to the CMP, but for the time at which it was seen. */
export interface Resource {
  readonly id: string;
  readonly type: string;
  readonly base: ResourceBase;
  readonly connections: Connections;
  readonly metadata: Metadata;
  /** Under the resource's type: what that model has of its own. */
  readonly details?: Readonly<Record<string, object>>;
}

/** The wire's shape of a resource. */
export interface SerialisedResource extends Resource {
  readonly base: ResourceBase & { readonly last_seen_at: string };
}

/**
 * A resource of any type; the models with details of their own build on it.
 * @throws MalformedResponse naming model and field: id, name or type without a value, a time that is none, a
 * region or a part of a location without an id.
 */
export function resource(type: string, fields: ResourceFields, details?: object): Resource {
  const model = describeModel(type || 'resource', fields.id);
  return {
    id: requireText(fields.id, model, 'id'),
    type: requireText(type, model, 'type'),
    base: base(fields, model),
    connections: connections(fields.connections ?? []),
    metadata: metadata(fields.metadata ?? []),
    ...(details === undefined ? {} : { details: { [type]: details } }),
  };
}

/** @param lastSeenAt RFC 3339 text: when the resource was seen, the planning clock's time of this run. */
export function serialiseResource(seen: Resource, lastSeenAt: string): SerialisedResource {
  const { name, provider_created_at, ...rest } = seen.base;
  return { ...seen, base: { name, provider_created_at, last_seen_at: lastSeenAt, ...rest } };
}

/** What tells a resource from all others: ids are unique within a type. */
export function resourceKey(type: string, id: string): string {
  return `${type}/${id}`;
}

function base(fields: ResourceFields, model: string): ResourceBase {
  return {
    name: requireText(fields.name, model, 'name'),
    provider_created_at: convertDatetime(fields.provider_created_at, `${model}: provider_created_at`),
    ...given({ native_portal_link: fields.native_portal_link }),
    ...whereabouts(fields, model),
  };
}

function whereabouts(
  { locations, region }: ResourceFields,
  model: string,
): Pick<ResourceBase, 'locations' | 'regions'> {
  if (locations && locations.length > 0) return { locations: checkedLocations(locations, model) };
  return { regions: region ? [checkedRegion(region, model)] : [] };
}
