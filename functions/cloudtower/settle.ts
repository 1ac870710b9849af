import type { UsageRecord } from '../../lib/models/usage.ts';
import type { Finding, Gap, Settled } from '../../lib/provider.ts';
import type { Interval } from '../../lib/time.ts';
import type { Memory } from './memory.ts';
import { SILENCE } from './normalize.ts';
import { readMemory, withSettled } from './packed.ts';
import { usageOf } from './usage.ts';

/** One cell: the usage that the samples tell, and the measurements of its machines. */
export function settleCell(records: readonly UsageRecord[], cell: Interval, stored: unknown): Settled {
  const memory = readMemory(stored);
  const sampled = usageOf(memory, cell);
  const silences = records.filter(({ kind }) => kind === SILENCE);
  const measured = byMachine(records.filter(({ kind }) => kind !== SILENCE)).map((record) =>
    placed(record, memory),
  );
  return {
    records: [...sampled.records, ...measured],
    duplicates: 0,
    findings: [...sampled.findings, ...silences.map(findingOf)],
    gaps: [...sampled.gaps, ...silences.flatMap(gapOf)],
    ...(memory === null ? {} : { memory: withSettled(stored, cell) }),
  };
}

/** Of a machine and kind one record: the most trusted source that has points, its cards added up. */
function byMachine(records: readonly UsageRecord[]): UsageRecord[] {
  const groups = new Map<string, UsageRecord[]>();
  for (const record of records) {
    const key = JSON.stringify([record.kind, record.resource.id]);
    const group = groups.get(key);
    if (group) group.push(record);
    else groups.set(key, [record]);
  }
  return [...groups.values()].map(united);
}

function united(group: readonly UsageRecord[]): UsageRecord {
  const rank = Math.min(...group.map(rankOf));
  const parts = withoutRepeats(group.filter((record) => rankOf(record) === rank));
  const [first, ...others] = parts as [UsageRecord, ...UsageRecord[]];
  const numbers = (name: string) => parts.map(({ variables }) => Number(variables[name]));
  const value = numbers('value').reduce((sum, one) => sum + one, 0);
  const coverage = Math.min(...numbers('coverage'));
  const identity = first.identity.slice(0, 1);
  return {
    ...first,
    variables: { value, points: Math.min(...numbers('points')), coverage },
    attributes: {
      ...first.attributes,
      coverage: Number(coverage.toFixed(4)),
      ...(others.length > 0 ? { cards: parts.length } : {}),
    },
    identity,
    fingerprint: () => JSON.stringify([...identity, value]),
    raw: others.length > 0 ? parts.map(({ raw }) => raw) : first.raw,
  };
}

/** A card that comes twice counts once. */
function withoutRepeats(parts: readonly UsageRecord[]): UsageRecord[] {
  return [...new Map(parts.map((part) => [part.identity[1], part])).values()];
}

/** Whose and where it is stands with the samples. */
function placed(record: UsageRecord, memory: Memory | null): UsageRecord {
  const about = memory?.machines[record.resource.id]?.about;
  if (about === undefined) return record;
  const { tenant, location, attributes } = about;
  return { ...record, tenant, location, attributes: { ...attributes, ...record.attributes } };
}

function rankOf({ identity }: UsageRecord): number {
  return Number(identity[2]);
}

function findingOf({ resource, attributes }: UsageRecord): Finding {
  return { what: String(attributes.what), id: resource.id };
}

/** A stream that the tower dropped was there; one that it does not have never was. */
function gapOf({ period, resource, attributes }: UsageRecord): Gap[] {
  if (attributes.silence === 'empty' || attributes.silence === 'stranger') return [];
  return [{ ...period, why: `measurements of ${resource.id}: ${String(attributes.what)}` }];
}
