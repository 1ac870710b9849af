import Big from 'big.js';
import type * as z from 'zod';
import { MalformedResponse } from '../../lib/errors.ts';
import type { SpendRecord } from '../../lib/models/spend-record.ts';
import type { UsageRecord, Variables } from '../../lib/models/usage.ts';
import type { Settled } from '../../lib/provider.ts';
import { formatInstant, type Interval, type Millis, SECOND } from '../../lib/time.ts';
import { instantOf } from './dates.ts';
import { rowsOfFrame } from './frames.ts';
import { cloudKittyPoint, cloudKittyResource, cloudKittySummaryRow } from './types.ts';

/** One rated thing in one collect period, whichever API told it. */
interface Point {
  readonly type: string;
  readonly project: string | null;
  readonly id: string | null;
  readonly name: string | null;
  readonly period: Interval;
  readonly unit: string | null;
  readonly quantity: string;
  readonly price: string;
  /** What the operator groups by, the rest of it, and what else is known: flat. */
  readonly groups: Texts;
  readonly metadata: Texts;
}

type Texts = Readonly<Record<string, string | number | boolean | null>>;

/** A rated point, or a whole frame of them, as usage: `value` is its quantity. @throws MalformedResponse */
export function normalizeUsage(raw: unknown): UsageRecord[] {
  return rowsOfFrame(raw)?.map(usageOf) ?? [usageOf(raw)];
}

function usageOf(raw: unknown): UsageRecord {
  const point = pointOf(raw);
  const { type, period, project, groups, metadata, unit } = point;
  const id = resourceId(point);
  const identity = identityOf(point);
  return {
    kind: type,
    resource: point.name === null ? { id } : { id, name: point.name },
    period,
    variables: variablesOf(point),
    tenant: project === null ? null : { id: project },
    location: null,
    attributes: attributesOf({ ...groups, ...metadata, unit }),
    identity,
    fingerprint: () => JSON.stringify([...identity, point.quantity, point.price, sorted(metadata)]),
    raw,
  };
}

/**
 * What something cost, from a summary of a day or from a single point. A null rate is a hole in a time series and
 * no record; a price of zero is one. @throws MalformedResponse
 */
export function normalizeSpend(raw: unknown): SpendRecord[] {
  if (!isSummary(raw)) {
    const point = pointOf(raw);
    const { type, name, period, project, price } = point;
    const id = resourceId(point);
    return [
      {
        resource: name === null ? { id } : { id, name },
        kind: type,
        period,
        amount: price,
        tenant: project === null ? null : { id: project },
        raw,
      },
    ];
  }
  const row = parse(cloudKittySummaryRow, raw, '/v2/summary');
  if (row.rate === null) return [];
  const project = row.project_id || null;
  return [
    {
      resource: { id: row.id || `${project ?? ''}:${row.type}` },
      kind: row.type,
      period: periodOf(raw, row.begin, row.end, '/v2/summary'),
      amount: decimal(raw, row.rate, 'rate', '/v2/summary'),
      tenant: project === null ? null : { id: project },
      raw,
    },
  ];
}

/** When a row begins, as far as that can still be read. */
export function startOfRow(raw: unknown): Millis | null {
  if (typeof raw !== 'object' || raw === null) return null;
  const row = raw as { begin?: unknown; period?: { begin?: unknown } | null };
  const begin = row.begin ?? row.period?.begin;
  return typeof begin === 'string' ? instantOf(begin) : null;
}

/** Whose a row is, as far as that can be read. */
export function projectOfRow(raw: unknown): string | null {
  if (typeof raw !== 'object' || raw === null) return null;
  const row = raw as { project_id?: unknown; groupby?: Groups; desc?: Groups };
  const project = row.project_id ?? row.groupby?.project_id ?? row.desc?.project_id;
  return typeof project === 'string' && project !== '' && project !== '__UNDEF__' ? project : null;
}

type Groups = { readonly project_id?: unknown } | null;

/** CloudKitty calls no two points the same: what is stored twice was rated twice (sheet 6). */
export function settleUsage(records: readonly UsageRecord[]): Settled {
  return { records, duplicates: 0 };
}

/**
 * The prices of one thing on one day, added up exactly. What the server added up itself are doubles, whose last
 * digits are noise (1.2000000000000004): these are rounded, last, to what a sum of doubles can be trusted with.
 */
export function settleSpend(records: readonly SpendRecord[]): Settled<SpendRecord> {
  const sums = new Map<string, { record: SpendRecord; amount: Big; summed: boolean }>();
  for (const record of records) {
    const key = JSON.stringify([record.resource.id, record.kind]);
    const before = sums.get(key);
    sums.set(key, {
      record,
      amount: new Big(record.amount).plus(before?.amount ?? 0),
      summed: isSummary(record.raw) || (before?.summed ?? false),
    });
  }
  const added = [...sums.values()].map(({ record, amount, summed }) => ({
    ...record,
    amount: (summed ? withoutNoise(amount) : amount).toFixed(),
  }));
  return { records: added, duplicates: 0 };
}

/** A sum of doubles is good for fourteen significant digits. Beyond thirteen decimals no price list goes. */
function withoutNoise(amount: Big): Big {
  return amount.eq(0) ? new Big(0) : amount.prec(14, Big.roundHalfUp).round(13, Big.roundHalfUp);
}

function isSummary(raw: unknown): boolean {
  return typeof raw === 'object' && raw !== null && 'rate' in raw;
}

function pointOf(raw: unknown): Point {
  const isFrame = typeof raw === 'object' && raw !== null && 'service' in raw;
  return isFrame ? pointOfV1(raw) : pointOfV2(raw);
}

function pointOfV2(raw: unknown): Point {
  const place = '/v2/dataframes';
  const { type, period, vol, rating, groupby, metadata } = parse(cloudKittyPoint, raw, place);
  const { id, project_id, ...groups } = groupby;
  return {
    type,
    project: text(project_id),
    id: text(id),
    name: nameIn(metadata),
    period: periodOf(raw, period.begin, period.end, place),
    unit: vol.unit ?? null,
    quantity: decimal(raw, vol.qty, 'vol.qty', place),
    price: decimal(raw, rating?.price ?? '0', 'rating.price', place),
    groups,
    metadata,
  };
}

/** The keys of groups and metadata are one map here. The frame's own tenant may be another's (sheet 4.3). */
function pointOfV1(raw: unknown): Point {
  const place = '/v1/storage/dataframes';
  const row = parse(cloudKittyResource, raw, place);
  const { id, project_id, tenant_id, ...metadata } = row.desc;
  return {
    type: row.service,
    project: text(project_id) ?? text(tenant_id),
    id: text(id),
    name: nameIn(metadata),
    period: periodOf(raw, row.begin, row.end, place),
    unit: row.unit ?? null,
    quantity: decimal(raw, row.volume, 'volume', place),
    price: decimal(raw, row.rating, 'rating', place),
    groups: {},
    metadata,
  };
}

/** An id is the operator's choice, and may be missing (sheet 4.3). */
function resourceId({ id, project, type }: Point): string {
  return id ?? `${project ?? ''}:${type}`;
}

function nameIn(metadata: Texts): string | null {
  return text(metadata.display_name) ?? text(metadata.name);
}

function text(value: unknown): string | null {
  if (value === null || value === undefined || value === '') return null;
  return String(value);
}

function identityOf({ type, project, id, period, groups }: Point) {
  const { start, end } = period;
  return [type, project, id, formatInstant(start), formatInstant(end), JSON.stringify(sorted(groups))];
}

/** Metadata may name what it likes, but for what is ours. */
function variablesOf({ metadata, quantity, price, period, unit }: Point): Variables {
  return {
    ...metadata,
    value: Number(quantity),
    price: Number(price),
    period: (period.end - period.start) / SECOND,
    unit_bytes: unit === null ? null : (bytes.get(unit.toLowerCase()) ?? null),
  };
}

/** What operators call multiples of bytes, and what they are. */
const bytes: ReadonlyMap<string, number> = new Map([
  ['b', 1],
  ...['k', 'm', 'g', 't', 'p'].flatMap((prefix, at): [string, number][] => [
    [`${prefix}b`, 1000 ** (at + 1)],
    [`${prefix}ib`, 1024 ** (at + 1)],
  ]),
]);

function attributesOf(texts: Texts) {
  return Object.fromEntries(
    Object.entries(texts)
      .filter(([, value]) => value !== null && value !== '')
      .map(([name, value]) => [name, value ?? undefined]),
  );
}

function sorted(texts: Texts) {
  return Object.entries(texts).sort(([a], [b]) => (a < b ? -1 : 1));
}

function periodOf(raw: unknown, begin: string, end: string, place: string): Interval {
  const period = { start: instantOf(begin), end: instantOf(end) };
  if (period.start === null) throw malformed(place, raw, 'begin', 'not a date');
  if (period.end === null) throw malformed(place, raw, 'end', 'not a date');
  if (period.end <= period.start) throw malformed(place, raw, 'end', 'does not lie after begin');
  return { start: period.start, end: period.end };
}

/** Plain or with an exponent ("2E+1" is 20, sheet 3.5); `NaN` and its kind are none. */
function decimal(raw: unknown, value: string, field: string, place: string): string {
  const isDecimal = /^-?\d{1,40}(?:\.\d{1,60})?(?:[eE][+-]?\d{1,3})?$/.test(value);
  if (!isDecimal || !Number.isFinite(Number(value))) {
    throw malformed(place, raw, field, 'not a decimal number');
  }
  return new Big(value).toFixed();
}

function parse<Schema extends z.ZodType>(schema: Schema, raw: unknown, place: string): z.output<Schema> {
  const parsed = schema.safeParse(raw);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw malformed(place, raw, String(issue?.path.join('.') ?? ''), issue?.message ?? 'unreadable');
}

function malformed(place: string, raw: unknown, field: string, what: string): MalformedResponse {
  return new MalformedResponse(`${place}: ${nameOf(raw)}: ${field}: ${what}`);
}

function nameOf(raw: unknown): string {
  const row = typeof raw === 'object' && raw !== null ? (raw as Record<string, unknown>) : {};
  const type = row.type ?? row.service;
  const { id } = (row.groupby ?? row.desc ?? row) as Record<string, unknown>;
  const named = [type, id]
    .filter((part) => typeof part === 'string')
    .map((part) => String(part).slice(0, 80));
  return `record (${named.join(' ') || 'without a type'})`;
}
