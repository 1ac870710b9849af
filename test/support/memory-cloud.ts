import * as z from 'zod';
import { withoutDuplicates } from '../../lib/duplicates.ts';
import { MalformedResponse } from '../../lib/errors.ts';
import { defineGrid, type Grid } from '../../lib/grid.ts';
import { loadMapping } from '../../lib/mapping/load.ts';
import type { Page } from '../../lib/paginate.ts';
import { defineProvider, type Provider } from '../../lib/provider.ts';
import type { Platform, Subject } from '../../lib/run.ts';
import type { Interval, Millis } from '../../lib/time.ts';

/** A row of the cloud in memory; `amount` null cannot be normalised. */
export interface MemoryRow {
  readonly id: string;
  readonly start: Millis;
  readonly end: Millis;
  readonly amount: number | null;
  readonly kind?: string;
}

/** A cloud without a network: what the engine does can be seen without a protocol in between. */
export interface MemoryCloud {
  rows: MemoryRow[];
  grid: Grid;
  settledUntil: Millis | null;
  /** Called before each page; may throw. */
  onFetch: (span: Interval) => void | Promise<void>;
  readonly asked: Interval[];
  readonly provider: Provider<{ token: string }, MemoryCloud>;
}

export function memoryCloud(grid: Grid = defineGrid(60, 'UTC')): MemoryCloud {
  const cloud: MemoryCloud = {
    rows: [],
    grid,
    settledUntil: null,
    onFetch: () => {},
    asked: [],
    provider: defineProvider({
      name: 'memory',
      config: z.object({ token: z.string() }),
      origins: () => [new URL('http://127.0.0.1:9/')],
      tls: () => ({ verify: true }),
      secrets: () => [],
      concurrency: 2,
      defaults: { skew: 0, lookback: 0 },
      connect: () => cloud,
      policy: async () => ({ grid: cloud.grid, settledUntil: cloud.settledUntil, notes: [] }),
      verify: async () => ({ notes: [] }),
      streams: {
        metrics: {
          fetch: (_, { span, signal }) => pages(cloud, span, signal),
          normalize: (raw) => [normalize(raw as MemoryRow)],
          startOf: (raw) => (raw as MemoryRow).start,
          belongs: 'start',
          settle: (records) => {
            const distinct = withoutDuplicates(records);
            return { records: distinct, duplicates: records.length - distinct.length };
          },
        },
      },
    }),
  };
  return cloud;
}

export const memoryMapping = loadMapping(
  'THING: {name: thing-time, unit: s, conversion_expr: value * 2}\n',
  'memory.yaml',
);

export const memorySubject: Subject = {
  id: 'acme',
  customer: 'acme-gmbh',
  resource: null,
  credentials: { token: 'not-a-secret' },
  credentialsPath: 'event.credentials',
  strictCredentials: false,
  poll: 3600,
};

export function heldPlatform(now: Millis, signal: AbortSignal = new AbortController().signal): Platform {
  return {
    clock: { plan: () => now, wire: () => Date.now() },
    signal,
    log: { write: () => {}, level: 'error' },
    loopback: true,
    random: () => 0.5,
  };
}

async function* pages(cloud: MemoryCloud, span: Interval, signal: AbortSignal): AsyncGenerator<Page> {
  signal.throwIfAborted();
  cloud.asked.push(span);
  await cloud.onFetch(span);
  yield { rows: cloud.rows.filter((row) => row.end >= span.start && row.start <= span.end) };
}

function normalize({ id, start, end, amount, kind = 'THING' }: MemoryRow) {
  if (amount === null) throw new MalformedResponse(`row ${id}: amount: missing`);
  return {
    kind,
    resource: { id },
    period: { start, end },
    variables: { value: amount },
    tenant: null,
    location: null,
    attributes: {},
    identity: [id],
    fingerprint: () => JSON.stringify([id, start, end, amount]),
    raw: { id, start, end, amount },
  };
}
