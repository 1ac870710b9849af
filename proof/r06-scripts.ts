import type { Random } from '../simulators/random.ts';

/** What a `Retry-After` says. `none` stands for all that cannot be understood, and for moments that have passed. */
export type Told = 'seconds' | 'date' | 'none' | 'too long';

/** One answer of the server's; the moment of a date is set when it is given. */
export type Step =
  | { readonly kind: 'ok' }
  | { readonly kind: 'reset' }
  | { readonly kind: 'status'; readonly status: 429 | 502 | 503; readonly told: Told; readonly text: string };

const garbage = ['soon', '-5', '1e3', '', '0x10', 'NaN', '1 second', 'Fri, 31 Feb 2099 00:00:00 GMT'];
/** Told, but nothing to wait for. */
const past = ['0', 'Sun, 06 Nov 1994 08:49:37 GMT'];
/** A day, an hour, and a date so far away that every clock agrees: no call lives that long. */
const tooLong = ['86400', '3600', 'Fri, 01 Jan 2049 00:00:00 GMT'];

/**
 * What the server answers to one call, up to the first success and a little beyond what any client should ask.
 * Half of the answers are 429. A call is told to wait for a whole second or for a date, which has whole seconds,
 * once at most: the proof is to be short.
 */
export function script(chance: Random): Step[] {
  const steps: Step[] = [];
  const spent = new Set<Told>();
  while (steps.length < 12 && steps.at(-1)?.kind !== 'ok') steps.push(step(chance, spent));
  return steps;
}

function step(chance: Random, spent: Set<Told>): Step {
  const at = chance.next();
  if (at < 0.5) return limited(429, chance, spent);
  if (at < 0.58) return { kind: 'reset' };
  if (at < 0.63) return limited(503, chance, spent);
  if (at < 0.7) return { kind: 'status', status: chance.pick([502, 503] as const), told: 'none', text: '' };
  return { kind: 'ok' };
}

function limited(status: 429 | 503, chance: Random, spent: Set<Told>): Step {
  const wanted = chance.pick([
    'seconds',
    'seconds',
    'date',
    'date',
    'none',
    'none',
    'none',
    'too long',
  ] as const);
  const told = spent.has(wanted) ? 'none' : wanted;
  if (told === 'seconds' || told === 'date') spent.add('seconds').add('date');
  return { kind: 'status', status, told, text: textOf(told, chance) };
}

function textOf(told: Told, chance: Random): string {
  if (told === 'seconds') return '1';
  if (told === 'date') return '';
  return chance.pick(told === 'too long' ? tooLong : [...garbage, ...past]);
}
