import type { Clock } from './clock.ts';
import type { Mapped } from './deliver.ts';
import type { Log } from './log.ts';
import type { UsageRecord } from './models/usage.ts';
import type { CellStream, Dated, Provider } from './provider.ts';
import type { BadRow, CellRead } from './read.ts';
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

/** The streams that are told in cells. */
export type CellStreamName = 'metrics' | 'spend';

/** How one cell's records, settled, become what is delivered: the stage `map`. */
export type MapStage<Model extends Dated> = (
  records: readonly Model[],
  read: Pick<CellRead<Model>, 'bad' | 'cell'>,
) => Mapped;

/** One account's stream, ready to be worked on. */
export interface SyncJob<Client, Model extends Dated = UsageRecord> {
  readonly account: string;
  /** The stream's name: what is stored of it stands under that. */
  readonly name: CellStreamName;
  readonly provider: Pick<
    Provider<unknown, Client>,
    'policy' | 'partitions' | 'settledUntil' | 'concurrency'
  >;
  readonly stream: CellStream<Client, Model>;
  readonly client: Client;
  readonly clock: Clock;
  /** Aborts when time is up: complete cells are committed, the rest is for the next run. */
  readonly signal: AbortSignal;
  readonly log: Log;
  readonly settings: Settings;
  /** How records become metrics, in the account's name. */
  readonly mapFor: (partition: string) => MapStage<Model>;
  readonly sink: Sink;
  readonly state: State;
  /** Where a partition begins of which nothing is stored: the event's `last_update`. */
  readonly seed: Millis | null;
  /** `--from/--to`: read this again, whatever is due. */
  readonly range?: Interval;
  readonly order?: 'oldest-first' | 'fresh-first';
  /** The most cells of a partition that one run may give; all that are due when absent. */
  readonly most?: number;
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
