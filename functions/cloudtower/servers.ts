import { given } from '../../lib/models/fields.ts';
import type { ImageDetailFields } from '../../lib/models/image-detail.ts';
import type { IpAddressFields } from '../../lib/models/ip-address.ts';
import type { Resource } from '../../lib/models/resource.ts';
import { type ServerState, server } from '../../lib/models/server.ts';
import { baseOf, type Directory, facts, idOf } from './resource-base.ts';
import type { TowerHost, TowerNic, TowerVm, TowerVolume } from './rows.ts';

/** What hangs on a machine: its own id of each is the tower's. */
export interface Attached {
  /** Null when volumes may not be listed: then their sum is not known. */
  readonly volumes: readonly TowerVolume[] | null;
  readonly nics: readonly TowerNic[];
  readonly host: TowerHost | null;
  /** The tower's id of a network → the id of the resource. */
  readonly networkIds: ReadonlyMap<string, string>;
}

/** A virtual machine. Those in the recycle bin and those of the system itself are marked (sheet 2.6). */
export function serverOf(vm: TowerVm, attached: Attached, directory: Directory): Resource {
  const home = directory.home(vm.cluster?.id);
  const { volumes, nics, host, networkIds } = attached;
  return server({
    ...baseOf(
      { ...vm, name: vm.in_recycle_bin ? vm.original_name || vm.name : vm.name },
      home,
      directory.places,
    ),
    cpu_cores: vm.vcpu,
    ram_b: vm.memory,
    volumes_b: volumes?.reduce((sum, { size }) => sum + (size ?? 0), 0),
    state: states.get(vm.status ?? '') ?? 'unknown',
    provider_state: vm.status,
    ip_addresses: addressesOf(vm, nics, networkIds),
    image_detail: imageOf(vm),
    is_virtual: true,
    connections: [
      {
        volumes: volumes?.map(idOf),
        networks: [...new Set(nics.flatMap(({ vlan }) => networkIds.get(vlan?.id ?? '') ?? []))],
        servers: host ? [idOf(host)] : [],
      },
      { type: 'compute_pool', connections: home.cluster ? [idOf(home.cluster)] : [] },
    ],
    metadata: [
      ...facts(vm, machineFacts, home, directory),
      ...stated('folder', vm.folder?.name),
      ...stated('host', vm.host?.name),
      ['in_recycle_bin', vm.in_recycle_bin === true],
      ['is_system', isSystem(vm)],
    ],
  });
}

const machineFacts = [
  'description',
  'vm_tools_status',
  'hostname',
  'deleted_at',
  'last_shutdown_time',
  'vm_usage',
  'internal_product',
] as const;

/** CloudTower itself, its services and their like: the list of uses grows with every release (sheet 2.6). */
export function isSystem({ internal, vm_usage }: Pick<TowerVm, 'internal' | 'vm_usage'>): boolean {
  return internal === true || Boolean(vm_usage);
}

/** Sheet 3.1. What is not here is unknown, and keeps its own word as `provider_state`. */
const states: ReadonlyMap<string, ServerState> = new Map([
  ['RUNNING', 'running'],
  ['STOPPED', 'stopped'],
  ['SUSPENDED', 'stopped'],
  ['DELETED', 'terminated'],
]);

/** The addresses of its cards; where no card shows one, those that the guest's tools tell. */
function addressesOf(
  vm: TowerVm,
  nics: readonly TowerNic[],
  networkIds: ReadonlyMap<string, string>,
): IpAddressFields[] {
  const own = nics.flatMap(({ ip_address, guest_info_ip_addresses, mac_address, vlan }) => {
    const addresses = new Set([ip_address, ...(guest_info_ip_addresses ?? [])].filter(Boolean));
    return [...addresses].map((address) => ({
      ip_address: address,
      network_id: networkIds.get(vlan?.id ?? ''),
      network_name: vlan?.name,
      description: mac_address,
    }));
  });
  const shown = new Set(own.map(({ ip_address }) => ip_address));
  const told = typeof vm.ips === 'string' ? vm.ips.split(',') : (vm.ips ?? []);
  const rest = told.map((ip) => ip.trim()).filter((ip) => ip !== '' && !shown.has(ip));
  return [...own, ...rest.map((ip_address) => ({ ip_address }))];
}

/** There are no images here; the guest's system stands in their place (sheet 3.1). */
function imageOf({ os, guest_os_type }: TowerVm): ImageDetailFields | null {
  const type = systems.get(guest_os_type ?? '') ?? null;
  if (!os && type === null) return null;
  const [, distribution, version] = /^(.*?)\s+(\d[\w.]*)/.exec(os ?? '') ?? [];
  return {
    id: os || String(guest_os_type),
    name: os || null,
    ...given({ type, distribution: distribution || os || null, version }),
  };
}

const systems: ReadonlyMap<string, string> = new Map([
  ['LINUX', 'Linux'],
  ['WINDOWS', 'Windows'],
]);

/** A machine of metal that others run on. */
export function hostOf(host: TowerHost, directory: Directory): Resource {
  const home = directory.home(host.cluster?.id);
  return server({
    ...baseOf(host, home, directory.places),
    cpu_cores: host.total_cpu_cores,
    cpu_hz: host.cpu_hz_per_core,
    ram_b: host.total_memory_bytes,
    state: hostStates.get(host.status ?? '') ?? 'unknown',
    provider_state: host.status,
    ip_addresses: [
      ...(host.management_ip ? [{ ip_address: host.management_ip, description: 'management' }] : []),
      ...(host.data_ip ? [{ ip_address: host.data_ip, description: 'storage' }] : []),
    ],
    is_virtual: false,
    connections: { type: 'compute_pool', connections: home.cluster ? [idOf(home.cluster)] : [] },
    metadata: facts(
      host,
      ['state', 'merged_status', 'model', 'serial', 'cpu_model', 'os_version', 'total_data_capacity'],
      home,
      directory,
    ),
  });
}

const hostStates: ReadonlyMap<string, ServerState> = new Map([
  ['CONNECTED_HEALTHY', 'running'],
  ['CONNECTED_WARNING', 'running'],
  ['CONNECTED_ERROR', 'running'],
  ['CONNECTING', 'pending'],
  ['INITIALIZING', 'pending'],
]);

function stated(name: string, value: string | null | undefined): unknown[][] {
  return value ? [[name, value]] : [];
}
