import { appliance } from '../../lib/models/appliance.ts';
import { computePool } from '../../lib/models/compute-pool.ts';
import { network } from '../../lib/models/network.ts';
import type { Resource } from '../../lib/models/resource.ts';
import { serviceOffering } from '../../lib/models/service-offering.ts';
import { volume } from '../../lib/models/volume.ts';
import { baseOf, facts, type Places } from './resource-base.ts';
import type {
  CloudStackBalancer,
  CloudStackHost,
  CloudStackMachine,
  CloudStackNetwork,
  CloudStackOffering,
  CloudStackRouter,
  CloudStackVolume,
  CloudStackZone,
} from './resource-types.ts';
import { networksOf, serverOf } from './servers.ts';

/** All virtual machines with their volumes, which may not be known. */
export function serversOf(
  machines: readonly CloudStackMachine[],
  volumes: readonly CloudStackVolume[] | null,
  places: Places,
): Resource[] {
  const attached = new Map<string, CloudStackVolume[]>(machines.map(({ id }) => [id, []]));
  for (const disk of volumes ?? []) attached.get(disk.virtualmachineid ?? '')?.push(disk);
  return machines.map((vm) => serverOf(vm, volumes && (attached.get(vm.id) ?? []), places));
}

export function volumeOf(disk: CloudStackVolume, places: Places): Resource {
  return volume({
    ...baseOf(disk, places),
    size_b: disk.size,
    encrypted: Boolean(disk.encryptformat),
    iops: disk.maxiops,
    zone_name: disk.zonename,
    connections: { servers: disk.virtualmachineid ? [disk.virtualmachineid] : [] },
    metadata: facts(disk, [
      'type',
      'state',
      'diskofferingid',
      'diskofferingname',
      'serviceofferingid',
      'storage',
      'storagetype',
      'provisioningtype',
      'encryptformat',
      'virtualmachineid',
      'snapshotid',
      'templateid',
    ]),
  });
}

export function networkOf(net: CloudStackNetwork, places: Places): Resource {
  return network({
    ...baseOf({ ...net, name: net.name || net.displaytext }, places),
    metadata: facts(net, [
      'displaytext',
      'type',
      'traffictype',
      'state',
      'cidr',
      'gateway',
      'ip6cidr',
      'vpcid',
      'networkofferingid',
      'networkofferingname',
      'networkdomain',
      'acltype',
    ]),
  });
}

export function routerOf(router: CloudStackRouter, places: Places): Resource {
  const guest = router.guestnetworkid ? [router.guestnetworkid] : [];
  return appliance({
    ...baseOf(router, places),
    type_id: 'router',
    connections: { networks: [...new Set([...guest, ...networksOf(router)])] },
    metadata: facts(router, [
      'state',
      'role',
      'redundantstate',
      'version',
      'hypervisor',
      'hostid',
      'publicip',
      'guestnetworkid',
      'vpcid',
      'serviceofferingid',
      'serviceofferingname',
      'templateid',
    ]),
  });
}

export function balancerOf(rule: CloudStackBalancer, places: Places): Resource {
  return appliance({
    ...baseOf(rule, places),
    type_id: 'load_balancer',
    connections: { networks: rule.networkid ? [rule.networkid] : [] },
    metadata: facts(rule, [
      'state',
      'algorithm',
      'protocol',
      'publicip',
      'publicipid',
      'publicport',
      'privateport',
      'networkid',
    ]),
  });
}

/** A host: what it has, whatever is allocated of it. */
export function hostPoolOf(host: CloudStackHost, places: Places): Resource {
  const { cpunumber, cpuspeed } = host;
  return computePool({
    ...baseOf(host, places),
    cpu_hz: cpunumber == null || cpuspeed == null ? null : cpunumber * cpuspeed * 1e6,
    memory_b: host.memorytotal,
    storage_b: host.disksizetotal,
    metadata: facts(host, [
      'state',
      'resourcestate',
      'hypervisor',
      'version',
      'clusterid',
      'clustername',
      'podid',
      'podname',
    ]),
  });
}

/** A zone as one pool, where hosts are not shown; none when the zone does not tell its capacity either. */
export function zonePoolsOf(zone: CloudStackZone, places: Places): Resource[] {
  if (!zone.capacity?.length) return [];
  const total = (type: number) => zone.capacity?.find((one) => one.type === type)?.capacitytotal ?? null;
  const megahertz = total(capacities.cpu);
  return [
    computePool({
      ...baseOf({ ...zone, zoneid: zone.id, zonename: zone.name }, places),
      cpu_hz: megahertz === null ? null : megahertz * 1e6,
      memory_b: total(capacities.memory),
      storage_b: total(capacities.storage),
      metadata: facts(zone, ['allocationstate', 'networktype', 'type']),
    }),
  ];
}

/** CloudStack's numbers for kinds of capacity: memory and primary storage in bytes, processors in MHz. */
const capacities = { memory: 0, cpu: 1, storage: 2 } as const;

/** @param type `compute` is what a machine is made by, `disk` what a volume is. */
export function offeringOf(offering: CloudStackOffering, type: 'compute' | 'disk', places: Places): Resource {
  return serviceOffering({
    ...baseOf(offering, places),
    type_id: type,
    metadata: facts(offering, [
      'displaytext',
      'state',
      'iscustomized',
      'cpunumber',
      'cpuspeed',
      'memory',
      'disksize',
      'storagetype',
      'provisioningtype',
    ]),
  });
}
