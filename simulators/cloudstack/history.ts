import type { Interval, Millis } from '../../lib/time.ts';
import { diskUses } from './disk-uses.ts';
import { firstBirth, machine, nextBirth } from './machine.ts';
import { machineUses } from './machine-uses.ts';
import { tenantUses } from './tenant-uses.ts';
import type { Use } from './use.ts';
import type { World } from './world.ts';

/**
 * What truly happened: a pure function of seed and time. It is made as far as it is asked for; asking further
 * extends it and changes nothing.
 */
export interface History {
  /** All that was used at some time of an interval, in a fixed order. */
  usesIn(interval: Interval): readonly Use[];
}

export function historyOf(world: World): History {
  const forGood = world.tenants.flatMap((tenant, index) => tenantUses(world, tenant, index));
  const slots = Array.from({ length: world.vms }, (_, slot) => slotOf(world, slot));
  return {
    usesIn: (interval) => [
      ...forGood.filter((use) => isAbout(use, interval)),
      ...slots.flatMap((livesUntil) =>
        livesUntil(interval.end)
          .filter(({ during }) => overlaps(during, interval))
          .flatMap(({ uses }) => uses),
      ),
    ],
  };
}

/** A machine with all that hangs on it, and when any of it existed. */
interface Life {
  readonly during: Interval;
  readonly uses: readonly Use[];
}

/** The machines that take one place, one after the other. */
function slotOf(world: World, slot: number): (until: Millis) => readonly Life[] {
  const lives: Life[] = [];
  let born = firstBirth(world, slot);
  return (until) => {
    while (born < until) {
      const generation = lives.length;
      const vm = machine(world, slot, generation, born);
      const uses = [...machineUses(world, vm), ...diskUses(world, vm)];
      lives.push({ during: extentOf(uses), uses });
      born = nextBirth(world, slot, generation, vm.life.end);
    }
    return lives;
  };
}

function extentOf(uses: readonly Use[]): Interval {
  const spans = uses.flatMap((use) => use.spans);
  return {
    start: Math.min(...spans.map((span) => span.start)),
    end: Math.max(...spans.map((span) => span.end)),
  };
}

function isAbout(use: Use, interval: Interval): boolean {
  return use.spans.some((span) => overlaps(span, interval));
}

function overlaps(a: Interval, b: Interval): boolean {
  return a.start < b.end && b.start < a.end;
}
