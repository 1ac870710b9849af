import type { Clock } from './clock.ts';
import type { Log } from './log.ts';
import type { Mapper } from './map.ts';
import type { MetricsStream, Provider } from './provider.ts';
import type { BadRow } from './read.ts';
import type { WindowReport } from './report.ts';
import type { Quarantined, Sink } from './sink/sink.ts';
import type { State } from './state/state.ts';
import type { Interval, Millis } from './time.ts';

/** How an account is read; durations in seconds. */
export interface Settings {
  readonly poll: number;
  readonly skew: number;
  readonly lookback: number;
  /** The longest span of one fetch; 0 without limit. */
  readonly backfill: number;
  readonly initialInterval: number;
}

/** One account's stream, ready to be worked on. */
export interface SyncJob<Client> {
  readonly account: string;
  readonly provider: Pick<Provider<unknown, Client>, 'policy' | 'partitions' | 'concurrency'>;
  readonly stream: MetricsStream<Client>;
  readonly client: Client;
  readonly clock: Clock;
  /** Aborts when time is up: complete cells are committed, the rest is for the next run. */
  readonly signal: AbortSignal;
  readonly log: Log;
  readonly settings: Settings;
  /** How records become metrics, in the account's name. */
  readonly mapperFor: (partition: string) => Mapper;
  readonly sink: Sink;
  readonly state: State;
  /** Where a partition begins of which nothing is stored: the event's `last_update`. */
  readonly seed: Millis | null;
  /** `--from/--to`: read this again, whatever is due. */
  readonly range?: Interval;
  readonly order?: 'oldest-first' | 'fresh-first';
  /** Rewrites the history on a grid that changed. */
  readonly regrid: boolean;
  /** Tries although a former failure asks to wait. */
  readonly retryNow: boolean;
  /** Changes when the credentials do. */
  readonly credentialsMark: string;
  readonly random: () => number;
  /** Removes secrets from an error. */
  readonly clean: (error: unknown) => unknown;
  /** Makes a row printable: no secret in it. */
  readonly quarantine: (row: BadRow) => Quarantined;
  /** Told after every checkpoint. */
  readonly report: (step: Step) => void;
}

/** A checkpoint was stored. */
export interface Step {
  readonly partition: string;
  /** How many partitions were done before this one, and how many there are. */
  readonly partitions: { readonly done: number; readonly all: number };
  /** Cells of this partition. */
  readonly done: number;
  readonly planned: number;
  readonly window: WindowReport;
}
