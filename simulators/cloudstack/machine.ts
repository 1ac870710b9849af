import { DAY, HOUR, type Interval, MINUTE, type Millis, SECOND } from '../../lib/time.ts';
import type { Random } from '../random.ts';
import { randomFor, uuidOf } from '../seeded.ts';
import type { Tag } from './use.ts';
import type { Named, ServiceOffering, Template, Tenant, World } from './world.ts';

/** One virtual machine from its creation to its end. */
export interface Machine {
  readonly id: string;
  readonly name: string;
  readonly instanceName: string;
  readonly owner: Tenant;
  readonly zone: Named;
  readonly template: Template;
  /** Created to destroyed. */
  readonly life: Interval;
  readonly running: readonly Interval[];
  /** The sizes it had, one after the other; they tile its life. */
  readonly shapes: readonly { readonly offering: ServiceOffering; readonly during: Interval }[];
  readonly tags: readonly Tag[];
}

/** The machine that took a slot for the nth time. */
export function machine(world: World, slot: number, generation: number, born: Millis): Machine {
  const chance = randomFor(world.seed, 'machine', slot, generation);
  const owner = inTurn(world.tenants, slot);
  const life = { start: born, end: born + seconds(chance, 2 * DAY, 90 * DAY) };
  const number = 3 + slot + generation * 1000;
  const running = runsOf(chance, life);
  return {
    id: uuidOf(world.seed, 'vm', slot, generation),
    name: `${chance.pick(['web', 'db', 'ci', 'mail', 'cache'])}-${slot}-${generation}`,
    instanceName: `i-${2 + (slot % world.tenants.length)}-${number}-VM`,
    owner,
    zone: inTurn(world.zones, slot),
    template: inTurn(world.templates, slot + generation),
    life,
    running,
    shapes: shapesOf(chance, life, running, world.serviceOfferings),
    tags: chance.chance(0.3) ? [{ key: 'env', value: chance.pick(['prod', 'test']) }] : [],
  };
}

/** When the next machine takes the slot. */
export function nextBirth(world: World, slot: number, generation: number, died: Millis): Millis {
  return died + seconds(randomFor(world.seed, 'gap', slot, generation), HOUR, 5 * DAY);
}

/** When the first one does: most exist soon after history begins. */
export function firstBirth(world: World, slot: number): Millis {
  const chance = randomFor(world.seed, 'first', slot);
  return world.since + seconds(chance, 0, chance.chance(0.7) ? 6 * HOUR : 20 * DAY);
}

/** A whole number of seconds, in milliseconds. */
export function seconds(chance: Random, least: Millis, most: Millis): Millis {
  return chance.int(least / SECOND, most / SECOND) * SECOND;
}

/** Some time in a life, and a while from then on; it may last longer than the life. */
export function spanWithin(chance: Random, life: Interval, longest: Millis): Interval {
  const start = life.start + seconds(chance, 0, Math.max(life.end - life.start - HOUR, 0));
  return { start, end: start + seconds(chance, HOUR, longest) };
}

/** Runs with stops between them; now and then a short one. */
function runsOf(chance: Random, life: Interval): Interval[] {
  const runs: Interval[] = [];
  for (let at = life.start + seconds(chance, 20 * SECOND, 3 * MINUTE); at < life.end; ) {
    const end = Math.min(at + seconds(chance, ...runLength(chance)), life.end);
    runs.push({ start: at, end });
    at = end + seconds(chance, 5 * MINUTE, 2 * DAY);
  }
  return runs;
}

function runLength(chance: Random): [Millis, Millis] {
  return chance.chance(0.15) ? [3 * SECOND, HOUR] : [4 * HOUR, 12 * DAY];
}

/** A machine is resized while it is stopped. */
function shapesOf(
  chance: Random,
  life: Interval,
  running: readonly Interval[],
  offerings: readonly ServiceOffering[],
): Machine['shapes'] {
  const shapes: { offering: ServiceOffering; during: Interval }[] = [];
  let start = life.start;
  let offering = chance.pick(offerings);
  for (const { end } of running.slice(0, -1)) {
    const next = chance.chance(0.25) ? chance.pick(offerings) : offering;
    if (next === offering) continue;
    shapes.push({ offering, during: { start, end } });
    [start, offering] = [end, next];
  }
  return [...shapes, { offering, during: { start, end: life.end } }];
}

function inTurn<T>(from: readonly T[], index: number): T {
  return from[index % from.length] as T;
}
