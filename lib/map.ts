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

/** What became of one cell's records: counted while its metrics are consumed. */
export interface Tally {
  metrics: number;
  nullResults: number;
  conflicting: number;
  readonly unmapped: Record<string, number>;
  readonly bad: BadRow[];
}

/** One cell's metrics, evaluated as they are consumed, and what is known afterwards. */
export interface MappedMetrics {
  readonly metrics: Iterable<Metric>;
  readonly tally: Tally;
}

/** How records become metrics: what is the same for every cell of a partition. */
export interface Mapper {
  readonly mapping: Mapping;
  readonly origin: Origin;
  readonly keyOf: KeyMaker;
  /** A single record that cannot be mapped fails the cell. */
  readonly strict: boolean;
}

/**
 * Turns one cell's records into metrics, in an order that depends on the records alone: the same answers give
 * the same bytes. A record that cannot be mapped is set aside whole; none of its metrics is given.
 * Consuming the metrics throws MappingError or VariableLookupError when more than 1 % of the records (and more
 * than one) cannot be mapped: a mapping that fails on many would bill a part as the whole.
 * @param bad rows that could not even be normalised.
 */
export function mapCell(
  records: readonly UsageRecord[],
  bad: readonly BadRow[],
  mapper: Mapper,
): MappedMetrics {
  const tally = newTally(bad);
  return { metrics: toMetrics(records, mapper, tally), tally };
}

export function newTally(bad: readonly BadRow[]): Tally {
  return { metrics: 0, nullResults: 0, conflicting: 0, unmapped: Object.create(null), bad: [...bad] };
}

function* toMetrics(records: readonly UsageRecord[], mapper: Mapper, tally: Tally): Generator<Metric> {
  const before = tally.bad.length;
  for (const { record, ordinal } of inOrder(records)) {
    if (ordinal > 0) tally.conflicting += 1;
    const entries = mapper.mapping.forKind(record.kind);
    if (entries.length === 0) tally.unmapped[record.kind] = (tally.unmapped[record.kind] ?? 0) + 1;
    try {
      const metrics = mapRecord(record, entries, mapper, ordinal);
      tally.metrics += metrics.length;
      tally.nullResults += entries.length - metrics.length;
      yield* metrics;
    } catch (error) {
      if (!(error instanceof SyncError)) throw error;
      tally.bad.push({ raw: record.raw, error });
    }
  }
  const unmappable = tally.bad.length - before;
  const [first] = mapper.strict ? tally.bad : tally.bad.slice(before);
  if (first && (mapper.strict || unmappable > Math.max(1, records.length / 100))) throw first.error;
}

function mapRecord(
  record: UsageRecord,
  entries: readonly MappingEntry[],
  { origin, keyOf }: Mapper,
  ordinal: number,
): Metric[] {
  const metrics: Metric[] = [];
  for (const entry of entries) {
    const value = entry.convert(record.variables);
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
  return metrics;
}

/** A specialisation travels behind a dot of the metric's name, where a star or a line break would be misread. */
function specialisationOf(record: UsageRecord, entry: MappingEntry): string {
  if (entry.specialisationFrom === null) return entry.specialisation;
  const value = String(record.attributes[entry.specialisationFrom] ?? '');
  if (/^\*|[\r\n\u2028\u2029]/.test(value)) {
    throw new MappingError(
      `${entry.key}: the attribute ${entry.specialisationFrom} cannot be a specialisation`,
      {
        code: 'BAD_SPECIALISATION',
      },
    );
  }
  return value;
}

/** Records in an order of their own; those of equal identity are told apart by an ordinal. */
function* inOrder(records: readonly UsageRecord[]): Generator<{ record: UsageRecord; ordinal: number }> {
  let ordinal = 0;
  let previous: UsageRecord | null = null;
  for (const record of [...records].sort(byPlace)) {
    ordinal = previous !== null && isSameIdentity(previous, record) ? ordinal + 1 : 0;
    previous = record;
    yield { record, ordinal };
  }
}

/** A fingerprint begins with the identity: what has the same identity stands together. */
function byPlace(a: UsageRecord, b: UsageRecord): number {
  return (
    compare(a.kind, b.kind) ||
    compare(a.resource.id, b.resource.id) ||
    a.period.start - b.period.start ||
    a.period.end - b.period.end ||
    compare(a.fingerprint(), b.fingerprint())
  );
}

function isSameIdentity(a: UsageRecord, b: UsageRecord): boolean {
  return (
    a.kind === b.kind &&
    a.resource.id === b.resource.id &&
    a.period.start === b.period.start &&
    a.period.end === b.period.end &&
    a.identity.every((value, at) => value === b.identity[at])
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
