import type { Interval } from '../time.ts';

/** Who consumed: an account, project or organisation of the provider. */
export interface Tenant {
  readonly id: string;
  readonly name?: string;
  readonly path?: string;
}

/** Where: a zone, region or datacenter of the provider. */
export interface UsageLocation {
  readonly id: string;
  readonly name?: string;
}

/** What a mapping expression can name. Text that is no number, and what is absent, is null. */
export type Variables = Readonly<Record<string, number | string | boolean | null>>;

/**
 * One consumption of one resource, normalised: what every provider's records become. It says nothing of
 * metrics yet; a mapping makes one or several of it.
 */
export interface UsageRecord {
  /** The provider's own name for what is counted: `RUNNING_VM`, `instance`. A mapping's key. */
  readonly kind: string;
  readonly resource: { readonly id: string; readonly name?: string };
  /** Half-open. */
  readonly period: Interval;
  /** Includes `value`, the consumed amount in the provider's unit. */
  readonly variables: Variables;
  readonly tenant: Tenant | null;
  readonly location: UsageLocation | null;
  /** Flat, printed on every metric line; what is undefined is left out. */
  readonly attributes: Readonly<Record<string, string | number | boolean | undefined>>;
  /** What tells two records of one resource and period apart; never the amount. Enters the metric's `key`. */
  readonly identity: readonly (string | number | boolean | null)[];
  /**
   * Everything the provider's rule compares to call two records the same; equal ones are duplicates. It
   * begins with the identity. Worked out for records that look alike only: they are few.
   */
  readonly fingerprint: () => string;
  /** As the provider gave it: shown when it is quarantined or explained. */
  readonly raw: unknown;
}
