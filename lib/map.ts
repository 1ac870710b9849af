import { MappingError, SyncError } from './errors.ts';
import type { Mapping, MappingEntry } from './mapping/load.ts';
import type { KeyMaker } from './models/key.ts';
import type { Metric } from './models/metric.ts';
import type { UsageRecord } from './models/usage.ts';
import type { BadRow } from './read.ts';

/** What a partition's metrics have in common. */
export interface Origin {
  readonly account: string;
  readonly customer: string | null;
  readonly provider: string;
  /** The CMP's id of the resource the event was about. */
  readonly resource: string | null;
}

/** What became of one cell's records, counted while they are mapped. */
export interface Tally {
  metrics: number;
  nullResults: number;
  conflicting: number;
  readonly unmapped: Record<string, number>;
  readonly bad: BadRow[];
}

/**
 * Turns one cell's records into metrics, in an order that depends on the records alone: the same answers give
 * the same bytes. A record that cannot be mapped goes to the tally whole; none of its metrics is given.
 */
export function* toMetrics(
  records: readonly UsageRecord[],
  mapping: Mapping,
  origin: Origin,
  keyOf: KeyMaker,
  tally: Tally,
): Generator<Metric> {
  for (const { record, ordinal } of inOrder(records)) {
    if (ordinal > 0) tally.conflicting += 1;
    const entries = mapping.forKind(record.kind);
    if (entries.length === 0) tally.unmapped[record.kind] = (tally.unmapped[record.kind] ?? 0) + 1;
    let metrics: Metric[];
    try {
      metrics = mapRecord(record, entries, origin, keyOf, ordinal, tally);
    } catch (error) {
      if (!(error instanceof SyncError)) throw error;
      tally.bad.push({ raw: record.raw, error });
      continue;
    }
    tally.metrics += metrics.length;
    yield* metrics;
  }
}

function mapRecord(
  record: UsageRecord,
  entries: readonly MappingEntry[],
  origin: Origin,
  keyOf: KeyMaker,
  ordinal: number,
  tally: Tally,
): Metric[] {
  const values = entries.map((entry) => ({ entry, value: entry.convert(record.variables) }));
  const metrics: Metric[] = [];
  for (const { entry, value } of values) {
    if (value === null) continue;
    const specialisation = specialisationOf(record, entry);
    metrics.push({
      metric: entry.name,
      specialisation,
      value,
      unit: entry.unit,
      counter: entry.counter,
      time: record.period.start,
      end: record.period.end,
      kind: record.kind,
      provider_id: record.resource.id,
      ...(record.resource.name === undefined ? {} : { resource_name: record.resource.name }),
      ...(origin.resource === null ? {} : { resource_id: origin.resource }),
      tenant: record.tenant,
      location: record.location,
      account_id: origin.account,
      customer_id: origin.customer,
      provider: origin.provider,
      key: keyOf(record, entry.name, specialisation, ordinal),
      attributes: record.attributes,
    });
  }
  tally.nullResults += values.length - metrics.length;
  return metrics;
}

/** A specialisation travels behind a dot of the metric's name, where a star or a line break would be misread. */
function specialisationOf(record: UsageRecord, entry: MappingEntry): string {
  if (entry.specialisationFrom === null) return entry.specialisation;
  const value = String(record.attributes[entry.specialisationFrom] ?? '');
  if (/^\*|[\r\n\u2028\u2029]/.test(value)) {
    throw new MappingError(`${entry.key}: the attribute ${entry.specialisationFrom} cannot be a specialisation`, {
      code: 'BAD_SPECIALISATION',
    });
  }
  return value;
}

/** Records by identity; those of equal identity are told apart by an ordinal. */
function* inOrder(records: readonly UsageRecord[]): Generator<{ record: UsageRecord; ordinal: number }> {
  const keyed = records.map((record) => ({ record, key: identityOf(record) }));
  keyed.sort((a, b) => compare(a.key, b.key) || compare(a.record.fingerprint, b.record.fingerprint));
  let ordinal = 0;
  let previous: string | null = null;
  for (const { record, key } of keyed) {
    ordinal = key === previous ? ordinal + 1 : 0;
    previous = key;
    yield { record, ordinal };
  }
}

function identityOf({ kind, resource, period, identity }: UsageRecord): string {
  return `${kind}\u0000${resource.id}\u0000${period.start}\u0000${period.end}\u0000${JSON.stringify(identity)}`;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
