import type { Interval, Millis } from '../../lib/time.ts';

export interface CloudTowerOptions {
  /** 0, the default, takes a free one. */
  readonly port?: number;
  readonly seed?: number;
  readonly faults?: readonly string[];
  /** The tower's clock: what is there, and until when it is measured. */
  readonly now?: () => Millis;
  readonly planNow?: () => Millis;
  /** `key`: the credentials are an API key instead of a user and its password. */
  readonly credentials?: 'user' | 'key';
  /** Which source the user logs in from; `LDAP` needs the question for identity sources first. */
  readonly source?: 'LOCAL' | 'LDAP' | 'AUTHN' | 'SSO';
  /** As `/get-version` says; below 2.3 it says nothing. */
  readonly version?: string;
  /** How many machines live at a time. */
  readonly vms?: number;
  /** When history begins; nothing was there before. */
  readonly since?: Millis;
  /** When the second cluster was not connected. */
  readonly disconnected?: readonly Interval[];
  /** The most rows of a page, whatever `first` asks for. */
  readonly maxFirst?: number;
  /** Share of shutdowns that come from inside the guest, and so are in no audit. */
  readonly guestShutdowns?: number;
  /** Share of changes to sizes that are made on the cluster itself, and so are in no audit. */
  readonly unseenEdits?: number;
  /** Machines live for hours instead of weeks, and start and stop within them all the time. */
  readonly busy?: boolean;
  /** Days that deleted machines are kept in the recycle bin. */
  readonly retain?: number;
}

/** The options with nothing left open. */
export type Settings = Required<Omit<CloudTowerOptions, 'now'>>;

export function settingsOf(options: CloudTowerOptions): Settings {
  const now = options.planNow ?? options.now ?? (() => Date.now());
  return {
    port: options.port ?? 0,
    seed: options.seed ?? 1,
    faults: options.faults ?? [],
    planNow: now,
    credentials: options.credentials ?? 'user',
    source: options.source ?? 'LOCAL',
    version: options.version ?? '4.8.0',
    vms: options.vms ?? 12,
    since: options.since ?? Date.UTC(2026, 0, 1),
    disconnected: options.disconnected ?? [],
    maxFirst: options.maxFirst ?? 1000,
    guestShutdowns: options.guestShutdowns ?? 0.25,
    unseenEdits: options.unseenEdits ?? 0.1,
    busy: options.busy ?? false,
    retain: options.retain ?? 3,
  };
}
