import type { Interval } from '../time.ts';
import type { Tenant } from './usage.ts';

/** What one resource cost in one period, as the provider rated it, before it is added up. */
export interface SpendRecord {
  readonly resource: { readonly id: string; readonly name?: string };
  /** The provider's own name for what was rated. */
  readonly kind: string;
  /** Half-open. */
  readonly period: Interval;
  /** Exact decimal text in the account's currency: money never passes through a double. */
  readonly amount: string;
  readonly tenant: Tenant | null;
  /** As the provider gave it. */
  readonly raw: unknown;
}
