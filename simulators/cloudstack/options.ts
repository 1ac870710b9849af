import { IANAZone } from 'luxon';
import { InvalidConfig } from '../../lib/errors.ts';
import type { Millis } from '../../lib/time.ts';

export type Role = 'root-admin' | 'domain-admin' | 'user';

/** Rows made on the fly for benchmarks, instead of a history. */
export interface Synthetic {
  readonly recordsPerCell: number;
  readonly cells: number;
  /** A boundary of the aggregation grid. */
  readonly start: Millis;
  /** Milliseconds that every answer takes longer; none when absent. */
  readonly latency?: Millis;
}

export interface CloudStackOptions {
  /** 0, the default, takes a free one. */
  readonly port?: number;
  readonly seed?: number;
  readonly faults?: readonly string[];
  /** The server's clock. `planNow` decides which usage jobs have run, `wireNow` when a signature expires. */
  readonly now?: () => Millis;
  readonly planNow?: () => Millis;
  readonly wireNow?: () => Millis;
  /** `usage.aggregation.timezone`, IANA. */
  readonly zone?: string;
  /** `usage.stats.job.aggregation.range`. */
  readonly rangeMinutes?: 1440 | 60;
  /** `quoted` is a server of 4.18, `offset` one of 4.20 (sheet 2.2). */
  readonly dateFormat?: 'quoted' | 'offset';
  readonly role?: Role;
  /** About how many virtual machines live at a time. */
  readonly vms?: number;
  /** When history begins; nothing was used before. */
  readonly since?: Millis;
  /** `default.page.size`. */
  readonly maxPageSize?: number;
  readonly hmac?: 'sha1' | 'sha512';
  /** Off when absent, as on a real server; a root admin is exempt (sheet 4.4). */
  readonly rateLimit?: { readonly max: number; readonly intervalMs: number };
  /** `bytes` is type 28 as 4.15 reported it (sheet 2.5). */
  readonly backupUnit?: 'hours' | 'bytes';
  readonly synthetic?: Synthetic;
}

/** The options with nothing left open. */
export interface Settings extends Omit<Required<CloudStackOptions>, 'now' | 'rateLimit' | 'synthetic'> {
  readonly rateLimit: CloudStackOptions['rateLimit'] | null;
  readonly synthetic: Synthetic | null;
}

/** @throws InvalidConfig for a zone that the runtime does not know. */
export function settingsOf(options: CloudStackOptions): Settings {
  const now = options.now ?? (() => Date.now());
  const zone = options.zone ?? 'UTC';
  if (!IANAZone.isValidZone(zone))
    throw new InvalidConfig(`The time zone "${zone}" is not known to this runtime`);
  return {
    port: options.port ?? 0,
    seed: options.seed ?? 1,
    faults: options.faults ?? [],
    planNow: options.planNow ?? now,
    wireNow: options.wireNow ?? now,
    zone,
    rangeMinutes: options.rangeMinutes ?? 1440,
    dateFormat: options.dateFormat ?? 'offset',
    role: options.role ?? 'root-admin',
    vms: options.vms ?? 12,
    since: options.since ?? Date.UTC(2026, 0, 1),
    maxPageSize: options.maxPageSize ?? 500,
    hmac: options.hmac ?? 'sha1',
    rateLimit: options.rateLimit ?? null,
    backupUnit: options.backupUnit ?? 'hours',
    synthetic: options.synthetic ?? null,
  };
}
