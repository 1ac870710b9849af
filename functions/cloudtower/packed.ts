import { StateUnavailable } from '../../lib/errors.ts';
import type { Interval, Millis } from '../../lib/time.ts';
import type { ClusterTrack, Memory, Piece, Track } from './memory.ts';
import type { About } from './sample.ts';

/**
 * How the memory of samples is stored: what many have in common once, times as distances from the first sample,
 * stretches as triples of numbers. Ten thousand machines must stay a small part of a state.
 */
export interface Packed extends Pick<Memory, 'v' | 'first' | 'last' | 'forgotten' | 'settled'> {
  readonly clusters: Readonly<Record<string, ClusterTrack>>;
  readonly shared: readonly Shared[];
  /** Every state that a thing was in. */
  readonly states: readonly unknown[];
  readonly machines: readonly PackedTrack[];
  readonly volumes: readonly PackedTrack[];
}

type Shared = Pick<About, 'cluster' | 'location' | 'tenant' | 'attributes'>;

/** Numbers of states and of shared parts; -1 is none. */
type PackedTrack = readonly [
  id: string,
  towerId: string,
  name: string | null,
  shared: number,
  seen: Millis,
  now: number,
  /** Start, end and state of each. */
  pieces: readonly number[],
  purgeAt?: Millis | null,
  machines?: readonly (number | string)[],
];

export function packed(memory: Memory): Packed {
  const { clusters, first, forgotten, last, settled, v } = memory;
  const shared = table<Shared>();
  const states = table<unknown>();
  const numbers = new Map(Object.keys(memory.machines).map((id, at) => [id, at]));
  const pack = <State extends object>([id, track]: [string, Track<State>]): PackedTrack => {
    const { about, now, pieces, purgeAt = null, seen } = track;
    const { cluster, location, machines, tenant, attributes } = about;
    const row = [
      id,
      about.id,
      about.name ?? null,
      shared.numberOf({ cluster, location, tenant, attributes }),
      seen - first,
      now === null ? -1 : states.numberOf(now),
      pieces.flatMap(({ start, end, state }) => [
        start - first,
        end - first,
        state === null ? -1 : states.numberOf(state),
      ]),
    ] as const;
    if (machines) return [...row, purgeAt, machines.map((one) => numbers.get(one) ?? one)];
    return purgeAt === null ? row : [...row, purgeAt];
  };
  const machines = Object.entries(memory.machines).map(pack);
  const volumes = Object.entries(memory.volumes).map(pack);
  return {
    v,
    first,
    last,
    forgotten,
    settled,
    clusters,
    shared: shared.all,
    states: states.all,
    machines,
    volumes,
  };
}

/**
 * Reads what a run left behind; null on the first.
 * @throws StateUnavailable for what a newer release wrote, and for what is damaged: it is never begun anew unasked
 */
export function readMemory(stored: unknown): Memory | null {
  if (stored === null || stored === undefined) return null;
  if (typeof stored === 'object' && 'v' in stored && stored.v === 1)
    return unpackedOrRefused(stored as Packed);
  throw new StateUnavailable('The samples that are remembered have a form that this release does not know', {
    code: 'NEWER_MEMORY',
    hint: 'Run the release that wrote them, or a newer one.',
  });
}

function unpackedOrRefused(stored: Packed): Memory {
  try {
    return unpacked(stored);
  } catch (cause) {
    throw new StateUnavailable('The samples that are remembered are damaged', {
      code: 'MEMORY_DAMAGED',
      hint: 'Restore the state from a backup; or move it away, and what was sampled and not delivered yet is a gap.',
      cause,
    });
  }
}

/** Notes that a cell is about to be delivered. */
export function withSettled(stored: unknown, { end }: Interval): unknown {
  const { settled } = stored as Packed;
  return { ...(stored as Packed), settled: Math.max(settled ?? end, end) };
}

function unpacked({ first, shared, states, ...rest }: Packed): Memory {
  const ids = rest.machines.map(([id]) => id);
  const unpack = <State>(row: PackedTrack): [string, Track<State>] => {
    const [id, towerId, name, sharedAt, seen, now, pieces, purgeAt = null, machines] = row;
    const about: About = {
      id: towerId,
      ...(name === null ? {} : { name }),
      ...(shared[sharedAt] as Shared),
      ...(machines
        ? { machines: machines.map((one) => (typeof one === 'number' ? (ids[one] ?? '') : one)) }
        : {}),
    };
    const stateOf = (at: number | undefined) => (at === undefined || at < 0 ? null : (states[at] as State));
    const track: Track<State> = {
      about,
      seen: seen + first,
      now: stateOf(now),
      ...(purgeAt === null ? {} : { purgeAt }),
      pieces: triples(pieces, first, stateOf),
    };
    return [id, track];
  };
  return {
    ...rest,
    first,
    machines: Object.fromEntries(rest.machines.map((row) => unpack(row))) as Memory['machines'],
    volumes: Object.fromEntries(rest.volumes.map((row) => unpack(row))) as Memory['volumes'],
  };
}

function triples<State>(
  numbers: readonly number[],
  first: Millis,
  stateOf: (at: number | undefined) => State | null,
): Piece<State>[] {
  return Array.from({ length: numbers.length / 3 }, (_, at) => ({
    start: (numbers[at * 3] ?? 0) + first,
    end: (numbers[at * 3 + 1] ?? 0) + first,
    state: stateOf(numbers[at * 3 + 2]),
  }));
}

/** Values by number, each once. */
function table<Value>() {
  const all: Value[] = [];
  const known = new Map<string, number>();
  return {
    all,
    numberOf(value: Value): number {
      const key = JSON.stringify(value);
      const before = known.get(key);
      if (before !== undefined) return before;
      known.set(key, all.length);
      return all.push(value) - 1;
    },
  };
}
