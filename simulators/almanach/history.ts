import type { Millis } from '../../lib/time.ts';
import { instanceLife } from './instance-lives.ts';
import type { Life, Place } from './lives.ts';
import { oddEvents } from './oddities.ts';
import type { Table } from './table.ts';
import { volumeLife } from './volume-lives.ts';
import type { World } from './world.ts';

/** Something that reached Almanach at a moment, and what it did to the rows. */
export interface Event {
  readonly at: Millis;
  apply(table: Table): void;
}

/** What happened in a simulated cloud: a function of seed and time, which a later moment only extends. */
export interface History {
  /** Those after one moment and up to another, in their order. */
  between(after: Millis, until: Millis): Event[];
}

export function historyOf(world: World): History {
  const busy = world.projects.slice(0, -1);
  const odd = busy.flatMap((project, index) => oddEvents(world, project, busy[index + 1] ?? null));
  const places = busy.flatMap((project) =>
    Array.from({ length: world.lives }, (_, slot): Place => ({ world, project, slot })),
  );
  const inhabited = [instanceLife, volumeLife].flatMap((lifeOf) =>
    places.map((place) => oneAfterTheOther(world.since, (...next) => lifeOf(place, ...next))),
  );
  return {
    between(after, until) {
      const all = [...odd, ...inhabited.flatMap((eventsUntil) => eventsUntil(until))];
      return all.filter(({ at }) => at > after && at <= until).sort((a, b) => a.at - b.at);
    },
  };
}

/** The events of a place's lives, each made when it is asked for, once the one before has ended. */
function oneAfterTheOther(
  since: Millis,
  lifeOf: (generation: number, notBefore: Millis) => Life,
): (until: Millis) => readonly Event[] {
  const events: Event[] = [];
  let generation = 0;
  let end = since;
  return (until) => {
    while (end <= until) {
      const life = lifeOf(generation, end);
      events.push(...life.events);
      end = life.end;
      generation += 1;
    }
    return events;
  };
}
