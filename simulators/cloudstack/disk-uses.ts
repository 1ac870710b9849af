import { DAY, HOUR, type Interval } from '../../lib/time.ts';
import type { Random } from '../random.ts';
import { randomFor, uuidOf } from '../seeded.ts';
import { type Machine, seconds, spanWithin } from './machine.ts';
import { counter, hours, humanSize, type Use } from './use.ts';
import { GIB, type Named, type World } from './world.ts';

interface Disk {
  readonly id: string;
  readonly name: string;
  /** Null for a root disk, which comes from the template. */
  readonly offering: Named | null;
  readonly sizes: readonly { readonly bytes: number; readonly during: Interval }[];
  readonly life: Interval;
}

/** What is billed for the disks of a machine. */
export function diskUses(world: World, vm: Machine): Use[] {
  return disksOf(world, vm).flatMap((disk) => [
    ...volumeUses(world, vm, disk),
    ...trafficUses(world, vm, disk),
    ...snapshotUses(world, vm, disk),
    ...secondaryUses(world, vm, disk),
  ]);
}

function disksOf(world: World, vm: Machine): Disk[] {
  const chance = randomFor(world.seed, 'disks', vm.id);
  const root = {
    id: uuidOf(world.seed, 'root', vm.id),
    name: `ROOT-${vm.instanceName.split('-')[2]}`,
    offering: null,
    life: vm.life,
    sizes: sizesOf(chance, vm.life, vm.template.size),
  };
  const data = Array.from({ length: chance.int(0, 2) }, (_, index) => {
    const start = Math.min(vm.life.start + seconds(chance, HOUR, 3 * DAY), vm.life.end);
    // A data disk may outlive its machine.
    const life = { start, end: Math.max(start, vm.life.end) + seconds(chance, 0, 2 * DAY) };
    return {
      id: uuidOf(world.seed, 'data', vm.id, index),
      name: `DATA-${vm.name}-${index}`,
      offering: chance.pick(world.diskOfferings),
      life,
      sizes: sizesOf(chance, life, chance.pick([5, 20, 100, 512]) * GIB),
    };
  });
  return [root, ...data];
}

function sizesOf(chance: Random, life: Interval, bytes: number): Disk['sizes'] {
  const grown = life.start + seconds(chance, HOUR, 20 * DAY);
  if (!chance.chance(0.3) || grown >= life.end) return [{ bytes, during: life }];
  return [
    { bytes, during: { start: life.start, end: grown } },
    { bytes: bytes + 10 * GIB, during: { start: grown, end: life.end } },
  ];
}

/** Type 6: one row for each size in a period. */
function volumeUses(world: World, vm: Machine, disk: Disk): Use[] {
  const { offering } = disk;
  const origin = offering
    ? { offeringid: offering.id, text: ` with disk offering ${offering.name} (${offering.id})` }
    : { templateid: vm.template.id, text: ` and template ${vm.template.name} (${vm.template.id})` };
  const { text, ...ids } = origin;
  const attached = world.newer ? ` attached to VM ${vm.name} (${vm.id})` : '';
  return disk.sizes.map(({ bytes, during }) =>
    hours({
      type: 6,
      id: disk.id,
      owner: vm.owner,
      zone: vm.zone,
      spans: [during],
      fields: { usageid: disk.id, ...ids, ...(world.newer ? { virtualmachineid: vm.id } : {}), size: bytes },
      description: `Volume usage for ${disk.name} (${disk.id})${attached}${text} and size ${humanSize(bytes)}`,
    }),
  );
}

const traffic = [
  { type: 21, unit: 'operations', rate: 12, text: 'Disk I/O read requests' },
  { type: 22, unit: 'operations', rate: 30, text: 'Disk I/O write requests' },
  { type: 23, unit: 'bytes', rate: 90_000, text: 'Disk I/O read bytes' },
  { type: 24, unit: 'bytes', rate: 250_000, text: 'Disk I/O write bytes' },
] as const;

/** Types 21 to 24, while the machine runs. */
function trafficUses(world: World, vm: Machine, disk: Disk): Use[] {
  const pace = 0.2 + randomFor(world.seed, 'pace', disk.id).next();
  return traffic.map(({ type, unit, rate, text }) =>
    counter(
      {
        type,
        id: disk.id,
        owner: vm.owner,
        zone: vm.zone,
        spans: vm.running.filter((run) => run.start >= disk.life.start && run.end <= disk.life.end),
        fields: { usageid: disk.id, virtualmachineid: vm.id, type: 'UserVm' },
        description: (amount) =>
          `${text} for VM ${vm.name} (${vm.id}) and volume ${disk.name} (${disk.id}) ${humanSize(amount)}`,
      },
      unit,
      rate * pace,
    ),
  );
}

/** Type 9. */
function snapshotUses(world: World, vm: Machine, disk: Disk): Use[] {
  const chance = randomFor(world.seed, 'snapshots', disk.id);
  if (!chance.chance(0.4)) return [];
  return Array.from({ length: chance.int(1, 6) }, (_, index) => {
    const id = uuidOf(world.seed, 'snapshot', disk.id, index);
    const span = spanWithin(chance, disk.life, 25 * DAY);
    const size = chance.int(100, 20_000) * 1024 * 1024;
    return hours({
      type: 9,
      id,
      owner: vm.owner,
      zone: vm.zone,
      spans: [span],
      fields: { usageid: id, size },
      description: `Snapshot usage for ${vm.name}_${disk.name}_${index} (${id}) with size ${humanSize(size)}`,
    });
  });
}

/** Type 26: its description alone says which volume it is (sheet 2.5). */
function secondaryUses(world: World, vm: Machine, disk: Disk): Use[] {
  const chance = randomFor(world.seed, 'secondary', disk.id);
  if (!chance.chance(0.3)) return [];
  const bytes = disk.sizes[0]?.bytes ?? 0;
  return [
    hours({
      type: 26,
      id: disk.id,
      owner: vm.owner,
      zone: vm.zone,
      spans: [spanWithin(chance, disk.life, 20 * DAY)],
      fields: {},
      description: `Volume on secondary storage usage for ${disk.name} (${disk.id}) with size ${humanSize(bytes)}`,
    }),
  ];
}
