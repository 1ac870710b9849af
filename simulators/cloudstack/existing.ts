import { DAY, type Millis } from '../../lib/time.ts';
import { uuidOf } from '../seeded.ts';
import { diskUses } from './disk-uses.ts';
import { firstBirth, type Machine, machine, nextBirth } from './machine.ts';
import { machineUses } from './machine-uses.ts';
import { tenantUses } from './tenant-uses.ts';
import type { Use } from './use.ts';
import { type Named, numberOf, type ServiceOffering, type Tenant, type World } from './world.ts';

/** What there is at one moment, of the same history that usage is made of. */
export interface Existing {
  readonly machines: readonly ExistingMachine[];
  readonly volumes: readonly ExistingVolume[];
  readonly networks: readonly ExistingNetwork[];
  readonly routers: readonly ExistingRouter[];
  readonly balancers: readonly ExistingBalancer[];
  readonly addresses: readonly ExistingAddress[];
}

/** What all things have that someone owns. */
interface Owned {
  readonly id: string;
  readonly name: string;
  readonly owner: Tenant;
  readonly zone: Named;
  readonly created: Millis;
}

export interface ExistingMachine extends Owned {
  readonly vm: Machine;
  readonly state: 'Starting' | 'Running' | 'Stopped' | 'Destroyed';
  readonly offering: ServiceOffering;
  /** Of each card, in order; the first is the default. */
  readonly networks: readonly ExistingNetwork[];
}

export interface ExistingVolume extends Owned {
  readonly bytes: number;
  /** Null for a root disk. */
  readonly offering: Named | null;
  readonly templateId: string | null;
  /** Null when its machine is gone. */
  readonly machine: ExistingMachine | null;
}

export interface ExistingNetwork extends Owned {
  readonly shared: boolean;
  readonly vpcId: string | null;
}

export interface ExistingRouter extends Owned {
  readonly network: ExistingNetwork;
}

export interface ExistingAddress extends Owned {
  readonly sourceNat: boolean;
}

export interface ExistingBalancer extends Owned {
  readonly address: ExistingAddress;
  readonly network: ExistingNetwork;
}

/** For how long a destroyed machine can be recovered, and is listed. */
const EXPUNGE_DELAY = DAY;
/** No disk outlives its machine by as much. */
const AFTERLIFE = 3 * DAY;

export function existingAt(world: World, now: Millis): Existing {
  const networks = networksAt(world, now);
  const slots = Array.from({ length: world.vms }, (_, slot) => bornIn(world, slot, now));
  const recent = slots.flat().filter((vm) => now < vm.life.end + AFTERLIFE);
  const machines = recent
    .filter((vm) => now < vm.life.end + EXPUNGE_DELAY)
    .map((vm) => machineAt(world, vm, networks, now));
  const byId = new Map(machines.map((one) => [one.id, one]));
  return {
    machines,
    volumes: recent.flatMap((vm) => volumesAt(world, vm, byId.get(vm.id) ?? null, now)),
    networks,
    routers: networks.filter(({ shared }) => !shared).map((network) => routerOf(world, network)),
    balancers: machines.flatMap((one) => balancersAt(world, one, now)),
    addresses: [
      ...world.tenants.flatMap((tenant, index) => addressesOf(tenantUses(world, tenant, index), now)),
      ...machines.flatMap(({ vm }) => addressesOf(machineUses(world, vm), now)),
    ],
  };
}

/** The machines that a slot has had, one after the other. */
export function bornIn(world: World, slot: number, now: Millis): Machine[] {
  const lives: Machine[] = [];
  for (let born = firstBirth(world, slot); born <= now; ) {
    const vm = machine(world, slot, lives.length, born);
    born = nextBirth(world, slot, lives.length, vm.life.end);
    lives.push(vm);
  }
  return lives;
}

function machineAt(
  world: World,
  vm: Machine,
  networks: readonly ExistingNetwork[],
  now: Millis,
): ExistingMachine {
  const shape = vm.shapes.find(({ during }) => now < during.end) ?? vm.shapes.at(-1);
  if (shape === undefined) throw new Error(`The simulated machine ${vm.name} has no size`);
  const { id, name, owner, zone, life } = vm;
  const base = { id, name, owner, zone, created: life.start };
  return {
    ...base,
    vm,
    state: stateAt(vm, now),
    offering: shape.offering,
    networks: cardsOf(world, vm, networks),
  };
}

function stateAt({ life, running }: Machine, now: Millis): ExistingMachine['state'] {
  if (now >= life.end) return 'Destroyed';
  if (running.some(({ start, end }) => start <= now && now < end)) return 'Running';
  return now < (running[0]?.start ?? life.end) ? 'Starting' : 'Stopped';
}

/** As many cards as usage counts. The first is in the owner's network, where the zone has it; others are shared. */
function cardsOf(world: World, vm: Machine, networks: readonly ExistingNetwork[]): ExistingNetwork[] {
  const cards = machineUses(world, vm).filter(({ type }) => type === 13);
  const here = networks.filter(({ zone }) => zone.id === vm.zone.id);
  const shared = here.filter((network) => network.shared);
  const own = here.filter((network) => !network.shared && network.owner.id === vm.owner.id);
  const number = cards.reduce((sum, { spans }) => sum + spans.length, 0);
  return Array.from({ length: number }, (_, index) => (index === 0 && own[0] ? own[0] : shared[0])).flatMap(
    (network) => network ?? [],
  );
}

/** A size that the usage job would count now; a disk's rows of all sizes have one beginning. */
function volumesAt(
  world: World,
  vm: Machine,
  existing: ExistingMachine | null,
  now: Millis,
): ExistingVolume[] {
  const sizes = diskUses(world, vm).filter(({ type }) => type === 6);
  return sizes.filter(isNow(now)).map((use) => ({
    id: use.id,
    name: textBefore(use, 'Volume usage for '),
    owner: use.owner,
    zone: use.zone,
    created: Math.min(
      ...sizes.filter(({ id }) => id === use.id).flatMap(({ spans }) => spans.map((s) => s.start)),
    ),
    bytes: Number(use.fields.size),
    offering: world.diskOfferings.find(({ id }) => id === use.fields.offeringid) ?? null,
    templateId: use.fields.templateid === undefined ? null : String(use.fields.templateid),
    machine: now < vm.life.end ? existing : null,
  }));
}

/** One for each tenant, in the first zone, and one that all share in each zone. */
function networksAt(world: World, now: Millis): ExistingNetwork[] {
  const owned = world.tenants.flatMap((owner, index) =>
    tenantUses(world, owner, index)
      .filter((use) => use.type === 4 && isNow(now)(use))
      .map((use) => ({
        id: uuidOf(world.seed, 'network', owner.id),
        name: `${owner.name}-net`,
        owner,
        zone: use.zone,
        created: use.spans[0]?.start ?? world.since,
        shared: false,
        vpcId: use.fields.vpcid === undefined ? null : String(use.fields.vpcid),
      })),
  );
  const operator = world.tenants.filter(({ name }) => name === 'admin');
  const shared = operator.flatMap((owner) =>
    world.zones.map((zone) => ({
      id: uuidOf(world.seed, 'shared network', zone.id),
      name: `shared-${zone.name}`,
      owner,
      zone,
      created: world.since,
      shared: true,
      vpcId: null,
    })),
  );
  return [...owned, ...shared];
}

function routerOf(world: World, network: ExistingNetwork): ExistingRouter {
  const { owner, zone, created } = network;
  const name = `r-${numberOf(world.seed, 'network', owner.id)}-VM`;
  return { id: uuidOf(world.seed, 'router', owner.id), name, owner, zone, created, network };
}

function addressesOf(uses: readonly Use[], now: Millis): ExistingAddress[] {
  return uses
    .filter((use) => use.type === 3 && isNow(now)(use))
    .map((use) => ({
      id: use.id,
      name: use.describe(0).slice('IPAddress: '.length),
      owner: use.owner,
      zone: use.zone,
      created: use.spans[0]?.start ?? now,
      sourceNat: use.fields.issourcenat === true,
    }));
}

function balancersAt(world: World, { vm, networks }: ExistingMachine, now: Millis): ExistingBalancer[] {
  const uses = machineUses(world, vm);
  const [address] = addressesOf(uses, now);
  const [network] = networks;
  if (!address || !network) return [];
  return uses
    .filter((use) => use.type === 11 && isNow(now)(use))
    .map(({ id, owner, zone }) => ({
      id,
      name: `lb-${vm.name}`,
      owner,
      zone,
      created: vm.life.start,
      address,
      network,
    }));
}

function isNow(now: Millis): (use: Use) => boolean {
  return ({ spans }) => spans.some(({ start, end }) => start <= now && now < end);
}

/** The name in a description: what stands between its beginning and the id. */
function textBefore(use: Use, beginning: string): string {
  const text = use.describe(0);
  return text.slice(beginning.length, text.indexOf(` (${use.id})`));
}
