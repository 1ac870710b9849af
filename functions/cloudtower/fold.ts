import type { Millis } from '../../lib/time.ts';
import {
  type Bracket,
  machineBetween,
  machineBorn,
  machineGone,
  volumeBetween,
  volumeBorn,
  volumeGone,
} from './edges.ts';
import { appended, type ClusterTrack, type Memory, type Piece, type Track, trimmed } from './memory.ts';
import type { ClusterSample, MachineState, Sample, ThingSample, TowerEvent, VolumeState } from './sample.ts';
import { withUnseen } from './unseen.ts';

/**
 * Adds a sample to what is remembered. Pure; a sample that is not newer than the last one adds nothing.
 * @param trusted the longest time between two samples that are still believed about the time between them
 */
export function folded(before: Memory | null, sample: Sample, trusted: Millis): Memory {
  const { at } = sample;
  const memory = before ?? empty(at);
  if (before !== null && at <= before.last) return memory;
  const spans = new Map(
    [...new Set([...Object.keys(memory.clusters), ...sample.clusters.map(({ id }) => id)])].map((id) => [
      id,
      spanOf(
        memory.clusters[id],
        sample.clusters.find((one) => one.id === id),
        at,
        trusted,
      ),
    ]),
  );
  const events = byThing(sample.events);
  const step = { spans, events, at };
  const machines = tracksOf(memory.machines, sample.machines, step, machineRules);
  const ends = endsOf(memory.machines, machines);
  const volumes = tracksOf(memory.volumes, sample.volumes, step, volumeRules(ends));
  const clusters = Object.fromEntries([...spans].map(([id, { track }]) => [id, track]));
  // Longer times than are trusted are gaps anyhow, which say more.
  const all =
    at - memory.last > trusted
      ? { machines, volumes }
      : withUnseen({ machines, volumes, ends }, memory, sample);
  return trimmed({ ...memory, last: at, clusters, ...all });
}

function empty(at: Millis): Memory {
  return {
    v: 1,
    first: at,
    last: at,
    forgotten: null,
    settled: null,
    clusters: {},
    machines: {},
    volumes: {},
  };
}

/** What a sample says of a cluster: how it goes on, and which time it closes. */
interface Span {
  readonly track: ClusterTrack;
  /** From the last sample to this one; null where nothing joins them. */
  readonly start: Millis | null;
  /** The moment that this sample is about: the end of the connection, when the cluster is frozen. */
  readonly end: Millis | null;
}

/**
 * A frozen cluster shows what it was when the connection ended: a sample of that moment, when it is told. What comes
 * later is not known, and the first sample after it joins nothing.
 */
function spanOf(
  known: ClusterTrack | undefined,
  sample: ClusterSample | undefined,
  at: Millis,
  trusted: Millis,
): Span {
  const open = known?.open ?? null;
  const told = sample?.disconnectedAt ?? null;
  const end = sample?.connected
    ? at
    : open !== null && told !== null && open < told && told <= at
      ? told
      : null;
  const start = open !== null && end !== null && end - open <= trusted ? open : null;
  const covered = known?.covered ?? [];
  const track: ClusterTrack = {
    name: sample?.name ?? known?.name ?? '',
    since: known?.since ?? at,
    until: sample ? null : (known?.until ?? at),
    open: sample?.connected ? at : null,
    frozen: sample !== undefined && !sample.connected,
    covered: start === null || end === null ? covered : withStretch(covered, start, end),
  };
  return { track, start, end };
}

function withStretch(covered: ClusterTrack['covered'], start: Millis, end: Millis): ClusterTrack['covered'] {
  const last = covered.at(-1);
  if (last && last[1] === start) return [...covered.slice(0, -1), [last[0], end]];
  return [...covered, [start, end]];
}

interface Step {
  readonly spans: ReadonlyMap<string, Span>;
  readonly events: ReadonlyMap<string, readonly TowerEvent[]> | null;
  readonly at: Millis;
}

/** How one sort of thing goes on between two samples. */
interface Rules<State> {
  between(before: State, after: ThingSample<State>, bracket: Bracket): Piece<State>[];
  born(after: ThingSample<State>, bracket: Bracket): Piece<State>[];
  gone(track: Track<State>, before: State, bracket: Bracket): Piece<State>[];
}

const machineRules: Rules<MachineState> = {
  between: machineBetween,
  born: machineBorn,
  gone: ({ purgeAt }, before, bracket) => machineGone(before, purgeAt ?? null, bracket),
};

function volumeRules(ends: ReadonlyMap<string, Millis>): Rules<VolumeState> {
  return {
    between: volumeBetween,
    born: volumeBorn,
    gone: ({ about }, before, bracket) => volumeGone(before, lastEnd(about.machines ?? [], ends), bracket),
  };
}

/** A volume that was not detached first goes with its machines; a shared one with the last of them. */
function lastEnd(machines: readonly string[], ends: ReadonlyMap<string, Millis>): Millis | null {
  const known = machines.flatMap((id) => ends.get(id) ?? []);
  return known.length > 0 && known.length === machines.length ? Math.max(...known) : null;
}

function tracksOf<State extends object>(
  known: Readonly<Record<string, Track<State>>>,
  samples: readonly ThingSample<State>[],
  step: Step,
  rules: Rules<State>,
): Record<string, Track<State>> {
  const sampled = new Map(samples.map((one) => [one.id, one]));
  const seen = [...sampled].map(([id, sample]): [string, Track<State>] => [
    id,
    goneOn(known[id], sample, step, rules),
  ]);
  const missing = Object.entries(known).filter(([id]) => !sampled.has(id));
  return Object.fromEntries([
    ...missing.map(([id, track]): [string, Track<State>] => [id, ended(track, step, rules)]),
    ...seen,
  ]);
}

/** A thing that is in the sample. In one of a frozen cluster it is what it was: only its last connected time counts. */
function goneOn<State extends object>(
  known: Track<State> | undefined,
  sample: ThingSample<State>,
  step: Step,
  rules: Rules<State>,
): Track<State> {
  const span = step.spans.get(sample.about.cluster);
  const end = span?.end ?? null;
  if (end === null) return known ?? { about: sample.about, seen: 0, now: null, pieces: [] };
  const pieces = known?.pieces ?? [];
  const track = {
    about: sample.about,
    seen: end,
    now: sample.state,
    ...(sample.purgeAt === undefined || sample.purgeAt === null ? {} : { purgeAt: sample.purgeAt }),
  };
  const start = span?.start ?? null;
  if (start === null) return { ...track, pieces };
  const bracket = bracketOf(sample.about.id, start, end, step);
  const wasThere = known?.now && known.seen >= start;
  const between = wasThere ? rules.between(known.now, sample, bracket) : rules.born(sample, bracket);
  return { ...track, pieces: appended(pieces, between) };
}

/** A thing that is in the sample no more. While its cluster is frozen or gone, nothing can be said of it. */
function ended<State extends object>(track: Track<State>, step: Step, rules: Rules<State>): Track<State> {
  const { now, about } = track;
  if (now === null) return track;
  const span = step.spans.get(about.cluster);
  if (!span || span.start === null || span.end === null || track.seen < span.start)
    return { ...track, now: null };
  const bracket = bracketOf(about.id, span.start, span.end, step);
  return { ...track, now: null, pieces: appended(track.pieces, rules.gone(track, now, bracket)) };
}

/** What happened while the sample was being taken counts as its last moment. */
function bracketOf(id: string, start: Millis, end: Millis, { events, at }: Step): Bracket {
  if (events === null) return { start, end, events };
  const during = (events.get(id) ?? []).filter(
    (event) => event.at > start && (event.at <= end || end === at),
  );
  return { start, end, events: during.map((event) => ({ ...event, at: Math.min(event.at, end) })) };
}

function byThing(events: readonly TowerEvent[] | null): Map<string, TowerEvent[]> | null {
  if (events === null) return null;
  const all = new Map<string, TowerEvent[]>();
  for (const event of events) {
    const of = all.get(event.id);
    if (of) of.push(event);
    else all.set(event.id, [event]);
  }
  return all;
}

/** When the machines ended that this sample misses, as far as that is told. */
function endsOf(before: Memory['machines'], after: Memory['machines']): ReadonlyMap<string, Millis> {
  const gone = Object.entries(after).filter(([id, { now }]) => now === null && before[id]?.now != null);
  return new Map(
    gone.flatMap(([id, { pieces }]): [string, Millis][] => {
      const last = pieces.at(-1);
      return last && last.state !== null ? [[id, last.end]] : [];
    }),
  );
}
