import type { Location } from '../../lib/models/location.ts';
import type { ResourceFields } from '../../lib/models/resource.ts';
import type { Tenant, UsageLocation } from '../../lib/models/usage.ts';
import type { TowerCluster, TowerDatacenter, TowerLabel } from './rows.ts';

/** Where the operator says that places are, by id or name of a datacenter or cluster. */
export type Places = Readonly<Record<string, Location>>;

/** What everything in a cluster has in common. */
export interface Home {
  readonly cluster: TowerCluster | null;
  /** A cluster may be in several, or in none (sheet 3.6): the first by its id counts. */
  readonly datacenter: UsageLocation | null;
  /** The organisation: one per tower in practice. */
  readonly tenant: Tenant | null;
}

/** What rows refer to by id. */
export interface Directory {
  readonly places: Places;
  home(clusterId: string | null | undefined): Home;
  label(id: string): TowerLabel | null;
}

export function directoryOf(
  clusters: readonly TowerCluster[],
  datacenters: readonly TowerDatacenter[],
  labels: readonly TowerLabel[],
  places: Places,
): Directory {
  const byId = new Map(clusters.map((cluster) => [cluster.id, homeOf(cluster, datacenters)]));
  const labelById = new Map(labels.map((label) => [label.id, label]));
  const nowhere = homeOf(null, datacenters);
  return {
    places,
    home: (id) => byId.get(id ?? '') ?? nowhere,
    label: (id) => labelById.get(id) ?? null,
  };
}

function homeOf(cluster: TowerCluster | null, datacenters: readonly TowerDatacenter[]): Home {
  const [first] = [...(cluster?.datacenters ?? [])].sort((a, b) => (a.id < b.id ? -1 : 1));
  const known = datacenters.find(({ id }) => id === first?.id);
  // Without a datacenter of its own a cluster still belongs to the tower's only organisation.
  const all = new Map(
    datacenters.flatMap(({ organization }) => (organization ? [[organization.id, organization]] : [])),
  );
  const organization = known?.organization ?? (all.size === 1 ? [...all.values()][0] : null);
  return {
    cluster,
    datacenter: first ? named(first) : null,
    tenant: organization ? named(organization) : null,
  };
}

function named({ id, name }: { id: string; name?: string | null | undefined }): {
  id: string;
  name?: string;
} {
  return name ? { id, name } : { id };
}

interface Row {
  readonly id: string;
  readonly local_id?: string | null | undefined;
  readonly name?: string | null | undefined;
  readonly local_created_at?: string | null | undefined;
  readonly labels?: readonly TowerLabel[] | null | undefined;
}

/** The id that other systems know too, and that measurements are told by (sheet 0): not the tower's own. */
export function idOf({ id, local_id }: Pick<Row, 'id' | 'local_id'>): string {
  return local_id || id;
}

/** The fields of a resource of any type. A row without a name goes by its id. */
export function baseOf(
  row: Row,
  { cluster, datacenter }: Home,
  places: Places,
): Pick<ResourceFields, 'id' | 'name' | 'provider_created_at' | 'region' | 'locations'> {
  const keys = [cluster?.id, cluster?.local_id, cluster?.name, datacenter?.id, datacenter?.name];
  const known = keys.find((key) => key && Object.hasOwn(places, key));
  const place = known ? places[known] : undefined;
  return {
    id: idOf(row),
    name: row.name || idOf(row),
    provider_created_at: timeOf(row.local_created_at),
    region: datacenter ? { id: datacenter.id } : null,
    locations: place ? [place] : [],
  };
}

/** The epoch stands for "none" (sheet 2.5). */
export function timeOf(text: string | null | undefined): string | null {
  return !text || text.startsWith('1970-01-01T00:00:00') ? null : text;
}

/** Metadata under the tower's own names, with whose and where it is; labels as `label.<key>`. */
export function facts<Given extends Row>(
  row: Given,
  names: readonly (keyof Given & string)[],
  { cluster, datacenter, tenant }: Home,
  directory: Directory,
): unknown[][] {
  const values = new Map<string, unknown>(Object.entries(row));
  const stated = names.map((name) => [name, values.get(name)]);
  const owned = [
    ['tower_id', row.id],
    ['cluster', cluster?.name],
    ['cluster_id', cluster ? idOf(cluster) : null],
    ['datacenter', datacenter?.name],
    ['datacenter_id', datacenter?.id],
    ['organization', tenant?.name],
    ['organization_id', tenant?.id],
  ];
  const held = [...stated, ...owned].filter(
    ([, value]) => value !== undefined && value !== null && value !== '',
  );
  return [...held, ...labelsOf(row, directory).map(([key, value]) => [`label.${key}`, value])];
}

/** Before 4.1 rows show the ids of their labels only (sheet 3.6). */
export function labelsOf(
  { labels }: Pick<Row, 'labels'>,
  { label }: Pick<Directory, 'label'>,
): [string, string][] {
  return (labels ?? []).flatMap((stub) => {
    const { key, value } = stub.key ? stub : (label(stub.id) ?? stub);
    return key ? [[key, value ?? ''] as [string, string]] : [];
  });
}
