import { HOUR, type Interval, SECOND } from '../../lib/time.ts';
import { seedOf, share } from '../seeded.ts';
import type { Named, Tenant } from './world.ts';

export type Unit = 'hours' | 'bytes' | 'operations';

export interface Tag {
  readonly key: string;
  readonly value: string;
}

/** One billable thing of one shape: the usage job makes at most one row a period of it. */
export interface Use {
  /** Usage type id (sheet 2.5). */
  readonly type: number;
  /** What its resource is called by the contract's rule; `usageid` where there is one. */
  readonly id: string;
  /** Chance of its own. */
  readonly seed: number;
  readonly owner: Tenant;
  readonly zone: Named;
  readonly unit: Unit;
  /** When it was used; half-open, on whole seconds. Spans that overlap count twice. */
  readonly spans: readonly Interval[];
  /** The fields on the wire that belong to its type. */
  readonly fields: Readonly<Record<string, string | number | boolean>>;
  readonly tags: readonly Tag[];
  describe(amount: number): string;
  /** The amount of a period: millionths of an hour, bytes or operations; 0 makes no row. */
  amountIn(period: Interval): number;
}

/** What all uses need. */
export interface UseOf {
  readonly type: number;
  readonly id: string;
  readonly owner: Tenant;
  readonly zone: Named;
  readonly spans: readonly Interval[];
  readonly fields: Use['fields'];
  readonly description: string | ((amount: number) => string);
  readonly tags?: readonly Tag[];
}

/** Counted in hours, with the six decimals that the server shows. */
export function hours(use: UseOf): Use {
  return { ...common(use), unit: 'hours', amountIn: (period) => microHours(secondsIn(use.spans, period)) };
}

/** Counted in bytes or operations, at a rate a second that differs from period to period. */
export function counter(use: UseOf, unit: 'bytes' | 'operations', rate: number): Use {
  const base = common(use);
  const factor = (period: Interval) => 0.5 + share(base.seed, period.start / SECOND);
  return {
    ...base,
    unit,
    amountIn: (period) => Math.floor(rate * secondsIn(use.spans, period) * factor(period)),
  };
}

/** Measured in bytes when the job runs, if it exists then. */
export function gauge(use: UseOf, sizeAt: (instant: number) => number): Use {
  const exists = ({ end }: Interval) => use.spans.some((span) => span.start < end && end <= span.end);
  return { ...common(use), unit: 'bytes', amountIn: (period) => (exists(period) ? sizeAt(period.end) : 0) };
}

/** Seconds of the spans that lie in a period. */
export function secondsIn(spans: readonly Interval[], { start, end }: Interval): number {
  let sum = 0;
  for (const span of spans) {
    const overlap = Math.min(span.end, end) - Math.max(span.start, start);
    if (overlap > 0) sum += overlap;
  }
  return sum / SECOND;
}

/** `(5.00 GB) 5368709120`, as descriptions show sizes (sheet 2.5). */
export function humanSize(bytes: number): string {
  const units = ['bytes', 'KB', 'MB', 'GB', 'TB'];
  const power = Math.min(Math.floor(Math.log2(Math.max(bytes, 1)) / 10), units.length - 1);
  const value = power === 0 ? String(bytes) : (bytes / 1024 ** power).toFixed(2);
  return `(${value} ${units[power]}) ${bytes}`;
}

function common({ description, tags = [], ...use }: UseOf): Omit<Use, 'unit' | 'amountIn'> {
  const shape = JSON.stringify(use.fields);
  return {
    ...use,
    tags,
    seed: seedOf(use.type, use.id, use.zone.id, shape),
    describe: typeof description === 'string' ? () => description : description,
  };
}

/** Rounded as the server rounds; a half cannot occur, since a second is 2500/9 of the unit. */
function microHours(seconds: number): number {
  return Math.floor((seconds * 2_000_000 + HOUR / SECOND) / (2 * (HOUR / SECOND)));
}
