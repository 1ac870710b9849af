import type { Millis } from '../../lib/time.ts';

/** A project of the domain Default. */
export interface ProjectOption {
  /** 32 hex digits; made from the seed when absent. */
  readonly id?: string;
  readonly name: string;
  readonly enabled?: boolean;
}

/** An endpoint of another service; of all three interfaces when none is named. */
export interface EndpointOption {
  readonly type: string;
  readonly name: string;
  readonly region?: string;
  readonly interface?: string;
  /** May hold `$(project_id)s` or `%(tenant_id)s`. */
  readonly url: string;
}

export interface KeystoneOptions {
  /** 0, the default, takes a free one. */
  readonly port?: number;
  readonly seed?: number;
  readonly faults?: readonly string[];
  /** The server's clock: tokens expire by it. */
  readonly now?: () => Millis;
  /** How long a token lives. Default 3600. */
  readonly tokenSeconds?: number;
  /** Instead of acme, bolt and caffè. The credentials are scoped to the first. */
  readonly projects?: readonly ProjectOption[];
  /** What the catalog holds beside Keystone itself. */
  readonly endpoints?: readonly EndpointOption[];
}

/** The options with nothing left open. */
export type Settings = Required<KeystoneOptions>;

const openProjects: readonly ProjectOption[] = [{ name: 'acme' }, { name: 'bolt' }, { name: 'caffè' }];

export function settingsOf(options: KeystoneOptions): Settings {
  return {
    port: options.port ?? 0,
    seed: options.seed ?? 1,
    faults: options.faults ?? [],
    now: options.now ?? (() => Date.now()),
    tokenSeconds: options.tokenSeconds ?? 3600,
    projects: options.projects ?? openProjects,
    endpoints: options.endpoints ?? [],
  };
}
