import { uuidOf } from '../seeded.ts';
import {
  alertKeys,
  auditKeys,
  clusterKeys,
  datacenterKeys,
  diskKeys,
  folderKeys,
  hostKeys,
  labelKeys,
  vdsKeys,
  vlanKeys,
  whole,
} from './keys.ts';
import type { Event } from './machine.ts';
import { isoText, nicId, type Row, stub } from './row.ts';
import type { Tower } from './tower.ts';
import { type Cluster, cuid, type Host, lastDisconnection } from './world.ts';

export function hostRow(tower: Tower, of: Cluster, host: Host): Row {
  const frozen = tower.frozen(of);
  return {
    ...whole(hostKeys, {
      allocatable_memory_bytes: 200 * 1024 ** 3,
      chunk_id: String(host.number),
      cluster: stub(of),
      compatible_cpu_models: [],
      cpu_brand: 'Example CPU',
      cpu_fan_speed: [],
      cpu_hz_per_core: 2_400_000_000,
      cpu_model: 'Example CPU',
      cpu_temperature_celsius: [],
      failure_data_space: 0,
      hdd_data_capacity: 8 * 1024 ** 4,
      hdd_disk_count: 1,
      local_id: host.local_id,
      lsm_cap_disk_safe_umount: false,
      management_ip: `192.0.2.${host.number}`,
      merged_status: frozen ? 'DISCONNECTED' : 'HEALTHY',
      model: 'EX-2U',
      name: host.name,
      nested_virtualization: false,
      nic_count: 4,
      os_memory_bytes: 48 * 1024 ** 3,
      pmem_dimm_capacity: 0,
      pmem_dimm_count: 0,
      pmem_disk_count: 0,
      provisioned_cpu_cores: 8,
      provisioned_memory_bytes: 32 * 1024 ** 3,
      running_pause_vm_memory_bytes: 16 * 1024 ** 3,
      ssd_data_capacity: 4 * 1024 ** 4,
      ssd_disk_count: 1,
      state: 'IN_USE',
      status: frozen ? 'SESSION_EXPIRED' : 'CONNECTED_HEALTHY',
      total_cpu_cores: 32,
      total_cpu_hz: 76_800_000_000,
      total_data_capacity: 12 * 1024 ** 4,
      total_memory_bytes: 256 * 1024 ** 3,
      used_data_space: 3 * 1024 ** 4,
    }),
    id: host.id,
  };
}

export function clusterRow(tower: Tower, one: Cluster): Row {
  const since = tower.frozen(one);
  const last = since ?? lastDisconnection(one, tower.now());
  return {
    ...whole(clusterKeys, {
      architecture: 'X86_64',
      connect_state: since === null ? 'CONNECTED' : 'DISCONNECTED',
      disconnected_date: last === null ? null : isoText(last),
      disconnected_reason: since === null ? null : 'LOAD_CLUSTER_FAILED',
      datacenters: one.datacenters.map(stub),
      dns: [],
      failure_data_space: 0,
      hosts: one.hosts.map((host) => ({ ...stub(host), management_ip: '192.0.2.101' })),
      hypervisor: one.hypervisor,
      ip: '192.0.2.10',
      labels: [],
      local_id: one.local_id,
      name: one.name,
      ntp_servers: [],
      recommended_cpu_models: [],
      total_cpu_cores: 32 * one.hosts.length,
      total_cpu_hz: 76_800_000_000 * one.hosts.length,
      total_cpu_models: [],
      total_data_capacity: 12 * 1024 ** 4 * one.hosts.length,
      total_memory_bytes: 256 * 1024 ** 3 * one.hosts.length,
      type: one.type,
      used_cpu_hz: 12_345_678_901.25,
      used_data_space: 3 * 1024 ** 4,
      used_memory_bytes: 37_145_039_556.9504,
      version: '6.2.0',
      vms: tower
        .machines()
        .filter(({ cluster }) => cluster === one)
        .map(stub),
    }),
    id: one.id,
  };
}

export function datacenterRows({ world }: Tower): Row[] {
  return world.datacenters.map((one) => ({
    ...whole(datacenterKeys, {
      name: one.name,
      organization: world.organization,
      clusters: world.clusters.filter(({ datacenters }) => datacenters.includes(one)).map(stub),
      labels: [],
    }),
    id: one.id,
  }));
}

export function vlanRow(tower: Tower, { network }: Cluster): Row {
  const row = whole(vlanKeys, {
    gateway_ip: '',
    labels: [],
    local_id: network.local_id,
    mode_type: 'VLAN_ACCESS',
    name: network.name,
    network_ids: [network.name.slice(5)],
    subnetmask: '',
    type: 'VM',
    vds: { id: network.switchId, name: 'vds' },
    vlan_id: Number(network.name.slice(5)),
    vm_nics: tower
      .machines()
      .flatMap((one) => (one.cluster.network === network ? [{ id: nicId(tower, one) }] : [])),
  });
  return { ...row, id: network.id };
}

export function vdsRow(one: Cluster): Row {
  const { network } = one;
  const row = whole(vdsKeys, {
    bond_mode: '',
    cluster: stub(one),
    internal: false,
    local_id: `${one.local_id}_vds`,
    name: 'vds',
    ovsbr_name: 'ovsbr',
    type: 'VM',
    vlans: [stub(network)],
    vlans_num: 1,
  });
  return { ...row, id: network.switchId };
}

/** A disk of each sort a host; one of all is failing, one is not mounted. */
export function diskRows(host: Host): Row[] {
  return ['HDD', 'NVMe_SSD'].map((type, at) => ({
    ...whole(diskKeys, {
      firmware: '1.0',
      health_status: host.number === 11 && at === 0 ? 'SUBHEALTHY' : 'HEALTHY',
      healthy: !(host.number === 11 && at === 0),
      host: { id: host.id, name: host.name, management_ip: '192.0.2.101' },
      local_id: uuidOf(host.local_id, at),
      model: 'EXAMPLE',
      mounted: true,
      name: `sd${'ab'[at]}`,
      offline: false,
      partitions: [],
      path: `/dev/sd${'ab'[at]}`,
      serial: `S${host.number}${at}`,
      size: 4 * 1024 ** 4,
      type,
      usage: 'DATA',
      usage_status: host.number === 20 && at === 1 ? 'UNMOUNTED' : 'MOUNTED',
    }),
    id: cuid('disk', host.number * 2 + at, host.local_id),
  }));
}

/** One of a cluster that goes on, one of the tower itself, one that is over. */
export function alertRows({ world, now }: Tower): Row[] {
  const [first] = world.clusters;
  const start = isoText(Math.floor(now() / 3_600_000) * 3_600_000);
  const alerts = [
    {
      severity: 'CRITICAL',
      ended: false,
      cluster: first && stub(first),
      message: 'Disk health is degraded.',
    },
    { severity: 'NOTICE', ended: false, cluster: null, message: 'The licence expires soon.' },
    { severity: 'INFO', ended: true, cluster: null, message: 'All is well.' },
  ];
  return alerts.map((alert, at) => ({
    ...whole(alertKeys, {
      ...alert,
      cause: '',
      impact: '',
      labels: {},
      local_create_time: start,
      local_end_time: '1970-01-01T00:00:00.000Z',
      local_id: uuidOf('alert', at),
      local_start_time: start,
      local_update_time: start,
      solution: '',
      threshold: 0,
      value: 1,
    }),
    id: cuid('alrt', at + 1),
  }));
}

export function labelRows(tower: Tower): Row[] {
  return tower.world.labels.map((label) => {
    const vms = tower.machines().filter(({ labels }) => labels.includes(label));
    const row = whole(labelKeys, {
      ...label,
      createdAt: isoText(tower.world.settings.since),
      vms: vms.map(stub),
    });
    return { ...row, id: label.id };
  });
}

export function folderRows(tower: Tower): Row[] {
  return tower.world.folders.map((folder) => {
    const vms = tower.machines().filter((one) => one.folder === folder);
    const row = whole(folderKeys, {
      name: folder.name,
      cluster: stub(folder.cluster),
      vm_num: vms.length,
      vms: vms.map(stub),
    });
    return { ...row, id: folder.id };
  });
}

export function auditRow({ world }: Tower, { action, at, id }: Event): Row {
  const row = whole(auditKeys, {
    action,
    createdAt: isoText(at - 2000),
    started_at: isoText(at - 2000),
    finished_at: isoText(at),
    ip_address: '192.0.2.9',
    message: action,
    resource_id: id,
    resource_type: /VOLUME/.test(action) ? 'VM_VOLUME' : 'VM',
    status: 'SUCCESSED',
    username: 'cmp-sync',
  });
  return { ...row, id: cuid('aud', Math.floor(at / 1000), id, action, world.settings.seed) };
}
