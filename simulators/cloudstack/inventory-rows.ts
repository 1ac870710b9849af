import { seedOf, uuidOf } from '../seeded.ts';
import type { Cloud } from './cloud.ts';
import { formatServerDate } from './dates.ts';
import type {
  ExistingAddress,
  ExistingBalancer,
  ExistingMachine,
  ExistingNetwork,
  ExistingRouter,
  ExistingVolume,
} from './existing.ts';
import { hostsOf } from './infrastructure.ts';
import type { Named, Tenant } from './world.ts';

/** A row on the wire, as sheet 6.2 has it. What has no value is left out. */
export type WireRow = Readonly<Record<string, unknown>>;

const MIB = 1024 * 1024;

export function machineRow(cloud: Cloud, machine: ExistingMachine): WireRow {
  const { vm, offering, state } = machine;
  return {
    ...ownedRow(cloud, machine),
    displayname: vm.name,
    instancename: vm.instanceName,
    state,
    haenable: false,
    ...(state === 'Running' && cloud.caller.role === 'root-admin' ? hostFields(cloud, machine) : {}),
    hypervisor: 'KVM',
    templateid: vm.template.id,
    templatename: vm.template.name,
    ostypeid: vm.template.os.id,
    guestosid: vm.template.os.id,
    osdisplayname: vm.template.os.name,
    serviceofferingid: offering.id,
    serviceofferingname: offering.name,
    cpunumber: offering.cpunumber,
    cpuspeed: offering.cpuspeed,
    memory: offering.memory,
    nic: machine.networks.map((network, index) => nicRow(cloud, machine, network, index)),
    securitygroup: [],
    affinitygroup: [],
    tags: vm.tags.map((tag) => ({ ...tag, resourceid: vm.id, resourcetype: 'UserVm' })),
  };
}

export function volumeRow(cloud: Cloud, volume: ExistingVolume): WireRow {
  const { machine, offering } = volume;
  const fast = offering?.name === 'Fast SSD';
  const template = machine?.vm.template;
  return {
    ...ownedRow(cloud, volume),
    type: offering ? 'DATADISK' : 'ROOT',
    size: volume.bytes,
    state: 'Ready',
    provisioningtype: 'thin',
    storagetype: 'shared',
    ...(offering ? { diskofferingid: offering.id, diskofferingname: offering.name } : {}),
    ...(fast ? { miniops: 500, maxiops: 2000, encryptformat: 'LUKS' } : {}),
    ...(volume.templateId ? { templateid: volume.templateId, templatename: template?.name } : {}),
    ...(machine ? { virtualmachineid: machine.id, vmname: machine.name, vmstate: machine.state } : {}),
    tags: [],
  };
}

export function networkRow(cloud: Cloud, network: ExistingNetwork): WireRow {
  const offering = cloud.world.networkOfferings[network.shared ? 1 : 0];
  return {
    ...ownedRow(cloud, network),
    displaytext: network.name,
    type: network.shared ? 'Shared' : 'Isolated',
    traffictype: 'Guest',
    state: network.shared ? 'Setup' : 'Implemented',
    cidr: `${prefixOf(network)}.0/24`,
    gateway: `${prefixOf(network)}.1`,
    networkofferingid: offering?.id,
    networkofferingname: offering?.name,
    acltype: network.shared ? 'Domain' : 'Account',
    issystem: false,
    ...(network.vpcId ? { vpcid: network.vpcId } : {}),
    tags: [],
  };
}

export function routerRow(cloud: Cloud, router: ExistingRouter): WireRow {
  const { network } = router;
  return {
    ...ownedRow(cloud, router),
    state: 'Running',
    role: 'VIRTUAL_ROUTER',
    isredundantrouter: false,
    redundantstate: 'UNKNOWN',
    version: '4.20.1',
    hypervisor: 'KVM',
    guestnetworkid: network.id,
    guestnetworkname: network.name,
    ...(network.vpcId ? { vpcid: network.vpcId } : {}),
    nic: [{ id: uuidOf(cloud.settings.seed, 'nic', router.id), networkid: network.id, isdefault: true }],
  };
}

export function balancerRow(cloud: Cloud, balancer: ExistingBalancer): WireRow {
  const { created: _, ...row } = ownedRow(cloud, balancer);
  return {
    ...row,
    state: 'Active',
    algorithm: 'roundrobin',
    protocol: 'tcp',
    publicip: balancer.address.name,
    publicipid: balancer.address.id,
    publicport: '443',
    privateport: '8443',
    networkid: balancer.network.id,
    tags: [],
  };
}

export function addressRow(cloud: Cloud, address: ExistingAddress): WireRow {
  const { created, name, ...row } = ownedRow(cloud, address);
  return {
    ...row,
    ipaddress: name,
    allocated: created,
    state: 'Allocated',
    issourcenat: address.sourceNat,
    isstaticnat: false,
    issystem: false,
    isportable: false,
    tags: [],
  };
}

/** Project-owned rows lack the account; the path of a domain is newer than 4.19.2. */
export function ownerRow({ world }: Cloud, { id, name, project, domain }: Tenant): WireRow {
  return {
    ...(project ? { project: name, projectid: id } : { account: name }),
    domainid: domain.id,
    domain: domain.name,
    ...(world.newer ? { domainpath: domain.path } : {}),
  };
}

interface OwnedThing {
  readonly id: string;
  readonly name: string;
  readonly owner: Tenant;
  readonly zone: Named;
  readonly created: number;
}

function ownedRow(cloud: Cloud, { id, name, owner, zone, created }: OwnedThing) {
  return {
    id,
    name,
    created: formatServerDate(created),
    ...ownerRow(cloud, owner),
    zoneid: zone.id,
    zonename: zone.name,
  };
}

/** A running machine is on one host of its zone; only root administrators are told. */
function hostFields({ world }: Cloud, { id, zone }: ExistingMachine): WireRow {
  const here = hostsOf(world).filter((host) => host.zone.id === zone.id && host.resourcestate === 'Enabled');
  const host = here[seedOf(id) % here.length];
  return host ? { hostid: host.id, hostname: host.name } : {};
}

function nicRow({ settings }: Cloud, { id, vm }: ExistingMachine, network: ExistingNetwork, index: number) {
  const number = seedOf(settings.seed, 'address', id, index);
  const octets = [number >>> 16, number >>> 8, number].map((octet) =>
    (octet & 0xff).toString(16).padStart(2, '0'),
  );
  return {
    id: uuidOf(settings.seed, 'nic', vm.id, index),
    networkid: network.id,
    networkname: network.name,
    ipaddress: `${prefixOf(network)}.${2 + (number % 250)}`,
    macaddress: `02:00:${String(index).padStart(2, '0')}:${octets.join(':')}`,
    isdefault: index === 0,
    traffictype: 'Guest',
    type: network.shared ? 'Shared' : 'Isolated',
    deviceid: String(index),
    secondaryip: [],
  };
}

function prefixOf({ id }: ExistingNetwork): string {
  return `10.${seedOf(id, 'b') % 256}.${seedOf(id, 'c') % 256}`;
}

/** What a host, and by its sum a zone, can give. */
export function capacityRows(cloud: Cloud, zone: Named): WireRow[] {
  const hosts = hostsOf(cloud.world).filter((host) => host.zone.id === zone.id);
  const total = (amount: (host: (typeof hosts)[number]) => number) =>
    hosts.reduce((sum, host) => sum + amount(host), 0);
  const capacity = (type: number, name: string, capacitytotal: number) => ({
    type,
    name,
    zoneid: zone.id,
    zonename: zone.name,
    capacitytotal,
    capacityused: MIB,
    percentused: '0',
  });
  return [
    capacity(
      0,
      'MEMORY',
      total((host) => host.memoryBytes),
    ),
    capacity(
      1,
      'CPU',
      total((host) => host.cpunumber * host.cpuspeed),
    ),
    capacity(
      2,
      'STORAGE',
      total((host) => host.diskBytes),
    ),
  ];
}
