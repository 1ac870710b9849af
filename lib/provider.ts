import type * as z from 'zod';
import type { Clock } from './clock.ts';
import type { Grid } from './grid.ts';
import type { Http } from './http.ts';
import type { Log } from './log.ts';
import type { Location } from './models/location.ts';
import type { LogEntry } from './models/log-entry.ts';
import type { Resource } from './models/resource.ts';
import type { SpendRecord } from './models/spend-record.ts';
import type { StatusItem } from './models/status.ts';
import type { UsageRecord } from './models/usage.ts';
import type { Page } from './paginate.ts';
import type { Secret } from './secret.ts';
import type { Interval, Millis } from './time.ts';

/** All that a provider is given: nothing of it outlives the invocation. */
export interface Context<Config> {
  readonly config: Config;
  readonly http: Http;
  readonly clock: Clock;
  /** Aborts when time is up; checked before every request. */
  readonly signal: AbortSignal;
  readonly log: Log;
  /** Keeps a secret that was given on the way, such as a token, out of logs, errors and reports, as the account's own are. */
  conceal(secret: Secret): void;
}

/** How a provider's time is cut and trusted: what it says of itself. */
export interface Policy {
  readonly grid: Grid;
  /** Cells that end by then are final, the provider itself says; null when it does not say. */
  readonly settledUntil: Millis | null;
  /** Facts the operator should know: a permission that is missing, a default that was assumed. */
  readonly notes: readonly string[];
}

/** Something odd in what the provider told: it was dealt with by a rule, and a person may want to know. */
export interface Finding {
  /** What happened and what was done about it, the same words each time: findings are added up by them. */
  readonly what: string;
  /** The provider's id of the resource. */
  readonly id: string;
  /** Time that was cut, in milliseconds, where the rule cuts time. */
  readonly millis?: Millis;
}

/** Time of which nothing is known: neither usage nor zero. */
export interface Gap extends Interval {
  readonly why: string;
}

/** What the records of one cell came to. */
export interface Settled<Model = UsageRecord> {
  readonly records: readonly Model[];
  /** Records that the provider's rule calls the same as another, and dropped. */
  readonly duplicates: number;
  /** The partition's small memory for the next cell; committed with the checkpoint. */
  readonly memory?: unknown;
  readonly findings?: readonly Finding[];
  readonly gaps?: readonly Gap[];
}

/** Which rows a fetch is about. */
export interface FetchRequest {
  readonly span: Interval;
  /** What the span is cut on. */
  readonly grid: Grid;
  readonly partition: string;
  /** Aborts when the rows are not wanted any more; checked before every request. */
  readonly signal: AbortSignal;
}

/** What is asked when the present state is looked at, before anything is planned. */
export interface ObserveRequest {
  readonly partition: string;
  /** What the last run left; null on the first. */
  readonly memory: unknown;
  /** Seconds between two runs: how far apart looks are meant to be. */
  readonly poll: number;
  /** Planning clock. */
  readonly now: Millis;
  readonly signal: AbortSignal;
}

/** What every model of a cell says of itself. */
export interface Dated {
  /** Half-open. */
  readonly period: Interval;
  /** As the provider gave it. */
  readonly raw: unknown;
}

/** Usage or money, told in cells of the policy's grid. */
export interface CellStream<Client, Model extends Dated> {
  /**
   * For a provider that keeps no history: looks at what is there now and adds it to the partition's memory, from
   * which `settle` derives the cells. Runs once in every run, whatever is due; what it returns is committed.
   */
  observe?(client: Client, request: ObserveRequest): Promise<unknown>;
  /**
   * The raw rows that concern the span, page by page. It may give more than was asked: the engine cuts. It must
   * give all: a page that cannot be trusted throws.
   */
  fetch(client: Client, request: FetchRequest): AsyncIterable<Page>;
  /** Pure. Throws `MalformedResponse` naming the record and the field. */
  normalize(raw: unknown): readonly Model[];
  /** When a row begins, as far as that can still be read of one that cannot be normalised. */
  startOf(raw: unknown): Millis | null;
  /** The same of its end, where rows are life intervals; absent or null means that it may still go on. */
  endOf?(raw: unknown): Millis | null;
  /** A record belongs whole to the cell of its start, or, as a life interval, to every cell it overlaps. */
  readonly belongs: 'start' | 'overlap';
  /** Pure: one cell's records, and what the partition remembers, to those that count. */
  settle(records: readonly Model[], cell: Interval, memory: unknown): Settled<Model>;
}

export type MetricsStream<Client> = CellStream<Client, UsageRecord>;

/** Money, told in cells of a UTC day. */
export type SpendStream<Client> = CellStream<Client, SpendRecord>;

/** What a snapshot is taken of, and how. */
export interface SnapshotRequest {
  /** Where the operator says that the provider's zones are: by zone id or name. */
  readonly locations: Readonly<Record<string, Location>>;
  readonly partition: string;
  /** Planning clock. */
  readonly now: Millis;
  readonly signal: AbortSignal;
}

/** Everything there is at one time, or an error: half an inventory would read as deletions. */
export interface Snapshot<Item> {
  readonly items: readonly Item[];
  /** What could not be asked, and why: a permission that is missing is a note, never silence. */
  readonly notes: readonly string[];
  /** Types of resources that could not be asked for, in part or whole: that one is not here says nothing. */
  readonly unseen?: readonly string[];
}

/**
 * What is there now: resources, states. A listing that moves while it is read throws `InconsistentListing`;
 * the engine walks it once more.
 */
export interface SnapshotStream<Client, Item> {
  collect(client: Client, request: SnapshotRequest): Promise<Snapshot<Item>>;
}

/** What happened in an interval, told once. */
export interface JournalStream<Client, Item> {
  /** Entries whose time lies in the half-open span. */
  collect(
    client: Client,
    request: { readonly span: Interval; readonly signal: AbortSignal },
  ): Promise<Snapshot<Item>>;
}

/**
 * A remote system we read. A plain value: the presence of a stream is the capability.
 */
export interface Provider<Config, Client> {
  readonly name: string;
  /** The account's `credentials`, parsed once; secrets become unprintable here. */
  readonly config: z.ZodType<Config> & { strict(): z.ZodType<Config> };
  /** The base URLs that the account names: network access goes there, and where the account's own catalog says. */
  origins(config: NoInfer<Config>): readonly URL[];
  /** TLS of the account: a private CA, and whether certificates are verified. */
  tls(config: NoInfer<Config>): { readonly ca?: string; readonly verify: boolean };
  /** Everything that must never be printed. */
  secrets(config: NoInfer<Config>): readonly Secret[];
  /** ISO 4217, of a provider with spend: what rates does not know it, the account does. */
  currency?(config: NoInfer<Config>): string;
  /** How many spans may be read at once. */
  readonly concurrency: number;
  /** Seconds, where the account sets none: how far planning stays behind now, how far back is read again. */
  readonly defaults: { readonly skew: number; readonly lookback: number };
  /** What an invocation keeps of the provider: a token, a version, a choice of algorithm. Makes no request. */
  connect(context: Context<Config>): Client;
  policy(client: Client): Promise<Policy>;
  /**
   * The units of leases and checkpoints within the account; `['all']` when absent.
   * @param known those of which something is stored: one that the provider no longer lists may still have rows
   */
  partitions?(client: Client, known: readonly string[]): Promise<readonly string[]>;
  /** Finality that differs by partition; see {@link Policy.settledUntil}, in whose place it stands. */
  settledUntil?(client: Client, partition: string): Promise<Millis | null>;
  /** Asks the provider whether it knows these credentials and allows what is needed; throws a typed error when not. */
  verify(client: Client): Promise<{ readonly notes: readonly string[] }>;
  readonly streams: {
    readonly metrics?: MetricsStream<Client>;
    readonly spend?: SpendStream<Client>;
    readonly resources?: SnapshotStream<Client, Resource>;
    readonly status?: SnapshotStream<Client, StatusItem>;
    readonly logs?: JournalStream<Client, LogEntry>;
  };
}

/** Identity, so that the types of a provider follow from its value. */
export function defineProvider<Config, Client>(provider: Provider<Config, Client>): Provider<Config, Client> {
  return provider;
}
