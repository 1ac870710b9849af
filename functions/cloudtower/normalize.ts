import * as z from 'zod';
import { MalformedResponse } from '../../lib/errors.ts';
import type { UsageRecord } from '../../lib/models/usage.ts';
import { formatInstant, type Interval, type Millis, parseInstant, SECOND } from '../../lib/time.ts';
import { factorTo, measureNamed } from './measures.ts';

/** One stream's share of one cell, as fetching folds it: points by the million need not be kept. */
const towerMeasurement = z.looseObject({
  start: z.string(),
  end: z.string(),
  /** The tower's name. */
  metric: z.string(),
  machine: z.string(),
  name: z.string().optional(),
  cluster: z.string(),
  mac: z.string().nullable(),
  unit: z.string(),
  mean: z.number(),
  count: z.number(),
  coverage: z.number(),
});

/** What could not be measured, and must be said: it becomes a gap or a finding of its cell. */
const towerSilence = z.looseObject({
  start: z.string(),
  end: z.string(),
  silence: z.enum(['dropped', 'empty', 'denied', 'stranger']),
  /** Of whom: a machine or a cluster. */
  id: z.string(),
  what: z.string(),
});

/** A stretch of sampled usage, as the quarantine shows it: no listing gives one, but it can be explained again. */
const towerUse = z.looseObject({
  kind: z.enum(['vm', 'volume']),
  id: z.string(),
  start: z.string(),
  end: z.string(),
  status: z.string().nullish(),
  vcpu: z.number().nullable().default(null),
  memory: z.number().nullable().default(null),
  size: z.number().nullable().default(null),
});

/** The kind of records that only say that something was not measured. */
export const SILENCE = 'SILENCE';

/** @throws MalformedResponse naming the stream and the field */
export function normalizeMeasurement(raw: unknown): UsageRecord[] {
  const silence = towerSilence.safeParse(raw);
  if (silence.success) return [silenceOf(silence.data)];
  const use = towerUse.safeParse(raw);
  if (use.success) return [useOf(use.data)];
  const parsed = towerMeasurement.safeParse(raw);
  if (!parsed.success) throw malformed(raw, parsed.error.issues[0]);
  const row = parsed.data;
  const found = measureNamed(row.metric);
  if (!found) throw new MalformedResponse(`${row.metric} of ${row.machine}: nobody asked for it`);
  const { measure, source, rank } = found;
  const factor = factorTo(measure.unit, row.unit, source.counter === true);
  if (factor === null) {
    throw new MalformedResponse(
      `${row.metric} of ${row.machine}: unit: "${row.unit.slice(0, 40)}" does not fit`,
    );
  }
  const identity = [row.cluster, row.mac, rank];
  return [
    {
      kind: measure.kind,
      resource: row.name ? { id: row.machine, name: row.name } : { id: row.machine },
      period: periodOf(row),
      variables: { value: row.mean * factor, points: row.count, coverage: row.coverage },
      tenant: null,
      location: null,
      attributes: { source: row.metric },
      identity,
      fingerprint: () => JSON.stringify([...identity, row.mean]),
      raw,
    },
  ];
}

/** When a row begins, as far as it can still be read. */
export function startOfMeasurement(raw: unknown): Millis | null {
  const start = typeof raw === 'object' && raw !== null && 'start' in raw ? raw.start : null;
  return typeof start === 'string' ? parseInstant(start) : null;
}

function useOf({ kind, id, status, vcpu, memory, size, ...row }: z.output<typeof towerUse>): UsageRecord {
  const period = periodOf(row);
  const value = (period.end - period.start) / SECOND;
  const running = status === null || status === undefined ? null : status === 'RUNNING';
  return {
    kind,
    resource: { id },
    period,
    variables: kind === 'vm' ? { value, running, vcpu, memory } : { value, size },
    tenant: null,
    location: null,
    attributes: {},
    identity: [],
    fingerprint: () => JSON.stringify([value]),
    raw: { kind, id, status, vcpu, memory, size, ...row },
  };
}

function silenceOf(row: z.output<typeof towerSilence>): UsageRecord {
  return {
    kind: SILENCE,
    resource: { id: row.id },
    period: periodOf(row),
    variables: {},
    tenant: null,
    location: null,
    attributes: { silence: row.silence, what: row.what },
    identity: [row.silence, row.what],
    fingerprint: () => JSON.stringify([row.silence, row.what]),
    raw: row,
  };
}

function periodOf({ start, end }: { readonly start: string; readonly end: string }): Interval {
  const period = { start: parseInstant(start), end: parseInstant(end) };
  if (period.start === null || period.end === null)
    throw new MalformedResponse('a measurement without its cell');
  return { start: period.start, end: period.end };
}

/** The times of a cell as rows carry them. */
export function cellText({ start, end }: Interval): { readonly start: string; readonly end: string } {
  return { start: formatInstant(start), end: formatInstant(end) };
}

function malformed(raw: unknown, issue: z.core.$ZodIssue | undefined): MalformedResponse {
  const { metric, machine, problem } = (raw ?? {}) as Record<string, unknown>;
  const what = typeof problem === 'string' ? problem : `${issue?.path.join('.')}: ${issue?.message}`;
  return new MalformedResponse(`${String(metric)} of ${String(machine)}: ${what}`);
}
