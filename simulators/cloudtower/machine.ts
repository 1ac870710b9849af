import { DAY, HOUR, type Interval, MINUTE, type Millis, SECOND } from '../../lib/time.ts';
import type { Random } from '../random.ts';
import { randomFor, uuidOf } from '../seeded.ts';
import { type Cluster, cuid, type Label, type Named, type World } from './world.ts';

/** One virtual machine from its making to its purge: what truly happened to it. */
export interface Machine {
  readonly id: string;
  readonly local_id: string;
  readonly name: string;
  readonly cluster: Cluster;
  readonly folder: Named | null;
  readonly labels: readonly Label[];
  readonly internal: boolean;
  readonly guest: 'LINUX' | 'WINDOWS';
  /** Tile its life, in order. */
  readonly states: readonly MachineTime[];
  /** When it was moved to the recycle bin; null when it was deleted at once. */
  readonly binned: Millis | null;
  readonly events: readonly Event[];
  /** Ends of running, whatever ended it. */
  readonly shutdowns: readonly Millis[];
  readonly volumes: readonly Volume[];
  readonly mac: string;
}

export interface MachineTime {
  readonly start: Millis;
  readonly end: Millis;
  readonly status: 'RUNNING' | 'STOPPED' | 'SUSPENDED';
  readonly vcpu: number;
  readonly memory: number;
  readonly bin: boolean;
}

/** What a user did through the tower; the audit has a row of it. */
export interface Event {
  readonly at: Millis;
  readonly action: string;
  /** Of what it was done to. */
  readonly id: string;
}

export interface Volume {
  readonly id: string;
  readonly local_id: string;
  readonly name: string;
  readonly cluster: Cluster;
  readonly policy: string;
  readonly sharing: boolean;
  /** Ids of the machines that it is attached to. */
  readonly machines: readonly string[];
  readonly states: readonly { readonly start: Millis; readonly end: Millis; readonly size: number }[];
  readonly events: readonly Event[];
}

const GIB = 1024 ** 3;

/** The machine that takes a slot for the nth time. */
export function machine(world: World, slot: number, generation: number, born: Millis): Machine {
  const { busy, seed, retain, guestShutdowns, unseenEdits } = world.settings;
  const pace = busy ? 24 : 1;
  const chance = randomFor(seed, 'machine', slot, generation);
  // Every fifth machine is on the cluster that may lose its connection, every eleventh on the other hypervisor.
  const cluster = world.clusters[slot % 11 === 10 ? 2 : slot % 5 === 4 ? 1 : 0] as Cluster;
  const id = cuid('vm', slot + generation * 100_000, seed);
  const internal = slot === 3;
  const died = internal
    ? born + (400 * DAY) / pace
    : born + seconds(chance, (2 * DAY) / pace, (30 * DAY) / pace);
  const events: Event[] = [{ at: born + chance.int(0, 3) * SECOND, action: 'CREATE_VM', id }];
  const { runs, shutdowns } = runsOf(
    chance,
    id,
    { start: born, end: died },
    { guestShutdowns, pace },
    events,
  );
  const binned = chance.chance(0.6) ? died : null;
  const purged = binned === null ? died : purgeOf(binned, retain);
  events.push({ at: died, action: binned === null ? 'DELETE_VM' : 'MOVE_VM_TO_RECYCLE_BIN', id });
  const shapes = shapesOf(chance, id, runs, born, died, unseenEdits, events);
  const local_id = uuidOf(seed, 'vm', slot, generation);
  const volumes = [0, ...(chance.chance(0.5) ? [1] : [])].map((number) =>
    volume(world, { slot, generation, number, id, cluster, born, purged, unseenEdits }),
  );
  return {
    id,
    local_id,
    name: internal ? 'cloudtower' : `${chance.pick(['web', 'db', 'ci', 'mail'])}-${slot}-${generation}`,
    cluster,
    folder: cluster === world.clusters[0] && chance.chance(0.5) ? chance.pick(world.folders) : null,
    labels: chance.chance(0.4) ? [chance.pick(world.labels)] : [],
    internal,
    guest: chance.chance(0.7) ? 'LINUX' : 'WINDOWS',
    states: statesOf(runs, shapes, born, died, purged),
    binned,
    events: events.sort((a, b) => a.at - b.at),
    shutdowns,
    volumes,
    mac: `52:54:00:${[slot, generation, 1].map((part) => (part % 256).toString(16).padStart(2, '0')).join(':')}`,
  };
}

interface Run {
  readonly start: Millis;
  readonly end: Millis;
  readonly status: 'RUNNING' | 'SUSPENDED';
}

/** Runs with stops between them; some are suspended for a while, some end from inside the guest. */
function runsOf(
  chance: Random,
  id: string,
  { start: born, end: died }: Interval,
  { guestShutdowns, pace }: { readonly guestShutdowns: number; readonly pace: number },
  events: Event[],
): { runs: Run[]; shutdowns: Millis[] } {
  const runs: Run[] = [];
  const shutdowns: Millis[] = [];
  for (let at = born + seconds(chance, 20 * SECOND, 3 * MINUTE); at < died - MINUTE; ) {
    events.push({ at, action: 'START_VM', id });
    const end = Math.min(at + seconds(chance, 10 * MINUTE, (3 * DAY) / pace), died - 10 * SECOND);
    const middle = chance.chance(0.2) ? seconds(chance, 0, Math.max(end - at - 2 * MINUTE, 0)) : 0;
    if (middle > MINUTE) {
      const resumed = at + middle + seconds(chance, 10 * SECOND, end - at - middle - 20 * SECOND);
      runs.push({ start: at, end: at + middle, status: 'RUNNING' });
      runs.push({ start: at + middle, end: resumed, status: 'SUSPENDED' });
      events.push({ at: at + middle, action: 'SUSPEND_VM', id }, { at: resumed, action: 'RESUME_VM', id });
      at = resumed;
    }
    runs.push({ start: at, end, status: 'RUNNING' });
    shutdowns.push(end);
    if (!chance.chance(guestShutdowns)) {
      events.push({ at: end, action: chance.chance(0.8) ? 'STOP_VM' : 'FORCE_STOP_VM', id });
    }
    at = end + seconds(chance, MINUTE, DAY / pace);
  }
  return { runs, shutdowns };
}

interface Shape {
  readonly from: Millis;
  readonly vcpu: number;
  readonly memory: number;
}

/** A machine is edited while it stands still, at times behind the tower's back. */
function shapesOf(
  chance: Random,
  id: string,
  runs: readonly Run[],
  born: Millis,
  died: Millis,
  unseen: number,
  events: Event[],
): Shape[] {
  const shapes: Shape[] = [{ from: born, ...shape(chance) }];
  for (const [at, { end }] of runs.entries()) {
    const next = runs[at + 1]?.start ?? died;
    if (next - end < 30 * SECOND || !chance.chance(0.15)) continue;
    const from = end + seconds(chance, 5 * SECOND, next - end - 10 * SECOND);
    shapes.push({ from, ...shape(chance) });
    if (!chance.chance(unseen)) events.push({ at: from, action: 'EDIT_VM', id });
  }
  return shapes;
}

function shape(chance: Random): Omit<Shape, 'from'> {
  return { vcpu: chance.pick([1, 2, 4, 8]), memory: chance.pick([2, 4, 8, 16]) * GIB };
}

function statesOf(
  runs: readonly Run[],
  shapes: readonly Shape[],
  born: Millis,
  died: Millis,
  purged: Millis,
): MachineTime[] {
  const edges = [
    born,
    died,
    purged,
    ...runs.flatMap(({ start, end }) => [start, end]),
    ...shapes.map(({ from }) => from),
  ];
  const cuts = [...new Set(edges)].filter((at) => at >= born && at <= purged).sort((a, b) => a - b);
  return cuts.slice(0, -1).map((start, at) => {
    const { vcpu, memory } = shapes.findLast(({ from }) => from <= start) ?? { vcpu: 1, memory: GIB };
    const run = runs.find((one) => one.start <= start && start < one.end);
    return {
      start,
      end: cuts[at + 1] ?? purged,
      status: run?.status ?? 'STOPPED',
      vcpu,
      memory,
      bin: start >= died,
    };
  });
}

interface VolumePlan {
  readonly slot: number;
  readonly generation: number;
  readonly number: number;
  readonly id: string;
  readonly cluster: Cluster;
  readonly born: Millis;
  readonly purged: Millis;
  readonly unseenEdits: number;
}

function volume(world: World, plan: VolumePlan): Volume {
  const { slot, generation, number, born, purged } = plan;
  const { seed } = world.settings;
  const chance = randomFor(seed, 'volume', slot, generation, number);
  const id = cuid('vol', slot * 4 + number + generation * 400_000, seed);
  const start = number === 0 ? born : born + seconds(chance, HOUR, DAY);
  const grown = start + seconds(chance, HOUR, 10 * DAY);
  const size = chance.pick([20, 40, 100]) * GIB;
  const grows = chance.chance(0.4) && grown < purged - HOUR;
  const policy = chance.pick(['REPLICA_2_THIN_PROVISION', 'REPLICA_3_THICK_PROVISION', 'EC']);
  const events: Event[] =
    grows && !chance.chance(plan.unseenEdits) ? [{ at: grown, action: 'EDIT_VM_VOLUME', id }] : [];
  // Whose row that is, is not documented.
  const added = chance.pick([
    { at: start, action: 'CREATE_VM_DISK', id: plan.id },
    { at: start, action: 'CREATE_VM_VOLUME', id },
  ]);
  return {
    id,
    local_id: uuidOf(seed, 'volume', slot, generation, number),
    name: `disk-${slot}-${generation}-${number}`,
    cluster: plan.cluster,
    policy,
    sharing: false,
    machines: [plan.id],
    states: grows
      ? [
          { start, end: grown, size },
          { start: grown, end: purged, size: size * 2 },
        ]
      : [{ start, end: purged, size }],
    events: number === 0 || start >= purged ? events : [added, ...events],
  };
}

/** 23:59 of the last day that it is kept; the tower's clock is UTC here. */
function purgeOf(binned: Millis, retain: number): Millis {
  return Math.floor((binned + retain * DAY) / DAY + 1) * DAY - MINUTE;
}

/** A whole number of seconds, in milliseconds. */
export function seconds(chance: Random, least: Millis, most: Millis): Millis {
  return chance.int(least / SECOND, Math.max(Math.floor(most / SECOND), least / SECOND)) * SECOND;
}
