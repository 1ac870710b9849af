import { HOUR, type Millis } from '../../lib/time.ts';
import type { Piece } from './memory.ts';
import type { MachineState, ThingSample, TowerEvent, VolumeState } from './sample.ts';

/**
 * What a thing was between two samples. Where both say the same and nobody is known to have done anything, it was
 * that. A change lies where the audit or the thing's own dates put it; where nothing tells, the time between is not
 * known, neither one state nor the other.
 */

/** From when on a value holds; null: not known. */
type Timeline<Value> = readonly { readonly from: Millis; readonly value: Value | null }[];

/** The time between two samples, half-open. */
export interface Bracket {
  readonly start: Millis;
  readonly end: Millis;
  /** What was done in it to the thing, by time; null when the audit may not be read. */
  readonly events: readonly TowerEvent[] | null;
}

/** A machine that was there at both ends. */
export function machineBetween(
  before: MachineState,
  after: ThingSample<MachineState>,
  bracket: Bracket,
): Piece<MachineState>[] {
  const { state } = after;
  return joined(bracket, {
    status: statusPath(before.status, state.status, stepsOf(after, bracket), bracket),
    vcpu: changeAt(before.vcpu, state.vcpu, edits, bracket),
    memory: changeAt(before.memory, state.memory, edits, bracket),
    bin: binPath(before.bin, after, bracket),
  });
}

/** A machine that was made between two samples: allocated since it was made, running as far as that is told. */
export function machineBorn(after: ThingSample<MachineState>, bracket: Bracket): Piece<MachineState>[] {
  const { state } = after;
  const born = birthOf(after, bracket);
  if (born === null) return [unknown(bracket)];
  const life = { ...bracket, start: born };
  const steps = stepsOf(after, life);
  const audited = bracket.events?.some(({ action }) => creations.has(action)) ?? false;
  const first = audited ? (steps[0]?.expects[0] ?? state.status) : null;
  return joined(life, {
    status: statusPath(first, state.status, steps, life),
    vcpu: sinceLast(state.vcpu, edits, life),
    memory: sinceLast(state.memory, edits, life),
    bin: binPath(false, after, life),
  });
}

/** A machine that is not there any more. @param purgeAt when its recycle bin was to be emptied of it */
export function machineGone(
  before: MachineState,
  purgeAt: Millis | null,
  bracket: Bracket,
): Piece<MachineState>[] {
  const deleted = bracket.events?.findLast(({ action }) => action === 'DELETE_VM')?.at;
  const purged = purgeAt !== null && within(purgeAt, bracket) ? purgeAt : undefined;
  const end = deleted ?? purged;
  if (end === undefined) return [unknown(bracket)];
  const life = { ...bracket, end: Math.min(end, bracket.end) };
  const steps = stepsBy(life.events ?? []).filter(({ at }) => at < life.end);
  const moved = life.events?.find(({ action }) => action === 'MOVE_VM_TO_RECYCLE_BIN')?.at;
  return joined(life, {
    // It stood still by then; since when is not told where the last word was that it ran.
    status: statusPath(before.status, 'STOPPED', steps, life),
    vcpu: beforeFirst(before.vcpu, edits, life),
    memory: beforeFirst(before.memory, edits, life),
    bin: [
      { from: life.start, value: before.bin },
      ...(moved !== undefined && moved < life.end ? [{ from: moved, value: true }] : []),
    ],
  });
}

export function volumeBetween(
  before: VolumeState,
  after: ThingSample<VolumeState>,
  bracket: Bracket,
): Piece<VolumeState>[] {
  return joined(bracket, { size: changeAt(before.size, after.state.size, resizes, bracket) });
}

export function volumeBorn(after: ThingSample<VolumeState>, bracket: Bracket): Piece<VolumeState>[] {
  const born = birthOf(after, bracket);
  if (born === null) return [unknown(bracket)];
  const life = { ...bracket, start: born };
  return joined(life, { size: sinceLast(after.state.size, resizes, life) });
}

/** @param withMachines when the machines ended that it belonged to, if they all did */
export function volumeGone(
  before: VolumeState,
  withMachines: Millis | null,
  bracket: Bracket,
): Piece<VolumeState>[] {
  const deleted = bracket.events?.findLast(({ action }) => action === 'DELETE_VM_VOLUME')?.at;
  const end = deleted ?? withMachines;
  if (end === null || end === undefined) return [unknown(bracket)];
  const life = { ...bracket, end: Math.min(end, bracket.end) };
  return joined(life, { size: beforeFirst(before.size, resizes, life) });
}

/** What changes the power of a machine: what it was before, and what it is then. */
interface Step {
  readonly at: Millis;
  /** Empty: any. */
  readonly expects: readonly string[];
  readonly gives: string;
}

/** The tower's own words (sheet 6); a machine that comes back from the recycle bin is shut down (sheet 2.6). */
const power: ReadonlyMap<string, Omit<Step, 'at'>> = new Map([
  ['START_VM', { expects: ['STOPPED'], gives: 'RUNNING' }],
  ['STOP_VM', { expects: ['RUNNING'], gives: 'STOPPED' }],
  ['FORCE_STOP_VM', { expects: ['RUNNING', 'SUSPENDED'], gives: 'STOPPED' }],
  ['SUSPEND_VM', { expects: ['RUNNING'], gives: 'SUSPENDED' }],
  ['RESUME_VM', { expects: ['SUSPENDED'], gives: 'RUNNING' }],
  ['MOVE_VM_TO_RECYCLE_BIN', { expects: [], gives: 'STOPPED' }],
  ['RESTORE_VM_FROM_RECYCLE_BIN', { expects: ['STOPPED'], gives: 'STOPPED' }],
]);

const edits: ReadonlySet<string> = new Set(['EDIT_VM', 'ROLLBACK_VM']);
const resizes: ReadonlySet<string> = new Set(['EDIT_VM_VOLUME', 'UPDATE_VM_VOLUME']);
/** What makes a machine. */
export const creations: ReadonlySet<string> = new Set([
  'CREATE_VM',
  'CLONE_VM',
  'CREATE_VM_FROM_TEMPLATE',
  'CREATE_VM_FROM_SNAPSHOT',
  'TRANSFORM_TEMPLATE_TO_VM',
  'IMPORT_VM',
]);

function stepsBy(events: readonly TowerEvent[]): Step[] {
  return events.flatMap(({ action, at }) => {
    const step = power.get(action);
    return step ? [{ ...step, at }] : [];
  });
}

/** With the machine's own word on its last shutdown, which guests and failures leave too. */
function stepsOf({ shutDownAt }: ThingSample<MachineState>, bracket: Bracket): Step[] {
  const steps = stepsBy(bracket.events ?? []);
  if (shutDownAt === null || shutDownAt === undefined || !within(shutDownAt, bracket)) return steps;
  return [...steps, { at: shutDownAt, expects: ['RUNNING'], gives: 'STOPPED' }].sort((a, b) => a.at - b.at);
}

function statusPath(
  before: string | null,
  after: string | null,
  steps: readonly Step[],
  { start }: Bracket,
): Timeline<string> {
  const path: { from: Millis; value: string | null }[] = [];
  let from = start;
  let status = before;
  for (const { at, expects, gives } of steps) {
    const told = expects.length === 0 || expects.includes(status ?? '');
    // A guest that shuts down leaves two words on it; whatever else comes twice had something unseen between, or
    // was seen by a sample that took a while.
    if (status === gives && gives === 'STOPPED' && path.length > 0) continue;
    path.push({ from, value: told ? status : null });
    from = at;
    status = gives;
  }
  return [...path, { from, value: status === after ? status : null }];
}

/**
 * A value that differs changed at the one event that could change it. Between several it is not known, even where both
 * samples agree: it may have gone there and back.
 */
function changeAt<Value>(
  before: Value | null,
  after: Value | null,
  by: ReadonlySet<string>,
  { start, events }: Bracket,
): Timeline<Value> {
  const [first, ...others] = (events ?? []).filter(({ action }) => by.has(action));
  const last = others.at(-1);
  if (before === after && !last) return [{ from: start, value: before }];
  if (!first) return [{ from: start, value: null }];
  return [
    { from: start, value: before },
    ...(last ? [{ from: first.at, value: null }] : []),
    { from: (last ?? first).at, value: after },
  ];
}

function sinceLast<Value>(
  after: Value | null,
  by: ReadonlySet<string>,
  { start, events }: Bracket,
): Timeline<Value> {
  const last = events?.findLast(({ action, at }) => by.has(action) && at > start);
  return last
    ? [
        { from: start, value: null },
        { from: last.at, value: after },
      ]
    : [{ from: start, value: after }];
}

function beforeFirst<Value>(
  before: Value | null,
  by: ReadonlySet<string>,
  { start, events }: Bracket,
): Timeline<Value> {
  const first = events?.find(({ action }) => by.has(action));
  const kept = { from: start, value: before };
  return first ? [kept, { from: first.at, value: null }] : [kept];
}

/** The bin decides no amount, it only marks: where nothing tells, the mark begins with the sample. */
function binPath(
  before: boolean,
  { state, deletedAt }: ThingSample<MachineState>,
  bracket: Bracket,
): Timeline<boolean> {
  const { start, end, events } = bracket;
  if (before === state.bin) return [{ from: start, value: before }];
  const action = state.bin ? 'MOVE_VM_TO_RECYCLE_BIN' : 'RESTORE_VM_FROM_RECYCLE_BIN';
  const dated = state.bin && deletedAt && within(deletedAt, bracket) ? deletedAt : null;
  const from = dated ?? events?.findLast((event) => event.action === action)?.at ?? end;
  return [
    { from: start, value: before },
    { from, value: state.bin },
  ];
}

/** What is still being made is in no sample: it may be a little older than the first that could show it. */
function birthOf({ createdAt }: ThingSample<unknown>, { start, end }: Bracket): Millis | null {
  if (createdAt === null || createdAt <= start - HOUR || createdAt > end) return null;
  return Math.max(createdAt, start);
}

function within(at: Millis, { start, end }: Bracket): boolean {
  return start < at && at <= end;
}

function unknown<State>({ start, end }: Bracket): Piece<State> {
  return { start, end, state: null };
}

/** Cuts the bracket wherever one of the timelines changes. */
function joined<State extends object>(
  { start, end }: Bracket,
  lines: { readonly [Name in keyof State]: Timeline<NonNullable<State[Name]>> },
): Piece<State>[] {
  const all = Object.entries(lines) as [string, Timeline<unknown>][];
  const inside = all
    .flatMap(([, line]) => line.map(({ from }) => from))
    .filter((at) => start < at && at < end);
  const cuts = [start, ...[...new Set(inside)].sort((a, b) => a - b), end];
  return cuts.slice(0, -1).map((from, at) => {
    const state = all.map(([name, line]) => [name, line.findLast((one) => one.from <= from)?.value ?? null]);
    return { start: from, end: cuts[at + 1] ?? end, state: Object.fromEntries(state) as State };
  });
}
