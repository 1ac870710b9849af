import { DAY, HOUR, type Interval, MINUTE, type Millis } from '../../lib/time.ts';
import type { Random } from '../random.ts';
import { randomFor, uuidOf } from '../seeded.ts';
import type { Event } from './history.ts';
import type { Project, World } from './world.ts';

/** Where one server or volume after the other lives. */
export interface Place {
  readonly world: World;
  readonly project: Project;
  /** From 0, within the project. */
  readonly slot: number;
}

/** One server or volume, from its creation to its deletion. */
export interface Life {
  readonly events: readonly Event[];
  readonly end: Millis;
}

/** The id of a place's inhabitant, and chance of its own. */
export function drawn(
  kind: 'instance' | 'volume',
  { world, project, slot }: Place,
  generation: number,
): { readonly id: string; readonly chance: Random } {
  const parts = [world.seed, kind, project.name, slot, generation];
  return { id: uuidOf(...parts), chance: randomFor(...parts) };
}

/** A moment of a span; one in three lies on an hour's edge, one in three on a minute's, the others anywhere. */
function momentIn({ start, end }: Interval, chance: Random): Millis {
  const unit = chance.pick([HOUR, MINUTE, 1]);
  const at = start + Math.floor(chance.next() * (end - start));
  return Math.max(start, Math.floor(at / unit) * unit);
}

/** Up to so many moments of a span, each once, in their order and without its ends. */
export function momentsIn(span: Interval, most: number, chance: Random): Millis[] {
  const inner = { start: span.start + HOUR, end: span.end - HOUR };
  const drawn = Array.from({ length: chance.int(0, most) }, () => momentIn(inner, chance));
  return [...new Set(drawn)].sort((a, b) => a - b);
}

/** The next life of a place: it begins within two days and lasts from hours to about six weeks. */
export function lifeAfter(notBefore: Millis, chance: Random): Interval {
  const start = momentIn({ start: notBefore, end: notBefore + 2 * DAY }, chance);
  const length = chance.chance(0.2) ? chance.int(2, 40) * HOUR : chance.int(8, 45) * DAY;
  return { start, end: momentIn({ start: start + length, end: start + length + DAY }, chance) };
}
