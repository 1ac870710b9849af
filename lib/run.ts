import { markCredentials } from './backoff.ts';
import { connected, type Platform, type Subject } from './connect.ts';
import { InvalidConfig, SyncError } from './errors.ts';
import { rememberingFailure } from './failure.ts';
import type { Grid } from './grid.ts';
import type { SyncJob } from './job.ts';
import { syncJournal } from './journal.ts';
import type { Mapper } from './map.ts';
import type { Mapping } from './mapping/load.ts';
import { usageKeys } from './models/key.ts';
import { type Resource, resourceKey, serialiseResource } from './models/resource.ts';
import { assertSameGrid, type Plan, planCells } from './plan.ts';
import type { Provider } from './provider.ts';
import type { BadRow } from './read.ts';
import { type Redact, redactError } from './redact.ts';
import { reportUntil, type StreamReport } from './report.ts';
import type { Quarantined, Sink } from './sink/sink.ts';
import { type SnapshotJob, syncSnapshot } from './snapshot.ts';
import type { State } from './state/state.ts';
import { syncStream } from './sync.ts';
import { formatInstant, type Millis } from './time.ts';

export { type Platform, parseCredentials, type Subject } from './connect.ts';

/** What to do beyond what is due; see {@link SyncJob}. */
export type SyncOptions = Partial<
  Pick<SyncJob<unknown>, 'range' | 'order' | 'regrid' | 'retryNow' | 'report'>
>;

/** What is due in one partition, and how its time is cut. */
export interface PartitionPlan extends Plan {
  readonly partition: string;
  readonly grid: Grid;
}

/** Where an account's data goes, and what is known of it. */
export interface Target {
  readonly mapping: Mapping;
  readonly sink: Sink;
  readonly state: State;
  readonly seed: Millis | null;
}

export type StreamName = 'resources' | 'metrics' | 'status' | 'logs';

/** The streams that a provider has, in the order in which they are run. */
export function streamNames({ streams }: Pick<Provider<unknown, unknown>, 'streams'>): StreamName[] {
  return (['resources', 'metrics', 'status', 'logs'] as const).filter((name) => streams[name] !== undefined);
}

/** Reads one stream of an account and delivers it. @throws SyncError without a secret in its texts. */
export function runStream<Config, Client>(
  provider: Provider<Config, Client>,
  name: StreamName,
  subject: Subject,
  platform: Platform,
  target: Target,
  options: SyncOptions = {},
): Promise<StreamReport> {
  if (name === 'metrics') return runMetrics(provider, subject, platform, target, options);
  return connected(provider, subject, platform, async (client, { log, redact }) => {
    const shared = { ...platform, ...target, account: subject.id, client, log, poll: subject.poll };
    const rules = {
      ...shared,
      now: platform.clock.plan(),
      credentialsMark: markCredentials(subject.credentials),
      retryNow: options.retryNow ?? false,
      clean: (error: unknown) => redactError(error, redact),
    };
    const key = { account: subject.id, stream: name, partition: 'all' };
    try {
      return await rememberingFailure(key, rules, () =>
        runSnapshotOrJournal(provider, name, subject, shared),
      );
    } catch (error) {
      if (platform.signal.aborted) return reportUntil('continue', target.seed, subject.poll);
      throw error;
    }
  });
}

function runSnapshotOrJournal<Config, Client>(
  provider: Provider<Config, Client>,
  name: Exclude<StreamName, 'metrics'>,
  subject: Subject,
  shared: Omit<SnapshotJob<Client, never>, 'name' | 'stream' | 'locations' | 'print'> & Pick<Target, 'seed'>,
): Promise<StreamReport> {
  const { logs, resources, status } = provider.streams;
  const locations = subject.locations ?? {};
  if (name === 'resources' && resources) {
    const print = (seen: Resource, now: Millis) => ({
      id: resourceKey(seen.type, seen.id),
      value: serialiseResource(seen, formatInstant(now)),
    });
    return syncSnapshot({ ...shared, name, stream: resources, locations, print });
  }
  if (name === 'status' && status) {
    return syncSnapshot({
      ...shared,
      name,
      stream: status,
      locations,
      print: (item) => ({ id: '', value: item }),
    });
  }
  if (name === 'logs' && logs) {
    return syncJournal({ ...shared, stream: logs, initialInterval: subject.initialInterval ?? 0 });
  }
  throw new InvalidConfig(`${provider.name} has no ${name}`, { code: 'UNKNOWN_STREAM' });
}

/** Reads one account's usage and delivers it. @throws SyncError without a secret in its texts. */
export function runMetrics<Config, Client>(
  provider: Provider<Config, Client>,
  subject: Subject,
  platform: Platform,
  target: Target,
  options: SyncOptions = {},
): Promise<StreamReport> {
  const stream = provider.streams.metrics;
  if (!stream) throw new InvalidConfig(`${provider.name} has no metrics`, { code: 'UNKNOWN_STREAM' });
  return connected(provider, subject, platform, async (client, tools) => {
    const report = await syncStream({
      account: subject.id,
      provider,
      stream,
      client,
      ...platform,
      ...target,
      log: tools.log,
      settings: settingsOf(provider, subject),
      mapperFor: (partition) => mapperOf(provider.name, subject, target.mapping, partition),
      credentialsMark: markCredentials(subject.credentials),
      clean: (error) => redactError(error, tools.redact),
      quarantine: quarantineWith(tools.redact),
      regrid: false,
      retryNow: false,
      report: () => {},
      ...options,
    });
    return withoutSecrets(report, tools.redact);
  });
}

function mapperOf(provider: string, subject: Subject, mapping: Mapping, partition: string): Mapper {
  return {
    mapping,
    origin: { account: subject.id, customer: subject.customer, provider, resource: subject.resource },
    keyOf: usageKeys({ account: subject.id, provider, stream: 'metrics', partition }),
    strict: subject.strict ?? false,
  };
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

/** A report's own words are ours; notes and kinds may be the provider's. */
function withoutSecrets(report: StreamReport, redact: Redact): StreamReport {
  const clean = (kinds: Readonly<Record<string, number>>) =>
    Object.fromEntries(Object.entries(kinds).map(([kind, count]) => [redact(kind), count]));
  return {
    ...report,
    notes: report.notes.map(redact),
    windows: report.windows.map((window) => ({
      ...window,
      dropped: { ...window.dropped, unmapped: clean(window.dropped.unmapped) },
    })),
  };
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
  const text = redact(printRaw(raw));
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** A row may be nested so deeply that nothing can print it. */
function printRaw(raw: unknown): string {
  try {
    return JSON.stringify(raw) ?? 'null';
  } catch {
    return '"a record that cannot be printed"';
  }
}
