import type { Millis } from '../../lib/time.ts';
import type { Random } from '../random.ts';
import * as events from './events.ts';
import type { Event } from './history.ts';
import { drawn, type Life, lifeAfter, momentsIn, type Place } from './lives.ts';
import type { InstanceRow, Meta } from './row.ts';
import type { World } from './world.ts';

const images = [
  { distro: 'ubuntu', version: '22.04', os_type: 'linux' },
  { distro: 'debian', version: '12', os_type: 'linux' },
  { distro: 'windows', version: '2022', os_type: 'windows' },
  { distro: null, version: null, os_type: null },
] as const;

/** The life of a server: created, resized or rebuilt up to twice, deleted. */
export function instanceLife(place: Place, generation: number, notBefore: Millis): Life {
  const { world, project, slot } = place;
  const { id, chance } = drawn('instance', place, generation);
  const life = lifeAfter(notBefore, chance);
  const name = `${chance.pick(['web', 'db', 'büro', '倉庫'])}-${slot}-${generation}`;
  const flavor = chance.pick(world.flavors);
  const named = { id, project: project.id, name, flavor };
  const created = newInstance(world, named, life.start, imageOf(world, chance));
  const changes = momentsIn(life, 2, chance).map((at) => change(world, id, at, chance));
  const birth: Event = { at: life.start, apply: (table) => events.create(table, created) };
  const death: Event = { at: life.end, apply: (table) => events.close(table, id, life.end, life.end) };
  return { events: [birth, ...changes, death], end: life.end };
}

/** An open row as creating makes it, written at its own start. */
export function newInstance(
  world: World,
  named: Pick<InstanceRow, 'id' | 'project' | 'name' | 'flavor'>,
  start: Millis,
  meta: Meta = allowedOf(world, images[0]),
): InstanceRow {
  const dates = { start, end: null, lastEvent: start, processed: start };
  return { type: 'instance', ...named, ...dates, meta, metadata: {} };
}

function change(world: World, id: string, at: Millis, chance: Random): Event {
  const rebuilt = chance.chance(0.3);
  const flavor = chance.pick(world.flavors);
  const meta = imageOf(world, chance);
  return {
    at,
    apply: (table) =>
      rebuilt
        ? events.rebuildInstance(table, id, meta, at, at)
        : events.resizeInstance(table, id, flavor, at, at),
  };
}

function imageOf(world: World, chance: Random): Meta {
  return allowedOf(world, chance.pick(images));
}

function allowedOf({ imageMeta }: World, image: Meta): Meta {
  return Object.fromEntries(Object.entries(image).filter(([key]) => imageMeta.includes(key)));
}
