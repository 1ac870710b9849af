import type { Interval, Millis } from '../../lib/time.ts';
import { HOUR } from '../../lib/time.ts';
import { keyOf, seedOf, uuidOf } from '../seeded.ts';
import type { Settings } from './options.ts';

/** What stands still in a tower: its clusters and what they are made of. */
export interface World {
  readonly settings: Settings;
  readonly organization: Named;
  readonly datacenters: readonly Named[];
  readonly clusters: readonly Cluster[];
  readonly folders: readonly (Named & { readonly cluster: Cluster })[];
  readonly labels: readonly Label[];
}

export interface Named {
  readonly id: string;
  readonly name: string;
}

export interface Cluster extends Named {
  readonly local_id: string;
  readonly hypervisor: 'ELF' | 'VMWARE' | 'BLUESHARK';
  readonly type: 'SMTX_OS' | 'SMTX_ZBS';
  readonly datacenters: readonly Named[];
  readonly hosts: readonly Host[];
  readonly network: Named & { readonly local_id: string; readonly switchId: string };
  /** When it was not connected. */
  readonly disconnected: readonly Interval[];
}

export interface Host extends Named {
  readonly local_id: string;
  readonly number: number;
}

export interface Label {
  readonly id: string;
  readonly key: string;
  readonly value: string | null;
}

/** A CUID as the tower makes them: ordered by when it was made, as far as a text can be. */
export function cuid(sort: string, number: number, ...parts: readonly (string | number)[]): string {
  const tail = keyOf(sort, number, ...parts)
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '')
    .slice(0, 10);
  return `cm${sort.slice(0, 3).padEnd(3, 'x')}${number.toString(36).padStart(10, '0')}${tail.padEnd(10, '0')}`;
}

export function worldOf(settings: Settings): World {
  const { seed } = settings;
  const organization = { id: cuid('org', 1, seed), name: 'Example Org' };
  const [east, west] = ['DC-East', 'DC-West'].map((name, at) => ({ id: cuid('dc', at + 1, seed), name })) as [
    Named,
    Named,
  ];
  const disconnected = [...settings.disconnected];
  const clusters = [
    cluster(seed, 1, { name: 'elf-prod', hypervisor: 'ELF', datacenters: [east], hosts: 2 }),
    cluster(seed, 2, { name: 'elf-remote', hypervisor: 'ELF', datacenters: [west], hosts: 1, disconnected }),
    cluster(seed, 3, { name: 'vmware-legacy', hypervisor: 'VMWARE', datacenters: [east, west], hosts: 1 }),
    cluster(seed, 4, { name: 'zbs-block', hypervisor: 'BLUESHARK', datacenters: [west], hosts: 1 }),
  ];
  const [first] = clusters as [Cluster];
  return {
    settings,
    organization,
    datacenters: [east, west],
    clusters,
    folders: ['tenant-a', 'tenant-b'].map((name, at) => ({
      id: cuid('fld', at + 1, seed),
      name,
      cluster: first,
    })),
    labels: [
      { id: cuid('lab', 1, seed), key: 'cost-center', value: 'CC-1001' },
      { id: cuid('lab', 2, seed), key: 'env', value: null },
    ],
  };
}

interface ClusterPlan extends Pick<Cluster, 'name' | 'hypervisor' | 'datacenters'> {
  readonly hosts: number;
  readonly disconnected?: readonly Interval[];
}

function cluster(seed: number, number: number, { hosts, disconnected = [], ...plan }: ClusterPlan): Cluster {
  const local_id = uuidOf(seed, 'cluster', number);
  return {
    ...plan,
    id: cuid('cls', number, seed),
    local_id,
    type: plan.hypervisor === 'BLUESHARK' ? 'SMTX_ZBS' : 'SMTX_OS',
    disconnected,
    network: {
      id: cuid('vlan', number, seed),
      name: `VLAN-${1100 + number}`,
      local_id: `${local_id}_${uuidOf(seed, 'vlan', number)}`,
      switchId: cuid('vds', number, seed),
    },
    hosts: Array.from({ length: hosts }, (_, at) => ({
      id: cuid('hst', number * 10 + at, seed),
      local_id: uuidOf(seed, 'host', number, at),
      name: `${plan.name}-n${at + 1}`,
      number: number * 10 + at,
    })),
  };
}

/** Since when a cluster has not been connected; null while it is. */
export function frozenSince(cluster: Cluster, now: Millis, fault: boolean): Millis | null {
  const since = cluster.disconnected.find(({ start, end }) => start <= now && now < end)?.start ?? null;
  return since ?? (fault && cluster.name === 'elf-remote' ? now - 6 * HOUR : null);
}

/** When its last connection ended, whether it is connected again or not. */
export function lastDisconnection(cluster: Cluster, now: Millis): Millis | null {
  return cluster.disconnected.findLast(({ start }) => start <= now)?.start ?? null;
}

/** The offset of measured points from whole minutes: calls are not aligned (sheet 4.2). */
export function pointOffset(seed: number): Millis {
  return (seedOf(seed, 'points') % 29) * 1000 + 500;
}
