import { createHash } from 'node:crypto';
import { ResponseTooLarge } from '../errors.ts';
import { type NflexMetric, nflexMetric } from '../models/metric.ts';
import type { Sink } from './sink.ts';

/** Lambda answers carry 6 MB; what the platform wraps around ours needs some of it. */
const LARGEST_VALUE = 5_000_000;

/** Gathers metrics to be returned to the caller. It holds no earlier cells, so each is given once. */
export function valueSink(): Sink & { readonly metrics: readonly NflexMetric[] } {
  const metrics: NflexMetric[] = [];
  let size = 0;
  return {
    metrics,
    async deliver(batch) {
      const hash = createHash('sha256');
      for (const metric of batch.metrics) {
        const returned = nflexMetric(metric);
        const text = JSON.stringify(returned);
        size += Buffer.byteLength(text) + 1;
        if (size > LARGEST_VALUE) throw tooLarge();
        hash.update(text);
        metrics.push(returned);
      }
      return { digest: hash.digest('hex'), previous: null };
    },
    async setAside() {},
    async close() {},
  };
}

function tooLarge(): ResponseTooLarge {
  return new ResponseTooLarge('The metrics of this run exceed 5 MB, more than a returned value can carry', {
    hint: 'Configure a sink (USAGE_SYNC_SINK, or --sink), or run more often so that fewer cells are due at once.',
  });
}
