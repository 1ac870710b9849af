import { InvalidConfig } from '../../lib/errors.ts';
import type { UsageRecord, Variables } from '../../lib/models/usage.ts';
import type { Finding, Gap } from '../../lib/provider.ts';
import { formatInstant, type Interval, SECOND } from '../../lib/time.ts';
import type { Memory, Piece, Track } from './memory.ts';
import type { MachineState, VolumeState } from './sample.ts';

/** What a cell's samples come to. */
export interface SampledUsage {
  readonly records: readonly UsageRecord[];
  readonly gaps: readonly Gap[];
  readonly findings: readonly Finding[];
}

/**
 * The usage of one cell, cut at its edges: a record for each time in one state. Where there was no sample in time
 * there is a gap; where two samples differ and nothing tells when, the time of that one thing is a finding.
 * @throws InvalidConfig for a cell that was delivered and whose samples were let go: nothing can tell it again
 */
export function usageOf(memory: Memory | null, cell: Interval): SampledUsage {
  if (memory === null) return { records: [], gaps: [{ ...cell, why: NOT_SAMPLED }], findings: [] };
  const { first, forgotten } = memory;
  if (forgotten !== null && cell.start < forgotten && cell.end > first) throw letGo(cell, forgotten);
  const machines = Object.entries(memory.machines);
  const volumes = Object.entries(memory.volumes);
  return {
    records: [
      ...machines.flatMap(([id, track]) => recordsOf('vm', id, track, cell, machineVariables, machineMarks)),
      ...volumes.flatMap(([id, track]) => recordsOf('volume', id, track, cell, volumeVariables, () => ({}))),
    ],
    gaps: gapsOf(memory, cell),
    findings: [
      ...machines.flatMap(([id, track]) => findingsOf(id, track, cell, 'machine')),
      ...volumes.flatMap(([id, track]) => findingsOf(id, track, cell, 'volume')),
    ],
  };
}

const NOT_SAMPLED = 'before the first sample: a tower keeps no history of usage';

function letGo(cell: Interval, forgotten: number): InvalidConfig {
  return new InvalidConfig(
    `The samples of ${formatInstant(cell.start)} were let go: they are kept from ${formatInstant(forgotten)} on`,
    {
      code: 'SAMPLES_LET_GO',
      hint: 'The cell was delivered when its samples were there; a tower cannot tell it again. Ask for a later range.',
    },
  );
}

function recordsOf<State extends object>(
  kind: string,
  id: string,
  { about, pieces }: Track<State>,
  cell: Interval,
  variables: (state: State) => Variables,
  marks: (state: State) => UsageRecord['attributes'],
): UsageRecord[] {
  const [server, ...others] = about.machines ?? [];
  const owned = others.length === 0 && server !== undefined ? { server } : {};
  return inside(pieces, cell).flatMap(({ start, end, state }) => {
    if (state === null) return [];
    const identity = [about.cluster];
    const value = (end - start) / SECOND;
    const record: UsageRecord = {
      kind,
      resource: about.name === undefined ? { id } : { id, name: about.name },
      period: { start, end },
      variables: { ...variables(state), value },
      tenant: about.tenant,
      location: about.location,
      attributes: { ...about.attributes, ...owned, ...marks(state) },
      identity,
      fingerprint: () => JSON.stringify([...identity, value, state]),
      raw: { kind, id, start: formatInstant(start), end: formatInstant(end), ...state },
    };
    return [record];
  });
}

function machineVariables({ status, vcpu, memory, bin }: MachineState): Variables {
  return { running: status === null ? null : status === 'RUNNING', vcpu, memory, in_recycle_bin: bin };
}

function machineMarks({ status, bin }: MachineState): UsageRecord['attributes'] {
  return { status: status ?? 'UNKNOWN', in_recycle_bin: bin };
}

function volumeVariables({ size }: VolumeState): Variables {
  return { size };
}

/** The parts of pieces that lie in a cell. */
function inside<State>(pieces: readonly Piece<State>[], cell: Interval): Piece<State>[] {
  return pieces.flatMap(({ start, end, state }) => {
    const part = { start: Math.max(start, cell.start), end: Math.min(end, cell.end) };
    return part.start < part.end ? [{ ...part, state }] : [];
  });
}

/** Per cluster, since each may be frozen for itself. */
function gapsOf({ first, clusters }: Memory, cell: Interval): Gap[] {
  const early = { start: cell.start, end: Math.min(cell.end, first) };
  const before = early.start < early.end ? [{ ...early, why: NOT_SAMPLED }] : [];
  const later = Object.values(clusters).flatMap(({ name, since, until, covered, frozen }) => {
    const known = { start: Math.max(cell.start, since), end: Math.min(cell.end, until ?? cell.end) };
    const why = `cluster ${name}: no sample, or its data was frozen${frozen ? ' (it is not connected now)' : ''}`;
    return uncovered(known, covered).map((part) => ({ ...part, why }));
  });
  return [...before, ...later];
}

/** What of an interval no stretch covers. */
function uncovered({ start, end }: Interval, covered: readonly (readonly [number, number])[]): Interval[] {
  const parts: Interval[] = [];
  let from = start;
  for (const [begin, finish] of covered) {
    if (begin >= end) break;
    if (finish <= from) continue;
    if (begin > from) parts.push({ start: from, end: begin });
    from = finish;
  }
  if (from < end) parts.push({ start: from, end });
  return parts;
}

function findingsOf<State extends object>(
  id: string,
  { pieces }: Track<State>,
  cell: Interval,
  sort: 'machine' | 'volume',
): Finding[] {
  return inside(pieces, cell).flatMap(({ start, end, state }) => {
    const millis = end - start;
    if (state === null)
      return [{ what: `a ${sort} came or went between two samples, nothing tells when`, id, millis }];
    const open = Object.entries(state).filter(([, value]) => value === null);
    return open.map(([name]) => ({
      what: `the ${name} of a ${sort} changed between two samples, or is not told: nothing tells when`,
      id,
      millis,
    }));
  });
}
