import { DAY, HOUR, type Interval } from '../../lib/time.ts';
import type { Random } from '../random.ts';
import { randomFor, uuidOf } from '../seeded.ts';
import { type Machine, seconds, spanWithin } from './machine.ts';
import { gauge, hours, humanSize, type Use } from './use.ts';
import { GIB, numberOf, type World } from './world.ts';

/** What is billed for a machine itself and for what hangs on it, apart from its disks. */
export function machineUses(world: World, vm: Machine): Use[] {
  return [
    ...shapeUses(vm),
    ...networkOfferingUses(world, vm),
    ...securityGroupUses(world, vm),
    ...vmSnapshotUses(world, vm),
    ...backupUses(world, vm),
    ...publicIpUses(world, vm),
  ];
}

/** Types 1 and 2: one row for each offering that the machine had in a period. */
function shapeUses(vm: Machine): Use[] {
  return byOffering(vm).flatMap(({ offering, during }) => {
    const fields = {
      name: vm.name,
      usageid: vm.id,
      virtualmachineid: vm.id,
      offeringid: offering.id,
      templateid: vm.template.id,
      type: 'KVM',
      cpunumber: offering.cpunumber,
      cpuspeed: offering.cpuspeed,
      memory: offering.memory,
      ostypeid: vm.template.os.id,
      osdisplayname: vm.template.os.name,
      oscategoryid: vm.template.os.categoryId,
      oscategoryname: vm.template.os.category,
    };
    const text = `for ${vm.name} (${vm.instanceName}) (${vm.id}) using service offering ${offering.name} (${offering.id}) and template ${vm.template.name} (${vm.template.id})`;
    const running = during.flatMap((part) => vm.running.flatMap((run) => overlap(run, part)));
    const use = { id: vm.id, owner: vm.owner, zone: vm.zone, fields, tags: vm.tags };
    return [
      hours({ ...use, type: 1, spans: running, description: `Running VM usage ${text}` }),
      hours({ ...use, type: 2, spans: during, description: `Allocated VM usage ${text}` }),
    ];
  });
}

/** A machine that goes back to a former size is summed with it. */
function byOffering(vm: Machine) {
  const offerings = [...new Set(vm.shapes.map(({ offering }) => offering))];
  return offerings.map((offering) => ({
    offering,
    during: vm.shapes.filter((shape) => shape.offering === offering).map((shape) => shape.during),
  }));
}

/** Type 13: one row for each offering, the hours of its cards summed; they can exceed the period. */
function networkOfferingUses(world: World, vm: Machine): Use[] {
  const chance = randomFor(world.seed, 'nics', vm.id);
  const cards = Array.from({ length: chance.int(1, 3) }, () => chance.pick(world.networkOfferings));
  return [...new Set(cards)].map((offering) =>
    hours({
      type: 13,
      id: `${offering.id}/${vm.id}`,
      owner: vm.owner,
      zone: vm.zone,
      spans: cards.filter((card) => card === offering).map(() => vm.life),
      fields: { offeringid: offering.id, virtualmachineid: vm.id, isdefault: offering === cards[0] },
      description: `Network offering ${offering.name} (${offering.id}) usage for VM ${vm.name} (${vm.id}) `,
    }),
  );
}

/** Type 10. */
function securityGroupUses(world: World, vm: Machine): Use[] {
  if (!randomFor(world.seed, 'group', vm.id).chance(0.25)) return [];
  const id = uuidOf(world.seed, 'securitygroup', vm.owner.id);
  return [
    hours({
      type: 10,
      id,
      owner: vm.owner,
      zone: vm.zone,
      spans: [vm.life],
      fields: { usageid: id, virtualmachineid: vm.id },
      description: `Security group default (${id}) usage for VM ${vm.name} (${vm.id})`,
    }),
  ];
}

/** Types 25 and 27: the same snapshot on secondary and on primary storage. */
function vmSnapshotUses(world: World, vm: Machine): Use[] {
  const chance = randomFor(world.seed, 'vmsnapshots', vm.id);
  if (!chance.chance(0.5)) return [];
  return Array.from({ length: chance.int(1, 3) }, (_, index) => vmSnapshot(world, vm, chance, index)).flat();
}

function vmSnapshot(world: World, vm: Machine, chance: Random, index: number): Use[] {
  const id = uuidOf(world.seed, 'vmsnapshot', vm.id, index);
  const { start, end } = spanWithin(chance, vm.life, 20 * DAY);
  const size = chance.int(1, 6 * 1024) * 1024 * 1024;
  const use = { id, owner: vm.owner, zone: vm.zone, spans: [{ start, end: Math.min(end, vm.life.end) }] };
  const fields = { usageid: id, virtualmachineid: vm.id, name: `${vm.name}-before-upgrade-${index}` };
  return [
    hours({
      ...use,
      type: 25,
      fields: { ...fields, size, offeringid: String(numberOf(world.seed, 'vmsnapshot', vm.id)) },
      description: `VMSnapshot usage Id: ${id} for VM ${vm.name} (${vm.id}) and size ${humanSize(size)}`,
    }),
    hours({
      ...use,
      type: 27,
      fields: { ...fields, size: vm.template.size },
      description: `VMSnapshot on primary storage usage Id: ${id} for VM ${vm.name} (${vm.id}) with size ${humanSize(vm.template.size)}`,
    }),
  ];
}

/** Type 28, in hours or, as 4.15 did, as a size in bytes. */
function backupUses(world: World, vm: Machine): Use[] {
  const chance = randomFor(world.seed, 'backup', vm.id);
  if (!chance.chance(0.3)) return [];
  const { backupOffering: offering } = world;
  const size = chance.int(1, 8) * GIB + chance.int(0, 1_000_000);
  const virtualsize = vm.template.size;
  const use = {
    type: 28,
    id: vm.id,
    owner: vm.owner,
    zone: vm.zone,
    spans: [{ start: vm.life.start + seconds(chance, HOUR, 2 * DAY), end: vm.life.end }],
    fields: { usageid: vm.id, virtualmachineid: vm.id, name: vm.instanceName, size, virtualsize },
    description: `Backup usage for VM ${vm.name} (${vm.id}) and backup offering ${offering.name} (${offering.id}, user ad-hoc/scheduled backup allowed: true) with size ${humanSize(size)} and with virtual size ${humanSize(virtualsize)}`,
  };
  return [world.backupUnit === 'bytes' ? gauge(use, () => size) : hours(use)];
}

/** Types 3, and 12 or 11 on top of it. */
function publicIpUses(world: World, vm: Machine): Use[] {
  const chance = randomFor(world.seed, 'ip', vm.id);
  if (!chance.chance(0.4)) return [];
  const id = uuidOf(world.seed, 'ip', vm.id);
  const rule = uuidOf(world.seed, 'rule', vm.id);
  const balanced = chance.chance(0.4);
  const use = { owner: vm.owner, zone: vm.zone, spans: [vm.life] };
  return [
    hours({
      ...use,
      type: 3,
      id,
      fields: { usageid: id, issourcenat: false, issystem: false },
      description: `IPAddress: 203.0.113.${chance.int(2, 250)}`,
    }),
    hours({
      ...use,
      type: balanced ? 11 : 12,
      id: rule,
      fields: { usageid: rule },
      description: balanced
        ? `Loadbalancer policy usage lb-${vm.name} (${rule})`
        : `Port forwarding rule usage (${rule})`,
    }),
  ];
}

function overlap(a: Interval, b: Interval): Interval[] {
  const both = { start: Math.max(a.start, b.start), end: Math.min(a.end, b.end) };
  return both.start < both.end ? [both] : [];
}
