import { computePool } from '../../lib/models/compute-pool.ts';
import { network } from '../../lib/models/network.ts';
import type { Resource } from '../../lib/models/resource.ts';
import { volume } from '../../lib/models/volume.ts';
import { baseOf, type Directory, facts, idOf } from './resource-base.ts';
import type { TowerCluster, TowerVlan, TowerVolume } from './rows.ts';

/** @param servers ids of the machines that it is attached to: one, several when shared, none when detached */
export function volumeOf(row: TowerVolume, servers: readonly string[], directory: Directory): Resource {
  const home = directory.home(row.cluster?.id);
  return volume({
    ...baseOf(row, home, directory.places),
    size_b: row.size,
    zone_name: home.cluster?.name,
    connections: { servers },
    metadata: [...facts(row, volumeFacts, home, directory), ['shared', row.sharing === true]],
  });
}

const volumeFacts = [
  'type',
  'mounting',
  'elf_storage_policy',
  'elf_storage_policy_replica_num',
  'elf_storage_policy_thin_provision',
  'elf_storage_policy_ec_k',
  'elf_storage_policy_ec_m',
  'unique_size',
  'used_size',
] as const;

/** @param clusterId of the switch that it belongs to: a network names the switch only (sheet 3.8) */
export function networkOf(row: TowerVlan, clusterId: string | null, directory: Directory): Resource {
  const home = directory.home(clusterId);
  return network({
    ...baseOf(row, home, directory.places),
    connections: { type: 'compute_pool', connections: home.cluster ? [idOf(home.cluster)] : [] },
    metadata: facts(
      row,
      ['vlan_id', 'network_ids', 'mode_type', 'type', 'gateway_ip', 'subnetmask'],
      home,
      directory,
    ),
  });
}

export function poolOf(cluster: TowerCluster, directory: Directory): Resource {
  const home = directory.home(cluster.id);
  return computePool({
    ...baseOf(cluster, home, directory.places),
    cpu_hz: cluster.total_cpu_hz,
    memory_b: cluster.total_memory_bytes,
    storage_b: cluster.total_data_capacity,
    metadata: facts(
      cluster,
      [
        'type',
        'hypervisor',
        'architecture',
        'version',
        'connect_state',
        'disconnected_reason',
        'total_cpu_cores',
      ],
      home,
      directory,
    ),
  });
}
