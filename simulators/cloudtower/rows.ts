import { stateAt } from './history.ts';
import {
  alertRows,
  auditRow,
  clusterRow,
  datacenterRows,
  diskRows,
  folderRows,
  hostRow,
  labelRows,
  vdsRow,
  vlanRow,
} from './infrastructure-rows.ts';
import { diskLinkKeys, nicKeys, vmKeys, volumeKeys, whole } from './keys.ts';
import type { Machine, Volume } from './machine.ts';
import { churning, isoText, nicId, type Row, stub } from './row.ts';
import type { Tower } from './tower.ts';
import { cuid } from './world.ts';

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
