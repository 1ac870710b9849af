import { given } from '../../lib/models/fields.ts';
import type { ImageDetailFields } from '../../lib/models/image-detail.ts';
import type { IpAddressFields } from '../../lib/models/ip-address.ts';
import type { Resource } from '../../lib/models/resource.ts';
import { type ServerState, server } from '../../lib/models/server.ts';
import { baseOf, facts, type Places } from './resource-base.ts';
import type { CloudStackMachine, CloudStackVolume } from './resource-types.ts';

/**
 * A virtual machine.
 * @param volumes those attached to it; null when the role may not list volumes, and then their sum is not known
 */
export function serverOf(
  vm: CloudStackMachine,
  volumes: readonly CloudStackVolume[] | null,
  places: Places,
): Resource {
  return server({
    ...baseOf({ ...vm, name: vm.displayname || vm.name }, places),
    cpu_cores: vm.cpunumber,
    cpu_hz: vm.cpuspeed == null ? null : vm.cpuspeed * 1e6,
    ram_b: vm.memory == null ? null : vm.memory * 1_048_576,
    volumes_b: volumes?.reduce((sum, { size }) => sum + (size ?? 0), 0),
    instance_type: vm.serviceofferingname,
    state: states.get(vm.state ?? '') ?? 'unknown',
    provider_state: vm.state,
    ip_addresses: addressesOf(vm),
    image_detail: imageOf(vm),
    is_virtual: true,
    connections: [
      { volumes: volumes?.map(({ id }) => id), networks: networksOf(vm) },
      { type: 'compute_pool', connections: vm.hostid ? [vm.hostid] : [] },
    ],
    metadata: facts(vm, [
      'instancename',
      'hypervisor',
      'serviceofferingid',
      'diskofferingid',
      'diskofferingname',
      'templateid',
      'isoid',
      'guestosid',
      'osdisplayname',
      'hostid',
      'hostname',
      'userid',
      'group',
    ]),
  });
}

/** Sheet 6.2. What is not here is unknown, and keeps its own word as `provider_state`. */
const states: ReadonlyMap<string, ServerState> = new Map([
  ['Starting', 'pending'],
  ['Restoring', 'pending'],
  ['Running', 'running'],
  ['Migrating', 'running'],
  ['Stopping', 'stopping'],
  ['Stopped', 'stopped'],
  ['Shutdown', 'stopped'],
  ['Shutdowned', 'stopped'],
  ['Destroyed', 'terminated'],
  ['Expunging', 'terminated'],
]);

/** The networks of its cards, each once. */
export function networksOf({ nic }: Pick<CloudStackMachine, 'nic'>): string[] {
  return [...new Set((nic ?? []).flatMap(({ networkid }) => networkid || []))];
}

/** Every address of every card; the description tells the card. A public address is the router's to forward. */
function addressesOf({ nic, publicip }: CloudStackMachine): IpAddressFields[] {
  const own = (nic ?? []).flatMap((card) => {
    const secondary = card.secondaryip?.map(({ ipaddress }) => ipaddress) ?? [];
    const description = [card.macaddress, card.isdefault ? 'default' : ''].filter(Boolean).join(', ');
    return [card.ipaddress, card.ip6address, ...secondary].filter(Boolean).map((ip_address) => ({
      ip_address,
      network_id: card.networkid,
      network_name: card.networkname,
      description: description || null,
    }));
  });
  return publicip ? [...own, { ip_address: publicip, description: 'public' }] : own;
}

/** What it was made from: a template, or an ISO. Only the name of its system says more. */
function imageOf(vm: CloudStackMachine): ImageDetailFields | null {
  const [id, name] = vm.templateid ? [vm.templateid, vm.templatename] : [vm.isoid, vm.isoname];
  return id ? { id, name, architecture: vm.arch, ...systemOf(vm.osdisplayname ?? '') } : null;
}

const linux = /linux|ubuntu|debian|centos|fedora|suse|red hat|rocky|oracle/i;

/** `CentOS 5.6 (64-bit)`: the words before a number, and the number. */
function systemOf(name: string): Pick<ImageDetailFields, 'type' | 'distribution' | 'version'> {
  const [, words, version] = /^(.*?)\s+(\d[\w.]*)/.exec(name) ?? [];
  const bare = name.replace(/\s*\(.*$/, '');
  const type = /windows/i.test(name) ? 'Windows' : linux.test(name) ? 'Linux' : null;
  return given({ type, distribution: words || bare || null, version });
}
