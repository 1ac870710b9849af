import type { Interval, Millis } from '../../lib/time.ts';
import { creations } from './edges.ts';
import { appended, type Memory, type Track } from './memory.ts';
import type { MachineState, Sample, ThingSample, TowerEvent, VolumeState } from './sample.ts';

/**
 * What came and went between two samples, so that none shows it. Nobody tells its amount; but where the audit names
 * it, its time is not lost in silence: it is remembered as a thing of which nothing is known, by the id that is told.
 */

type Machines = Memory['machines'];
type Volumes = Memory['volumes'];

/** All that samples show, this one's too, and when those machines ended that this one misses. */
interface Shown {
  readonly machines: Machines;
  readonly volumes: Volumes;
  readonly ends: ReadonlyMap<string, Millis>;
}

/** What was done between two samples, by time. */
interface Between extends Interval {
  readonly events: readonly TowerEvent[];
}

export function withUnseen(
  shown: Shown,
  before: Memory,
  sample: Sample,
): Pick<Memory, 'machines' | 'volumes'> {
  const interval = { start: before.last, end: sample.at };
  const events = sample.events?.filter(({ at }) => interval.start < at && at <= interval.end) ?? [];
  const between = { ...interval, events };
  const added = sample.volumes.filter(({ id }) => before.volumes[id] === undefined);
  return {
    machines: unseenMachines(shown, between).reduce(withUnknown<MachineState>, shown.machines),
    volumes: unseenVolumes(shown, added, between).reduce(withUnknown<VolumeState>, shown.volumes),
  };
}

/** A time of something of which nothing else is known. */
interface Unseen extends Interval {
  readonly id: string;
}

/** Other creations may name what the machine was made from: alone they do not show that one was there. */
const certain: ReadonlySet<string> = new Set(['CREATE_VM', 'DELETE_VM']);

function unseenMachines({ machines }: Shown, between: Between): Unseen[] {
  const known = towerIds(machines);
  const told = byThing(between, (action) => creations.has(action) || action === 'DELETE_VM');
  return [...told].flatMap(([id, events]) => {
    if (known.has(id) || !events.some(({ action }) => certain.has(action))) return [];
    const start = events.find(({ action }) => creations.has(action))?.at ?? between.start;
    const end = events.findLast(({ action }) => action === 'DELETE_VM')?.at ?? between.end;
    return [{ id, start, end }];
  });
}

const additions: ReadonlySet<string> = new Set(['CREATE_VM_DISK', 'CREATE_VM_VOLUME', 'CLONE_VM_VOLUME']);

/**
 * A volume that was added to a machine and went with it leaves no deletion of its own. Whether an added disk is
 * written down as the volume's or the machine's is not told (sheet 6): both are understood.
 */
function unseenVolumes(
  { machines, volumes, ends }: Shown,
  added: readonly ThingSample<VolumeState>[],
  between: Between,
): Unseen[] {
  const known = towerIds(volumes);
  const machineOf = new Map(Object.entries(machines).map(([id, { about }]) => [about.id, id]));
  const told = byThing(between, (action) => additions.has(action) || action === 'DELETE_VM_VOLUME');
  return [...told].flatMap(([towerId, events]) => {
    const machine = machineOf.get(towerId);
    const made = events.filter(({ action }) => additions.has(action));
    const seen = added.filter(({ about }) => about.machines?.includes(machine ?? ''));
    if (known.has(towerId) || (machine !== undefined && made.length <= seen.length)) return [];
    const deleted = events.findLast(({ action }) => action === 'DELETE_VM_VOLUME')?.at;
    const end = deleted ?? ends.get(machine ?? '') ?? between.end;
    return [{ id: machine ?? towerId, start: made[0]?.at ?? between.start, end }];
  });
}

function towerIds(tracks: Machines | Volumes): ReadonlySet<string> {
  return new Set(Object.values(tracks).map(({ about }) => about.id));
}

function byThing({ events }: Between, wanted: (action: string) => boolean): Map<string, TowerEvent[]> {
  const all = new Map<string, TowerEvent[]>();
  for (const event of events) {
    if (!wanted(event.action)) continue;
    const of = all.get(event.id);
    if (of) of.push(event);
    else all.set(event.id, [event]);
  }
  return all;
}

/** Appends behind what is known of the thing: nothing that is told already is told again. */
function withUnknown<State extends object>(
  tracks: Readonly<Record<string, Track<State>>>,
  { id, start, end }: Unseen,
): Readonly<Record<string, Track<State>>> {
  const track = tracks[id] ?? {
    about: { id, cluster: '', location: null, tenant: null, attributes: {} },
    seen: start,
    now: null,
    pieces: [],
  };
  const from = Math.max(start, track.pieces.at(-1)?.end ?? start);
  if (from >= end) return tracks;
  return {
    ...tracks,
    [id]: { ...track, pieces: appended(track.pieces, [{ start: from, end, state: null }]) },
  };
}
