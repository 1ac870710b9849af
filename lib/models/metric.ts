import { MalformedResponse, MappingError } from '../errors.ts';
import { formatInstant, type Millis } from '../time.ts';
import { given, quote } from './fields.ts';
import type { Tenant, UsageLocation, UsageRecord } from './usage.ts';

/** One number of one resource over one period, as a mapping makes it of a record. */
export interface Metric {
  /** The plain name: no dot, no specialisation. */
  readonly metric: string;
  /** Empty when there is none. */
  readonly specialisation: string;
  /** Finite, in `unit`. */
  readonly value: number;
  readonly unit: string | null;
  readonly counter: boolean;
  /** The start of the period `[time, end)`. */
  readonly time: Millis;
  readonly end: Millis;
  /** The provider's word for what was counted; goes out as `original_metric` too. */
  readonly kind: string;
  /** The provider's id of the resource. */
  readonly provider_id: string;
  readonly resource_name?: string;
  /** The CMP's id of the resource. */
  readonly resource_id?: string;
  readonly tenant: Tenant | null;
  readonly location: UsageLocation | null;
  readonly account_id: string;
  readonly customer_id: string | null;
  readonly provider: string;
  /** See `usageKey`: a sink that knows the key replaces, it never adds. */
  readonly key: string;
  readonly attributes: UsageRecord['attributes'];
}

/** What the CMP's metrics interface takes, and the key. */
export interface NflexMetric {
  /** `name` or `name.specialisation`. */
  readonly metric: string;
  readonly value: number;
  /** RFC 3339 in UTC. */
  readonly time: string;
  readonly unit?: string;
  readonly counter: boolean;
  readonly original_metric: string;
  readonly specialisation?: string;
  readonly resource_id?: string;
  readonly provider_id: string;
  readonly key: string;
}

/** What the CMP accepts as `metric`; behind the first dot is the specialisation. */
const wireName = /^[-A-Za-z0-9:/_|"' ]+(\.[^*].*)?$/;

/**
 * One line of a metrics file, without its newline. The order of its fields is fixed: the same metric gives
 * the same bytes.
 */
export function metricLine(metric: Metric): string {
  return metricLines()(metric);
}

/**
 * {@link metricLine} for many. The metrics of one record follow each other and share most of what a line says: that
 * is printed once for all of them.
 */
export function metricLines(): (metric: Metric) => string {
  let last: Metric | null = null;
  let middle = '';
  let attributes = '';
  return (metric) => {
    if (last === null || !isOfSameRecord(last, metric)) {
      middle = printMiddle(metric);
      attributes = JSON.stringify(metric.attributes);
      last = metric;
    }
    const { metric: name, specialisation, value, unit, counter, key } = metric;
    const head = JSON.stringify({ metric: name, specialisation, value, unit, counter }).slice(0, -1);
    return `${head},${middle},"key":${JSON.stringify(key)},"attributes":${attributes}}`;
  };
}

function isOfSameRecord(a: Metric, b: Metric): boolean {
  return (
    a.attributes === b.attributes &&
    a.tenant === b.tenant &&
    a.location === b.location &&
    a.provider_id === b.provider_id &&
    a.resource_name === b.resource_name &&
    a.resource_id === b.resource_id &&
    a.kind === b.kind &&
    a.time === b.time &&
    a.end === b.end &&
    a.account_id === b.account_id &&
    a.customer_id === b.customer_id &&
    a.provider === b.provider
  );
}

/** The inside of an object: what the metrics of a record share, but for their attributes. */
function printMiddle(metric: Metric): string {
  return JSON.stringify({
    time: formatInstant(metric.time),
    end: formatInstant(metric.end),
    kind: metric.kind,
    original_metric: metric.kind,
    provider_id: metric.provider_id,
    resource_name: metric.resource_name,
    resource_id: metric.resource_id,
    tenant: metric.tenant,
    location: metric.location,
    account_id: metric.account_id,
    customer_id: metric.customer_id,
    provider: metric.provider,
  }).slice(1, -1);
}

/**
 * The metric as the CMP and callers of a handler get it.
 * @throws MalformedResponse when the value is not finite: JSON would make null of it.
 * @throws MappingError when the name, its specialisation included, is none that the CMP accepts.
 */
export function nflexMetric(metric: Metric): NflexMetric {
  const name = joinSpecialisation(metric.metric, metric.specialisation);
  if (!isWireName(name))
    throw new MappingError(`The metric name ${quote(name)} is not one that the CMP accepts`);
  if (!Number.isFinite(metric.value)) {
    throw new MalformedResponse(`${name} of ${metric.provider_id}: the value ${metric.value} is not finite`);
  }
  return {
    metric: name,
    value: metric.value,
    time: formatInstant(metric.time),
    ...given({ unit: metric.unit }),
    counter: metric.counter,
    original_metric: metric.kind,
    ...given({ specialisation: metric.specialisation || null, resource_id: metric.resource_id }),
    provider_id: metric.provider_id,
    key: metric.key,
  };
}

/** `name.specialisation`, or the name alone when the specialisation is empty. */
export function joinSpecialisation(name: string, specialisation: string): string {
  return specialisation === '' ? name : `${name}.${specialisation}`;
}

/** Whether the CMP accepts a text as `metric`. */
export function isWireName(name: string): boolean {
  return wireName.test(name);
}
