import type { Millis } from '../lib/time.ts';
import type { Random } from '../simulators/random.ts';
import type { Moment } from './r01-round.ts';

/** The first moments are given. */
const FEW = 3;

/** When a process is to be killed. */
export interface Killing {
  readonly label: string;
  /** Of its own; null when it is killed from outside. */
  readonly moment: Moment | null;
  /** Milliseconds after it began to work. */
  readonly after: Millis | null;
}

export const unharmed: Killing = { label: 'never', moment: null, after: null };

/** In the order in which few kills show most; the rest by chance. */
const moments: readonly Omit<Moment, 'nth'>[] = [
  { deed: 'state', when: 'before' },
  { deed: 'state', when: 'after' },
  { deed: 'cell', when: 'half' },
  { deed: 'state', when: 'half' },
  { deed: 'page', when: 'after' },
  { deed: 'cell', when: 'before' },
  { deed: 'cell', when: 'after' },
  { deed: 'part', when: 'before' },
  { deed: 'part', when: 'half' },
  { deed: 'part', when: 'after' },
  { deed: 'page', when: 'half' },
  { deed: 'lease', when: 'before' },
  { deed: 'lease', when: 'half' },
  { deed: 'lease', when: 'after' },
  { deed: 'manifest', when: 'before' },
  { deed: 'manifest', when: 'half' },
  { deed: 'manifest', when: 'after' },
];

/** Three of four at a moment of their own, one at any moment at all. */
export function nextKilling(chance: Random, kills: number): Killing {
  if (kills % 4 === 3) return { label: 'at any moment', moment: null, after: chance.int(0, 200) };
  const { deed, when } = (kills < FEW && moments[kills]) || chance.pick(moments);
  const nth = deed === 'lease' || deed === 'manifest' ? 1 : chance.int(1, 4);
  return { label: `${when} ${deed}`, moment: { deed, when, nth }, after: null };
}
