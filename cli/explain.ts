import { InvalidConfig, SyncError, toWireError, type WireError } from '../lib/errors.ts';
import { mappingFor } from '../lib/handler.ts';
import { mapCell } from '../lib/map.ts';
import type { Mapping, MappingEntry } from '../lib/mapping/load.ts';
import type { UsageRecord } from '../lib/models/usage.ts';
import type { MetricsStream } from '../lib/provider.ts';
import { readFileOrRefuse } from '../lib/read-file.ts';
import { formatInterval, HOUR } from '../lib/time.ts';
import { exitCode, refuse } from './exit.ts';
import { explanation } from './explanation.ts';
import { loadProvider } from './providers.ts';
import { rawRecords } from './raw-records.ts';

export interface ExplainCommandOptions {
  readonly provider: string;
  readonly record: string;
  readonly mapping?: string;
  readonly index?: string;
  readonly json?: boolean;
}

/** A raw record on its way to metrics. */
export interface Explained {
  readonly kind: string;
  readonly resource: UsageRecord['resource'];
  /** `start/end`, half-open; `start/..` without an end, and then the amount is that of the first hour. */
  readonly period: string;
  readonly tenant: UsageRecord['tenant'];
  readonly location: UsageRecord['location'];
  readonly attributes: UsageRecord['attributes'];
  readonly variables: UsageRecord['variables'];
  /** None: the kind is not mapped. */
  readonly metrics: readonly ExplainedMetric[];
}

/** What one entry of the mapping makes of a record. */
export interface ExplainedMetric {
  readonly key: string;
  readonly metric: string;
  readonly specialisation: string;
  readonly unit: string | null;
  readonly expression: string;
  /** What the expression names, as the record has it; null is NULL, and a name that is missing is unknown. */
  readonly variables: Readonly<Record<string, number | string | boolean | null>>;
  /** Null: no metric. */
  readonly result: number | null;
  readonly error: WireError | null;
}

/** Shows how one raw record becomes metrics; makes no request. */
export async function explainCommand(options: ExplainCommandOptions): Promise<number> {
  const { provider, mapping: text } = await loadProvider(options.provider);
  const stream = provider.streams.metrics;
  if (!stream) throw new InvalidConfig(`${provider.name} has no metrics`);
  const mapping = mappingFor(provider.name, text, options.mapping);
  const index = indexOption(options.index);
  const raws = rawRecords(readFileOrRefuse(options.record), options.record, (raw) => stream.normalize(raw));
  const raw = raws[index];
  if (raw === undefined) {
    throw new InvalidConfig(`${options.record} holds ${raws.length} records; there is no --index ${index}`);
  }
  const records = attempt(() =>
    stream.normalize(raw).flatMap((record) => {
      const { period } = record;
      return measured(record, stream).map((one) => explain({ ...one, period }, mapping));
    }),
  );
  if (records === null) return exitCode.failed;
  const about = { provider: provider.name, mapping: mapping.file, index, of: raws.length };
  process.stdout.write(
    options.json ? `${JSON.stringify({ ...about, records })}\n` : explanation(records, about),
  );
  const failed = records.some(({ metrics }) => metrics.some(({ error }) => error !== null));
  return failed ? exitCode.failed : exitCode.ok;
}

/** What has not ended yet has no length until it is cut to a cell: it is shown for its first hour. */
function measured(record: UsageRecord, stream: MetricsStream<unknown>): readonly UsageRecord[] {
  const { start, end } = record.period;
  return end === Number.POSITIVE_INFINITY
    ? stream.settle([record], { start, end: start + HOUR }, null).records
    : [record];
}

/** A record that cannot be normalised has no further way to show. */
function attempt<Result>(work: () => Result): Result | null {
  try {
    return work();
  } catch (error) {
    refuse(error);
    return null;
  }
}

function explain(record: UsageRecord, mapping: Mapping): Explained {
  const { kind, resource, period, tenant, location, attributes, variables } = record;
  return {
    kind,
    resource,
    period: formatInterval(period),
    tenant,
    location,
    attributes: present(attributes),
    variables: present(variables),
    metrics: mapping.forKind(kind).map((entry) => explainEntry(record, entry)),
  };
}

/** A field that a record lacks may be there without a value. */
function present<Value>(fields: Readonly<Record<string, Value>>): Readonly<Record<string, Value>> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

function explainEntry(record: UsageRecord, entry: MappingEntry): ExplainedMetric {
  const names = entry.expression?.variables ?? ['value'];
  const variables = present(record.variables);
  const known = names.filter((name) => Object.hasOwn(variables, name));
  const shown = {
    key: entry.key,
    metric: entry.name,
    specialisation: entry.specialisation,
    unit: entry.unit,
    expression: entry.expression?.source ?? 'value',
    variables: Object.fromEntries(known.map((name) => [name, variables[name] ?? null])),
  };
  try {
    const metric = mapBy(record, entry);
    const specialisation = metric?.specialisation ?? shown.specialisation;
    return { ...shown, specialisation, result: metric?.value ?? null, error: null };
  } catch (error) {
    if (!(error instanceof SyncError)) throw error;
    return { ...shown, result: null, error: toWireError(error) };
  }
}

/** By the stage that a run uses, so that what is shown is what would be delivered. */
function mapBy(record: UsageRecord, entry: MappingEntry) {
  const mapping: Mapping = { file: '', entries: [entry], forKind: () => [entry] };
  const origin = { account: '', customer: null, provider: '', resource: null };
  const [metric] = mapCell([record], [], { mapping, origin, keyOf: () => '', strict: true }).metrics;
  return metric ?? null;
}

function indexOption(text = '0'): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidConfig('--index: expected a whole number, counted from 0');
  return Number(text);
}
