import { DAY, type Millis } from '../../lib/time.ts';
import type { About, ClusterSample, MachineState, VolumeState } from './sample.ts';

/**
 * What a partition remembers of its samples: not the samples, but the stretches of equal state between them. A
 * machine that does not change takes one stretch however often it is sampled.
 */
export interface Memory {
  readonly v: 1;
  readonly first: Millis;
  readonly last: Millis;
  /** Usage before it was delivered and let go; null while all is there. */
  readonly forgotten: Millis | null;
  /** The end of the latest cell that was settled. */
  readonly settled: Millis | null;
  readonly clusters: Readonly<Record<string, ClusterTrack>>;
  readonly machines: Readonly<Record<string, Track<MachineState>>>;
  readonly volumes: Readonly<Record<string, Track<VolumeState>>>;
}

export interface ClusterTrack extends Pick<ClusterSample, 'name'> {
  /** The last sample that can be gone on from; null while the cluster is frozen or gone. */
  readonly open: Millis | null;
  readonly frozen: boolean;
  /** When it was first seen, and when it was seen no more. */
  readonly since: Millis;
  readonly until: Millis | null;
  /** Where samples lie close enough together. Disjoint, in order. */
  readonly covered: readonly Stretch[];
}

type Stretch = readonly [start: Millis, end: Millis];

export interface Track<State> {
  readonly about: About;
  /** When it was last seen, and how it was then; null once it is gone. */
  readonly seen: Millis;
  readonly now: State | null;
  readonly purgeAt?: Millis | null;
  /** Disjoint, in order. */
  readonly pieces: readonly Piece<State>[];
}

/** A time in one state; null: it is not told whether the thing was there at all. */
export interface Piece<State> {
  readonly start: Millis;
  readonly end: Millis;
  readonly state: State | null;
}

/** Longer than the engine reads any cell again (35 days). */
const KEPT: Millis = 36 * DAY;

/** Lets go of what was delivered long ago. Nothing that is still to be delivered is lost, however late that is. */
export function trimmed(memory: Memory): Memory {
  const before = Math.min(memory.settled ?? memory.first, memory.last) - KEPT;
  if (before <= memory.first) return memory;
  return {
    ...memory,
    forgotten: Math.max(memory.forgotten ?? before, before),
    clusters: mapValues(memory.clusters, (cluster) => ({
      ...cluster,
      covered: cluster.covered.filter(([, end]) => end > before),
    })),
    machines: living(memory.machines, before),
    volumes: living(memory.volumes, before),
  };
}

function living<State>(
  tracks: Readonly<Record<string, Track<State>>>,
  before: Millis,
): Record<string, Track<State>> {
  const kept = Object.entries(tracks).flatMap(([id, track]): [string, Track<State>][] => {
    const pieces = track.pieces.filter(({ end }) => end > before);
    return track.now === null && pieces.length === 0 ? [] : [[id, { ...track, pieces }]];
  });
  return Object.fromEntries(kept);
}

/** Appends a time behind the others, as part of the last one where that has the same state. */
export function appended<State extends object>(
  pieces: readonly Piece<State>[],
  more: readonly Piece<State>[],
): Piece<State>[] {
  const all = [...pieces];
  for (const piece of more) {
    if (piece.end <= piece.start) continue;
    const last = all.at(-1);
    if (last && last.end === piece.start && sameState(last.state, piece.state)) {
      all[all.length - 1] = { ...last, end: piece.end };
    } else all.push(piece);
  }
  return all;
}

function sameState(a: object | null, b: object | null): boolean {
  if (a === null || b === null) return a === b;
  const other = new Map(Object.entries(b));
  return Object.entries(a).every(([name, value]) => other.get(name) === value);
}

function mapValues<In, Out>(
  all: Readonly<Record<string, In>>,
  change: (one: In) => Out,
): Record<string, Out> {
  return Object.fromEntries(Object.entries(all).map(([key, value]) => [key, change(value)]));
}
