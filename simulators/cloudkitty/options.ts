import { IANAZone } from 'luxon';
import { InvalidConfig } from '../../lib/errors.ts';
import type { Millis } from '../../lib/time.ts';

export type Role = 'admin' | 'member' | 'reader';

export interface CloudKittyOptions {
  /** 0, the default, takes a free one. */
  readonly port?: number;
  readonly seed?: number;
  readonly faults?: readonly string[];
  /** The server's clock: `planNow` decides how far rating has come, `wireNow` when tokens expire. */
  readonly now?: () => Millis;
  readonly planNow?: () => Millis;
  readonly wireNow?: () => Millis;
  /** With v1 storage there is no v2 API (sheet 2). */
  readonly storage?: 'v1' | 'v2';
  /** The zone of the server's process, which v2 writes its dates in; IANA. */
  readonly zone?: string;
  /** CloudKitty's version (sheet 1): what v2 offers, and to whom; `state` of scopes; the filter that sticks. */
  readonly release?: number;
  /** Names; of the last one nothing is rated. Default alpha, beta, gamma and empty. */
  readonly projects?: readonly string[];
  /** Who the credentials are of, scoped to the first project. */
  readonly role?: Role;
  /** Servers of a project that run all the time. */
  readonly servers?: number;
  /** When the history begins. */
  readonly since?: Millis;
  /** How far the processor stays behind, in hours. */
  readonly lag?: number;
  /** A path before `/v1` and `/v2`, as some deployments have one. */
  readonly prefix?: string;
}

/** The options with nothing left open. */
export type Settings = Omit<Required<CloudKittyOptions>, 'now'>;

/** @throws InvalidConfig for a zone that the runtime does not know. */
export function settingsOf(options: CloudKittyOptions): Settings {
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
    storage: options.storage ?? 'v2',
    zone,
    release: options.release ?? 17,
    projects: options.projects ?? ['alpha', 'beta', 'gamma', 'empty'],
    role: options.role ?? 'admin',
    servers: options.servers ?? 3,
    since: options.since ?? Date.UTC(2024, 0, 1),
    lag: options.lag ?? 2,
    prefix: options.prefix ?? '',
  };
}
