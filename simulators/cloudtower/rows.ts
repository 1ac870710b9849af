import { formatInstant, MINUTE, type Millis } from '../../lib/time.ts';
import { uuidOf } from '../seeded.ts';
import { stateAt } from './history.ts';
import {
  alertKeys,
  auditKeys,
  clusterKeys,
  datacenterKeys,
  diskKeys,
  diskLinkKeys,
  folderKeys,
  hostKeys,
  labelKeys,
  nicKeys,
  vdsKeys,
  vlanKeys,
  vmKeys,
  volumeKeys,
  whole,
} from './keys.ts';
import type { Event, Machine, Volume } from './machine.ts';
import type { Tower } from './tower.ts';
import { type Cluster, cuid, type Host, lastDisconnection, type Named } from './world.ts';

/** A row of a listing: at least its id. */
export type Row = Readonly<Record<string, unknown>> & { readonly id: string };

type Rows = (tower: Tower) => Row[];

/** Every listing, by its operation. */
export const listings: Readonly<Record<string, Rows>> = {
  'get-vms': (tower) => tower.machines().map((one) => vmRow(tower, one)),
  'get-vm-volumes': (tower) => tower.volumes().map((one) => volumeRow(tower, one)),
  'get-vm-disks': diskLinks,
  'get-vm-nics': (tower) => tower.machines().map((one) => nicRow(tower, one)),
  'get-hosts': (tower) =>
    tower.world.clusters.flatMap((of) => of.hosts.map((host) => hostRow(tower, of, host))),
  'get-clusters': (tower) => tower.world.clusters.map((one) => clusterRow(tower, one)),
  'get-datacenters': datacenterRows,
  'get-organizations': ({ world }) => [{ ...world.organization, datacenters: world.datacenters.map(stub) }],
  'get-vlans': (tower) => tower.world.clusters.map((one) => vlanRow(tower, one)),
  'get-vdses': ({ world }) => world.clusters.map(vdsRow),
  'get-disks': ({ world }) => world.clusters.flatMap((of) => of.hosts.flatMap(diskRows)),
  'get-alerts': alertRows,
  'get-labels': labelRows,
  'get-vm-folders': folderRows,
  'get-user-audit-logs': (tower) => tower.events().map((event) => auditRow(tower, event)),
  'get-cluster-settingses': ({ world }) =>
    world.clusters.map((cluster, at) => ({
      id: cuid('cset', at, world.settings.seed),
      cluster: stub(cluster),
      vm_recycle_bin: at === 0 ? { enabled: true, retain: world.settings.retain } : null,
    })),
  'get-global-settingses': ({ world }) => [
    {
      id: cuid('gset', 1, world.settings.seed),
      auth: null,
      vm_recycle_bin: { enabled: true, retain: world.settings.retain },
    },
  ],
  'get-tasks': ({ tasks }) => tasks.rows(),
  'get-vm-snapshots': ({ tasks }) => tasks.snapshots(),
};

/** Milliseconds always, as the tower writes them. */
export function isoText(at: Millis): string {
  return formatInstant(at).replace(/(:\d\d)Z$/, '$1.000Z');
}

export function stub({ id, name }: Named): Named {
  return { id, name };
}

function vmRow(tower: Tower, one: Machine): Row {
  const at = tower.momentOf(one.cluster);
  const state = stateAt(one.states, at);
  const frozen = tower.frozen(one.cluster);
  const shutdown = one.shutdowns.findLast((end) => end <= at);
  const [host] = one.cluster.hosts;
  const { vcpu = 1, memory = 0, bin = false, status = 'STOPPED' } = state ?? {};
  return {
    ...whole(vmKeys, {
      local_id: one.local_id,
      name: bin ? `in-recycle-bin-${one.name}-${Math.floor(at / 1000)}` : one.name,
      original_name: bin ? one.name : null,
      in_recycle_bin: bin,
      deleted_at: bin && one.binned !== null ? isoText(one.binned) : null,
      description: '',
      clock_offset: 'UTC',
      cluster: stub(one.cluster),
      cpu: { cores: vcpu, sockets: 1 },
      cpu_model: 'cluster_default',
      firmware: 'BIOS',
      folder: one.folder && stub(one.folder),
      guest_os_type: one.guest,
      os: one.guest === 'LINUX' ? 'CentOS 7' : null,
      ha: true,
      host: host ? { id: host.id, name: host.name, management_ip: '192.0.2.101' } : null,
      internal: one.internal,
      vm_usage: one.internal ? 'CLOUDTOWER' : null,
      ips: status === 'RUNNING' ? addressOf(one) : '',
      labels: one.labels,
      last_shutdown_time: shutdown === undefined ? null : isoText(shutdown),
      local_created_at: isoText(one.states[0]?.start ?? 0),
      memory,
      vcpu,
      nested_virtualization: false,
      node_ip: '',
      out_uninstall_usb: [],
      protected: false,
      status: frozen ? 'UNKNOWN' : status,
      vm_disks: disksOf(tower, one).map(({ id }) => ({ id })),
      vm_nics: [{ id: nicId(tower, one) }],
      vm_tools_status: status === 'RUNNING' ? 'RUNNING' : 'NOT_RUNNING',
      win_opt: one.guest === 'WINDOWS',
    }),
    id: one.id,
  };
}

function volumeRow(tower: Tower, one: Volume): Row {
  const at = tower.momentOf(one.cluster);
  const links = tower
    .machines()
    .filter(({ id }) => one.machines.includes(id))
    .map((machine) => ({ id: linkId(tower, machine, one) }));
  return {
    ...whole(volumeKeys, {
      cluster: stub(one.cluster),
      description: '',
      elf_storage_policy: one.policy,
      elf_storage_policy_ec_k: one.policy === 'EC' ? 4 : null,
      elf_storage_policy_ec_m: one.policy === 'EC' ? 2 : null,
      labels: [],
      local_created_at: isoText(one.states[0]?.start ?? 0),
      local_id: one.local_id,
      mounting: links.length > 0,
      name: one.name,
      path: `iscsi://iqn.2016-02.example:${one.local_id}/1`,
      sharing: one.sharing,
      size: stateAt(one.states, at)?.size ?? 0,
      type: 'KVM_VOLUME',
      vm_disks: links,
    }),
    id: one.id,
  };
}

interface Link {
  readonly id: string;
  readonly machine: Machine;
  readonly volume: Volume;
}

function disksOf(tower: Tower, machine: Machine): Link[] {
  return tower
    .volumes()
    .filter(({ machines }) => machines.includes(machine.id))
    .map((volume) => ({ id: linkId(tower, machine, volume), machine, volume }));
}

function diskLinks(tower: Tower): Row[] {
  return tower.machines().flatMap((machine) => {
    const disks = disksOf(tower, machine).map(({ id, volume }, boot) => ({
      ...whole(diskLinkKeys, {
        boot,
        bus: 'VIRTIO',
        type: 'DISK',
        vm: stub(machine),
        vm_volume: stub(volume),
      }),
      id,
    }));
    const id = churning(tower, 'vcd', machine.id);
    return [
      ...disks,
      { ...whole(diskLinkKeys, { boot: 9, bus: 'IDE', type: 'CD_ROM', vm: stub(machine) }), id },
    ];
  });
}

function linkId(tower: Tower, machine: Machine, volume: Volume): string {
  return churning(tower, 'dsk', `${machine.id}${volume.id}`);
}

function nicId(tower: Tower, machine: Machine): string {
  return churning(tower, 'nic', machine.id);
}

/** Rows that are deleted and made anew at every synchronisation: their ids hold for five minutes (sheet 2.6). */
function churning(tower: Tower, sort: string, of: string): string {
  return cuid(sort, Math.floor(tower.now() / (5 * MINUTE)), of);
}

function nicRow(tower: Tower, one: Machine): Row {
  return {
    ...whole(nicKeys, {
      enabled: true,
      guest_info_ip_addresses: [],
      guest_info_ip_addresses_v6: [],
      ip_address: addressOf(one),
      local_id: `${one.local_id}_1`,
      mac_address: one.mac,
      model: 'VIRTIO',
      order: 0,
      type: 'VLAN',
      vlan: stub(one.cluster.network),
      vm: stub(one),
    }),
    id: nicId(tower, one),
  };
}

/** One of the addresses that are kept for documentation. */
function addressOf({ mac }: Machine): string {
  const [slot = '0', generation = '0'] = mac.split(':').slice(3);
  return `198.51.100.${(Number.parseInt(slot, 16) * 7 + Number.parseInt(generation, 16)) % 250}`;
}

function hostRow(tower: Tower, of: Cluster, host: Host): Row {
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

function clusterRow(tower: Tower, one: Cluster): Row {
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

function datacenterRows({ world }: Tower): Row[] {
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

function vlanRow(tower: Tower, { network }: Cluster): Row {
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

function vdsRow(one: Cluster): Row {
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
function diskRows(host: Host): Row[] {
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
function alertRows({ world, now }: Tower): Row[] {
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

function labelRows(tower: Tower): Row[] {
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

function folderRows(tower: Tower): Row[] {
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

function auditRow({ world }: Tower, { action, at, id }: Event): Row {
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
