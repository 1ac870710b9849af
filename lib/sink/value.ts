import { createHash } from 'node:crypto';
import { ResponseTooLarge } from '../errors.ts';
import { type NflexMetric, nflexMetric } from '../models/metric.ts';
import { addSpend, type ExactSpend, printSpend } from '../models/spend.ts';
import type { Sink } from './sink.ts';

/** Lambda answers carry 6 MB; what the platform wraps around ours needs some of it. */
const LARGEST_VALUE = 5_000_000;

export interface ValueSink extends Sink {
  readonly metrics: readonly NflexMetric[];
  /** One day's money, of all partitions; null when none was due. */
  readonly spend: ExactSpend | null;
  /** Resources, states or log entries. */
  readonly items: readonly object[];
}

/** Gathers metrics to be returned to the caller. It holds no earlier cells, so each is given once. */
export function valueSink(): ValueSink {
  const metrics: NflexMetric[] = [];
  const items: object[] = [];
  let spend: ExactSpend | null = null;
  let size = 0;
  const count = (text: string) => {
    size += Buffer.byteLength(text) + 1;
    if (size > LARGEST_VALUE) throw tooLarge();
  };
  const keep = <Kept extends object>(kept: Kept[], value: Kept): string => {
    const text = JSON.stringify(value);
    count(text);
    kept.push(value);
    return text;
  };
  return {
    metrics,
    items,
    replaces: false,
    async deliver(batch) {
      const hash = createHash('sha256');
      for (const metric of batch.metrics) hash.update(keep(metrics, nflexMetric(metric)));
      return { digest: hash.digest('hex'), previous: null };
    },
    get spend() {
      return spend;
    },
    async deliverSpend(batch) {
      const text = printSpend(batch.spend);
      count(text);
      spend = spend === null ? batch.spend : addSpend(spend, batch.spend);
      return { digest: createHash('sha256').update(text).digest('hex'), previous: null };
    },
    async deliverSnapshot(batch) {
      for (const { value } of batch.items) keep(items, value);
      return { gone: [] };
    },
    async deliverJournal(batch) {
      for (const entry of batch.entries) keep(items, entry);
    },
    async setAside() {},
    async close() {},
  };
}

function tooLarge(): ResponseTooLarge {
  return new ResponseTooLarge('What this run returns exceeds 5 MB, more than a returned value can carry', {
    hint: 'Configure a sink (USAGE_SYNC_SINK, or --sink), or run more often so that fewer cells are due at once.',
  });
}
