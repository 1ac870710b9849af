import { DAY, HOUR, type Interval, type Millis } from '../../lib/time.ts';
import { randomFor, uuidOf } from '../seeded.ts';
import { type Event, type Machine, machine, seconds, type Volume } from './machine.ts';
import { type Cluster, cuid, type World } from './world.ts';

/** What truly happened: a pure function of seed and time, made as far as it is asked for. */
export interface History {
  /** Everything that existed at some time of an interval, in a fixed order. */
  machinesIn(interval: Interval): readonly Machine[];
  volumesIn(interval: Interval): readonly Volume[];
  eventsIn(interval: Interval): readonly Event[];
}

export function historyOf(world: World): History {
  const slots = Array.from({ length: world.settings.vms }, (_, slot) => slotOf(world, slot));
  const machinesIn = (interval: Interval) =>
    slots.flatMap((until) => until(interval.end).filter(({ states }) => overlaps(states, interval)));
  const alone = aloneOf(world);
  const volumesIn = (interval: Interval) => {
    const machines = machinesIn(interval);
    const all = [...machines.flatMap(({ volumes }) => volumes), ...alone, sharedOf(world, machines)];
    return all.filter(({ states }) => overlaps(states, interval));
  };
  return {
    machinesIn,
    volumesIn,
    eventsIn: (interval) => {
      const all = [...machinesIn(interval), ...volumesIn(interval)].flatMap(({ events }) => events);
      return all.filter(({ at }) => interval.start <= at && at < interval.end).sort((a, b) => a.at - b.at);
    },
  };
}

/** The machines that take one place, one after the other. */
function slotOf(world: World, slot: number): (until: Millis) => readonly Machine[] {
  const { seed, since } = world.settings;
  const lives: Machine[] = [];
  const first = randomFor(seed, 'first', slot);
  let born = since + seconds(first, 0, first.chance(0.7) ? 6 * HOUR : 10 * DAY);
  return (until) => {
    while (born < until) {
      const life = machine(world, slot, lives.length, born);
      const chance = randomFor(seed, 'gap', slot, lives.length);
      lives.push(life);
      born = (life.states.at(-1)?.end ?? born) + seconds(chance, HOUR, 2 * DAY);
    }
    return lives;
  };
}

/** Volumes that belong to no machine: one that stays, one that a user deletes. */
function aloneOf(world: World): Volume[] {
  const { seed, since } = world.settings;
  const cluster = world.clusters[0] as Cluster;
  return [0, 1].map((number) => {
    const id = cuid('vol', 900_000_000 + number, seed);
    const end = since + (number === 0 ? 4000 : 20) * DAY + 5 * HOUR;
    return {
      id,
      local_id: uuidOf(seed, 'alone', number),
      name: `detached-${number}`,
      cluster,
      policy: 'REPLICA_2_THIN_PROVISION',
      sharing: false,
      machines: [],
      states: [{ start: since + HOUR, end, size: (number + 1) * 50 * 1024 ** 3 }],
      events: number === 0 ? [] : [{ at: end, action: 'DELETE_VM_VOLUME', id }],
    };
  });
}

/** One volume that all machines of the first cluster share; it outlives each of them. */
function sharedOf(world: World, machines: readonly Machine[]): Volume {
  const { seed, since } = world.settings;
  const cluster = world.clusters[0] as Cluster;
  return {
    id: cuid('vol', 950_000_000, seed),
    local_id: uuidOf(seed, 'shared'),
    name: 'shared-quorum',
    cluster,
    policy: 'EC',
    sharing: true,
    machines: machines.filter((one) => one.cluster === cluster).map(({ id }) => id),
    states: [{ start: since, end: since + 4000 * DAY, size: 10 * 1024 ** 3 }],
    events: [],
  };
}

function overlaps(states: readonly Interval[], { start, end }: Interval): boolean {
  const [first, last] = [states[0], states.at(-1)];
  return first !== undefined && last !== undefined && first.start < end && start < last.end;
}

/** How a thing is at a moment; undefined when it is not there. */
export function stateAt<State extends Interval>(states: readonly State[], at: Millis): State | undefined {
  return states.find(({ start, end }) => start <= at && at < end);
}
