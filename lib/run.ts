import { markCredentials } from './backoff.ts';
import type { Clock } from './clock.ts';
import { InvalidConfig, InvalidEvent, SyncError } from './errors.ts';
import type { Grid } from './grid.ts';
import { createHttp, type Transport } from './http.ts';
import type { SyncJob } from './job.ts';
import { createLog, type Level } from './log.ts';
import type { Mapping } from './mapping/load.ts';
import { usageKeys } from './models/key.ts';
import { parse } from './parse.ts';
import { assertSameGrid, type Plan, planCells } from './plan.ts';
import type { Provider } from './provider.ts';
import type { BadRow } from './read.ts';
import { createRedactor, type Redact, redactError } from './redact.ts';
import type { StreamReport } from './report.ts';
import type { Quarantined, Sink } from './sink/sink.ts';
import type { State } from './state/state.ts';
import { syncStream } from './sync.ts';
import type { Millis } from './time.ts';

/** Whose data is read, and in whose name it is delivered. Durations in seconds; the provider's when absent. */
export interface Subject {
  readonly id: string;
  readonly customer: string | null;
  /** The CMP's id of the resource the run is about. */
  readonly resource: string | null;
  readonly credentials: Readonly<Record<string, unknown>>;
  /** How the reader knows the credentials: `event.credentials`. */
  readonly credentialsPath: string;
  /** Whether a key that the provider does not know is an error: in a file that people write, it is. */
  readonly strictCredentials: boolean;
  readonly poll: number;
  readonly skew?: number | undefined;
  readonly lookback?: number | undefined;
  readonly backfill?: number | undefined;
  readonly initialInterval?: number | undefined;
  /** Quarantine is failure. */
  readonly strict?: boolean | undefined;
}

/** What an edge, Lambda or command line, brings along. */
export interface Platform {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly log: { readonly write: (line: string) => void; readonly level: Level };
  /** Whether a provider may be on this very machine: never where the platform's own services are. */
  readonly loopback: boolean;
  readonly random: () => number;
  /** Replaces the network: a recording, a replay. */
  readonly transport?: Transport;
}

/** What to do beyond what is due; see {@link SyncJob}. */
export type SyncOptions = Partial<
  Pick<SyncJob<unknown>, 'range' | 'order' | 'regrid' | 'retryNow' | 'report'>
>;

/** What is due in one partition, and how its time is cut. */
export interface PartitionPlan extends Plan {
  readonly partition: string;
  readonly grid: Grid;
}

/** Reads one account's usage and delivers it. @throws SyncError without a secret in its texts. */
export function runMetrics<Config, Client>(
  provider: Provider<Config, Client>,
  subject: Subject,
  platform: Platform,
  target: {
    readonly mapping: Mapping;
    readonly sink: Sink;
    readonly state: State;
    readonly seed: Millis | null;
  },
  options: SyncOptions = {},
): Promise<StreamReport> {
  const stream = provider.streams.metrics;
  if (!stream) throw new InvalidConfig(`${provider.name} has no metrics`);
  return connected(provider, subject, platform, (client, tools) => {
    const origin = {
      account: subject.id,
      customer: subject.customer,
      provider: provider.name,
      resource: subject.resource,
    };
    return syncStream({
      account: subject.id,
      provider,
      stream,
      client,
      ...platform,
      ...target,
      log: tools.log,
      settings: settingsOf(provider, subject),
      mapperFor: (partition) => ({
        mapping: target.mapping,
        origin,
        keyOf: usageKeys({ account: subject.id, provider: provider.name, stream: 'metrics', partition }),
        strict: subject.strict ?? false,
      }),
      credentialsMark: markCredentials(subject.credentials),
      quarantine: quarantineWith(tools.redact),
      regrid: false,
      retryNow: false,
      report: () => {},
      ...options,
    });
  });
}

/** Parses an account's credentials. @throws InvalidEvent or InvalidConfig with the true path. */
export function parseCredentials<Config>(
  provider: Pick<Provider<Config, unknown>, 'config'>,
  subject: Subject,
): Config {
  const schema = subject.strictCredentials ? provider.config.strict() : provider.config;
  return parse(
    schema,
    subject.credentials,
    subject.credentialsPath,
    subject.strictCredentials ? InvalidConfig : InvalidEvent,
  );
}

/** What is due, without reading it: one plan for each partition. */
export function runPlan<Config, Client>(
  provider: Provider<Config, Client>,
  subject: Subject,
  platform: Platform,
  state: State,
  options: Pick<SyncOptions, 'range' | 'order'> = {},
): Promise<PartitionPlan[]> {
  return connected(provider, subject, platform, async (client) => {
    const { grid, notes } = await provider.policy(client);
    const plans: PartitionPlan[] = [];
    for (const partition of (await provider.partitions?.(client)) ?? ['all']) {
      const stored = await state.peek({ account: subject.id, stream: 'metrics', partition });
      assertSameGrid(stored.grid, grid);
      const request = {
        ...settingsOf(provider, subject),
        ...stored,
        ...options,
        grid,
        now: platform.clock.plan(),
      };
      const plan = planCells(request);
      plans.push({ partition, grid, ...plan, notes: [...notes, ...plan.notes] });
    }
    return plans;
  });
}

/** Asks the provider whether these credentials are good for what we do. */
export function runVerify<Config, Client>(
  provider: Provider<Config, Client>,
  subject: Subject,
  platform: Platform,
): Promise<{ readonly notes: readonly string[] }> {
  return connected(provider, subject, platform, (client) => provider.verify(client));
}

/** How an account is read, where it does not say the provider's way. */
export function settingsOf(provider: Pick<Provider<unknown, unknown>, 'defaults'>, subject: Subject) {
  return {
    poll: subject.poll,
    skew: subject.skew ?? provider.defaults.skew,
    lookback: subject.lookback ?? provider.defaults.lookback,
    backfill: subject.backfill ?? 0,
    initialInterval: subject.initialInterval ?? 0,
  };
}

interface Tools {
  readonly redact: Redact;
  readonly log: ReturnType<typeof createLog>;
}

/**
 * Opens a provider for one piece of work, and closes it again: nothing that belongs to an account outlives it.
 * Whatever is thrown has no secret in its text.
 */
export async function connected<Config, Client, Result>(
  provider: Provider<Config, Client>,
  subject: Subject,
  platform: Platform,
  work: (client: Client, tools: Tools) => Promise<Result>,
): Promise<Result> {
  const config = parseCredentials(provider, subject);
  const redact = createRedactor(provider.secrets(config));
  const fields = { customer: subject.customer, account: subject.id, resource: subject.resource };
  const log = createLog({ ...platform.log, redact, now: platform.clock.wire, fields });
  const { clock, signal } = platform;
  const http = createHttp({
    ...platform,
    origins: [provider.origin(config)],
    tls: provider.tls(config),
    log,
    redact,
  });
  try {
    return await work(provider.connect({ config, http, clock, signal, log }), { redact, log });
  } catch (error) {
    throw redactError(error, redact); // a provider's own words may repeat what we sent
  } finally {
    http.close();
  }
}

function quarantineWith(redact: Redact) {
  return ({ raw, error }: BadRow): Quarantined => ({
    exc_type: error.name,
    exc_message: redact(error.message),
    code: error instanceof SyncError ? error.code : 'UNEXPECTED',
    raw: scrub(raw, redact),
  });
}

/** Redaction works on text; what it makes of JSON is JSON, unless a secret was part of its structure. */
function scrub(raw: unknown, redact: Redact): unknown {
  const text = redact(JSON.stringify(raw) ?? 'null');
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
