import type { Millis } from '../../lib/time.ts';
import type { Random } from '../random.ts';
import * as events from './events.ts';
import type { Event } from './history.ts';
import { drawn, type Life, lifeAfter, momentsIn, type Place } from './lives.ts';
import type { VolumeRow } from './row.ts';

/** The life of a volume: created, then resized, attached or detached up to three times, deleted. */
export function volumeLife(place: Place, generation: number, notBefore: Millis): Life {
  const { world, project, slot } = place;
  const { id, chance } = drawn('volume', place, generation);
  const server = drawn('instance', place, generation).id;
  const life = lifeAfter(notBefore, chance);
  const created = newVolume(
    { id, project: project.id, name: `disque-été-${slot}-${generation}` },
    { volumeType: chance.pick(world.volumeTypes).name, size: chance.int(1, 200) },
    life.start,
  );
  const changes = momentsIn(life, 3, chance).map((at) => change(id, server, at, chance));
  const birth: Event = { at: life.start, apply: (table) => events.create(table, created) };
  const death: Event = { at: life.end, apply: (table) => events.deleteVolume(table, id, life.end, life.end) };
  return { events: [birth, ...changes, death], end: life.end };
}

/** An open row as creating makes it, attached to nothing unless it says so. */
export function newVolume(
  named: Pick<VolumeRow, 'id' | 'project' | 'name'>,
  { volumeType, size, attachedTo = [] }: Pick<VolumeRow, 'volumeType' | 'size'> & { attachedTo?: unknown },
  start: Millis,
): VolumeRow {
  const dates = { start, end: null, lastEvent: start, processed: start };
  return { type: 'volume', ...named, ...dates, volumeType, size, attachedTo };
}

function change(id: string, server: string, at: Millis, chance: Random): Event {
  const what = chance.pick(['resize', 'attach', 'detach'] as const);
  const size = chance.int(1, 400);
  return {
    at,
    apply(table) {
      if (what === 'resize') events.resizeVolume(table, id, size, at, at);
      else if (what === 'attach') events.attach(table, id, [server], at, at);
      else events.detach(table, id, [], at, at);
    },
  };
}
