import type { Resource } from '../../lib/models/resource.ts';
import type { Snapshot, SnapshotRequest, SnapshotStream } from '../../lib/provider.ts';
import type { CloudTowerClient } from './client.ts';
import { listAll, whereAllowed } from './listing.ts';
import { type Directory, directoryOf, idOf } from './resource-base.ts';
import { networkOf, poolOf, volumeOf } from './resources.ts';
import {
  type TowerDisk,
  type TowerHost,
  type TowerNic,
  type TowerVm,
  type TowerVolume,
  towerCluster,
  towerDatacenter,
  towerDisk,
  towerHost,
  towerLabel,
  towerNic,
  towerVds,
  towerVlan,
  towerVm,
  towerVolume,
} from './rows.ts';
import { type Attached, hostOf, serverOf } from './servers.ts';

/** What exists in the account's tower now (sheet 3). */
export const resourcesStream: SnapshotStream<CloudTowerClient, Resource> = { collect: collectResources };

/**
 * Listings are read from the whole to its parts, and joined leniently: nothing holds still between two of them
 * (sheet 2.4). Clusters and machines must be listed; what else is denied is a note.
 */
async function collectResources(
  client: CloudTowerClient,
  { locations, signal }: SnapshotRequest,
): Promise<Snapshot<Resource>> {
  const notes: string[] = [];
  const unseen = new Set<string>();
  const optional = async <Row>(type: string | null, missing: string, listing: Promise<Row[]>) => {
    const rows = await whereAllowed(notes, missing, listing);
    if (rows === null && type !== null) unseen.add(type);
    return rows;
  };
  const datacenters = await optional(
    null,
    'Locations and tenants are missing',
    listAll(client, 'get-datacenters', towerDatacenter, signal),
  );
  const clusters = await listAll(client, 'get-clusters', towerCluster, signal);
  const hosts = await optional(
    'server',
    'Hosts are missing',
    listAll(client, 'get-hosts', towerHost, signal),
  );
  const vms = await listAll(client, 'get-vms', towerVm, signal);
  const volumes = await optional(
    'volume',
    'Volumes and the disk sizes of servers are missing',
    listAll(client, 'get-vm-volumes', towerVolume, signal),
  );
  const disks = await optional(
    null,
    'Which server a volume belongs to is missing',
    listAll(client, 'get-vm-disks', towerDisk, signal),
  );
  const nics = await optional(
    null,
    'The networks of servers are missing',
    listAll(client, 'get-vm-nics', towerNic, signal),
  );
  const vlans = await optional(
    'network',
    'Networks are missing',
    listAll(client, 'get-vlans', towerVlan, signal),
  );
  const switches = await optional(
    null,
    'The clusters of networks are missing',
    listAll(client, 'get-vdses', towerVds, signal),
  );
  const labels = vms.some((vm) => vm.labels?.some(({ key }) => !key))
    ? await optional(null, 'Labels are missing', listAll(client, 'get-labels', towerLabel, signal))
    : [];
  const directory = directoryOf(clusters, datacenters ?? [], labels ?? [], locations);
  const networkIds = new Map((vlans ?? []).map((vlan) => [vlan.id, idOf(vlan)]));
  const clusterOf = new Map((switches ?? []).map((one) => [one.id, one.cluster?.id ?? null]));
  const items = [
    ...machinesAndVolumes(
      { vms, volumes, disks: disks ?? [], nics: nics ?? [], hosts: hosts ?? [], networkIds },
      directory,
    ),
    ...(hosts ?? []).map((host) => hostOf(host, directory)),
    ...(vlans ?? []).map((vlan) => networkOf(vlan, clusterOf.get(vlan.vds?.id ?? '') ?? null, directory)),
    ...clusters.map((cluster) => poolOf(cluster, directory)),
  ];
  return { items, notes, unseen: [...unseen] };
}

interface Machinery extends Pick<Attached, 'networkIds'> {
  readonly vms: readonly TowerVm[];
  readonly volumes: readonly TowerVolume[] | null;
  readonly disks: readonly TowerDisk[];
  readonly nics: readonly TowerNic[];
  readonly hosts: readonly TowerHost[];
}

/** A machine that is still being made has no id of its own yet, and may turn out to have failed (sheet 2.6). */
function machinesAndVolumes(
  { vms, volumes, disks, nics, hosts, networkIds }: Machinery,
  directory: Directory,
): Resource[] {
  const made = vms.filter(({ entityAsyncStatus }) => entityAsyncStatus !== 'CREATING');
  const kept = volumes?.filter(({ entityAsyncStatus }) => entityAsyncStatus !== 'CREATING') ?? null;
  const volumeById = new Map((kept ?? []).map((one) => [one.id, one]));
  const hostById = new Map(hosts.map((host) => [host.id, host]));
  const links = linksOf(disks);
  const cards = cardsOf(nics);
  const machineIds = new Map(made.map((vm) => [vm.id, idOf(vm)]));
  return [
    ...made.map((vm) => {
      const own = [...(links.volumesOf.get(vm.id) ?? [])].flatMap((id) => volumeById.get(id) ?? []);
      const host = hostById.get(vm.host?.id ?? '') ?? null;
      const attached = { volumes: kept && own, nics: cards.get(vm.id) ?? [], host, networkIds };
      return serverOf(vm, attached, directory);
    }),
    ...(kept ?? []).map((one) => {
      const servers = [...(links.machinesOf.get(one.id) ?? [])].flatMap((id) => machineIds.get(id) ?? []);
      return volumeOf(one, servers, directory);
    }),
  ];
}

/** Links by what they link: their own ids change with every synchronisation (sheet 2.6). */
function linksOf(disks: readonly TowerDisk[]) {
  const volumesOf = new Map<string, Set<string>>();
  const machinesOf = new Map<string, Set<string>>();
  for (const { vm, vm_volume } of disks) {
    if (!vm || !vm_volume) continue;
    add(volumesOf, vm.id, vm_volume.id);
    add(machinesOf, vm_volume.id, vm.id);
  }
  return { volumesOf, machinesOf };
}

function add(to: Map<string, Set<string>>, key: string, id: string): void {
  const ids = to.get(key) ?? new Set();
  to.set(key, ids.add(id));
}

function cardsOf(nics: readonly TowerNic[]): Map<string, TowerNic[]> {
  const cards = new Map<string, TowerNic[]>();
  for (const nic of nics) if (nic.vm) cards.set(nic.vm.id, [...(cards.get(nic.vm.id) ?? []), nic]);
  return cards;
}
