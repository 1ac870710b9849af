import type { Millis } from '../../lib/time.ts';
import { instanceEvents } from './instance-lives.ts';
import { oddEvents } from './oddities.ts';
import type { Table } from './table.ts';
import { volumeEvents } from './volume-lives.ts';
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

/** Makes the next life of a place, which begins once the one before has ended. */
export type NextLife = (
  generation: number,
  notBefore: Millis,
) => { readonly events: Event[]; readonly end: Millis };

export function historyOf(world: World): History {
  const busy = world.projects.slice(0, -1);
  const odd = busy.flatMap((project, index) => oddEvents(world, project, busy[index + 1] ?? null));
  const places = busy.flatMap((project) =>
    Array.from({ length: world.lives }, (_, slot) => [
      place(world.since, (generation, from) => instanceEvents(world, project, slot, generation, from)),
      place(world.since, (generation, from) => volumeEvents(world, project, slot, generation, from)),
    ]).flat(),
  );
  return {
    between(after, until) {
      const all = [...odd, ...places.flatMap((eventsUntil) => eventsUntil(until))];
      return all.filter(({ at }) => at > after && at <= until).sort((a, b) => a.at - b.at);
    },
  };
}

/** One place after the other's lives, made when they are asked for. */
function place(since: Millis, nextLife: NextLife): (until: Millis) => readonly Event[] {
  const events: Event[] = [];
  let generation = 0;
  let end = since;
  return (until) => {
    while (end <= until) {
      const life = nextLife(generation, end);
      events.push(...life.events);
      end = life.end;
      generation += 1;
    }
    return events;
  };
}
