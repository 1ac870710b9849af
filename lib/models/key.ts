import { hash } from 'node:crypto';
import { formatInterval, type Interval } from '../time.ts';
import type { UsageRecord } from './usage.ts';

/** What all metrics of a partition have in common. */
export interface KeyScope {
  readonly account: string;
  readonly provider: string;
  readonly stream: string;
  readonly partition: string;
}

/** All that a key depends on. */
export interface KeyParts extends KeyScope {
  readonly kind: string;
  readonly metric: string;
  readonly specialisation: string;
  readonly resourceId: string;
  readonly period: Interval;
  /** Of one length for all records of a kind: a record's ordinal is told from it by its place. */
  readonly identity: UsageRecord['identity'];
  /** 0, or how many records of the same identity came before this one. */
  readonly ordinal: number;
}

/** A record's part of the key. */
export type KeyedRecord = Pick<UsageRecord, 'kind' | 'resource' | 'period' | 'identity'>;

/** The key of one metric of a record. */
export type KeyMaker = (
  record: KeyedRecord,
  metric: string,
  specialisation: string,
  ordinal: number,
) => string;

/**
 * The name under which a metric is stored, and replaced when it is read again: the first 32 hex digits of
 * SHA-256 over the JSON text of `[account, provider, stream, partition, kind, metric, specialisation, resource
 * id, "start/end", …identity]`, and the ordinal behind them when it is not 0. The amount is never in it.
 */
export function usageKey(parts: KeyParts): string {
  const { kind, resourceId, period, identity, metric, specialisation, ordinal } = parts;
  return usageKeys(parts)(
    { kind, resource: { id: resourceId }, period, identity },
    metric,
    specialisation,
    ordinal,
  );
}

/**
 * {@link usageKey} for many metrics of one partition. It keeps the text of the last period and of the last
 * record, because the metrics of a record follow each other and records share periods.
 */
export function usageKeys({ account, provider, stream, partition }: KeyScope): KeyMaker {
  const scope = elements([account, provider, stream, partition]);
  const periodText = lastPeriod();
  let last: KeyedRecord | null = null;
  let head = '';
  let tail = '';
  return (record, metric, specialisation, ordinal) => {
    if (record !== last) {
      head = `[${scope},${JSON.stringify(record.kind)},`;
      tail = elements([record.resource.id, periodText(record.period), ...record.identity]);
      last = record;
    }
    const name = `${JSON.stringify(metric)},${JSON.stringify(specialisation)}`;
    const text = `${head}${name},${tail}${ordinal > 0 ? `,${ordinal}` : ''}]`;
    return hash('sha256', text, 'hex').slice(0, 32);
  };
}

/** The inside of a JSON list. */
function elements(values: readonly unknown[]): string {
  return JSON.stringify(values).slice(1, -1);
}

function lastPeriod(): (period: Interval) => string {
  let start = Number.NaN;
  let end = Number.NaN;
  let text = '';
  return (period) => {
    if (period.start !== start || period.end !== end) {
      ({ start, end } = period);
      text = formatInterval(period);
    }
    return text;
  };
}
