import { markCredentials } from './backoff.ts';
import { connected, type Platform, parseCredentials, type Subject, type Tools } from './connect.ts';
import { InvalidConfig } from './errors.ts';
import type { Grid } from './grid.ts';
import type { CellStreamName, MapStage, SyncJob } from './job.ts';
import { syncJournal } from './journal.ts';
import { mapSpend } from './map/spend.ts';
import { type Mapper, mapCell } from './map.ts';
import type { Mapping } from './mapping/load.ts';
import { usageKeys } from './models/key.ts';
import { type Resource, resourceKey, serialiseResource } from './models/resource.ts';
import type { UsageRecord } from './models/usage.ts';
import { partitionsOf } from './partitions.ts';
import { assertSameGrid, type Plan, planCells } from './plan.ts';
import type { Provider } from './provider.ts';
import { quarantineWith } from './quarantine.ts';
import { type Redact, redactError } from './redact.ts';
import type { StreamReport } from './report.ts';
import type { Sink } from './sink/sink.ts';
import { syncSnapshots } from './snapshot.ts';
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

export type StreamName = 'resources' | 'metrics' | 'spend' | 'status' | 'logs';

/** The streams that a provider has, in the order in which they are run. */
export function streamNames({ streams }: Pick<Provider<unknown, unknown>, 'streams'>): StreamName[] {
  const all = ['resources', 'metrics', 'spend', 'status', 'logs'] as const;
  return all.filter((name) => streams[name] !== undefined);
}

/** Those that have a plan. */
export function isCellStream(name: StreamName): name is CellStreamName {
  return name === 'metrics' || name === 'spend';
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
  return connected(provider, subject, platform, async (client, tools) => {
    const { metrics, spend, resources, status, logs } = provider.streams;
    const job = jobOf(provider, name, subject, platform, target, options, client, tools);
    const run = () => {
      if (name === 'metrics' && metrics) {
        const mapFor = (partition: string): MapStage<UsageRecord> => {
          const by = mapperOf(provider.name, subject, target.mapping, partition);
          return (records, { bad }) => mapCell(records, bad, by);
        };
        return syncStream({ ...job, name, stream: metrics, mapFor });
      }
      if (name === 'spend' && spend) {
        const by = { currency: currencyOf(provider, subject), strict: subject.strict ?? false };
        // Without a sink the caller gets one document: one day's.
        const most = target.sink.replaces ? {} : { most: 1 };
        return syncStream({
          ...job,
          ...most,
          name,
          stream: spend,
          mapFor: () => (records, read) => mapSpend(records, read, by),
        });
      }
      if (name === 'resources' && resources) {
        return syncSnapshots({ ...job, name, stream: resources, print: printResource }, provider);
      }
      if (name === 'status' && status) {
        return syncSnapshots({ ...job, name, stream: status, print: (item) => ({ id: '', value: item }) });
      }
      if (name === 'logs' && logs) return syncJournal({ ...job, name, stream: logs });
      throw new InvalidConfig(`${provider.name} has no ${name}`, { code: 'UNKNOWN_STREAM' });
    };
    return withoutSecrets(await run(), tools.redact);
  });
}

/** What an account's spend is counted in. @throws InvalidConfig for a provider that has none. */
export function currencyOf<Config>(
  provider: Pick<Provider<Config, unknown>, 'name' | 'config' | 'currency'>,
  subject: Subject,
): string {
  const currency = provider.currency?.(parseCredentials(provider, subject));
  if (currency !== undefined) return currency;
  throw new InvalidConfig(`${provider.name} has no spend`, { code: 'UNKNOWN_STREAM' });
}

/** What every stream's job is given. */
function jobOf<Config, Client>(
  provider: Provider<Config, Client>,
  name: StreamName,
  subject: Subject,
  platform: Platform,
  target: Target,
  options: SyncOptions,
  client: Client,
  { log, redact }: Tools,
) {
  return {
    account: subject.id,
    name,
    provider,
    client,
    ...platform,
    sink: target.sink,
    state: target.state,
    seed: target.seed,
    log,
    locations: subject.locations ?? {},
    settings: settingsOf(provider, subject),
    credentialsMark: markCredentials(subject.credentials),
    clean: (error: unknown) => redactError(error, redact),
    quarantine: quarantineWith(redact),
    regrid: false,
    retryNow: false,
    report: () => {},
    ...options,
  };
}

function printResource(seen: Resource, now: Millis) {
  return { id: resourceKey(seen.type, seen.id), value: serialiseResource(seen, formatInstant(now)) };
}

/** Reads one account's usage and delivers it; see {@link runStream}. */
export function runMetrics<Config, Client>(
  provider: Provider<Config, Client>,
  subject: Subject,
  platform: Platform,
  target: Target,
  options: SyncOptions = {},
): Promise<StreamReport> {
  return runStream(provider, 'metrics', subject, platform, target, options);
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
  name: CellStreamName = 'metrics',
): Promise<PartitionPlan[]> {
  return connected(provider, subject, platform, async (client) => {
    const { grid, notes } = await provider.policy(client);
    const plans: PartitionPlan[] = [];
    const key = { account: subject.id, stream: name };
    for (const partition of await partitionsOf(provider, client, state, key)) {
      const stored = await state.peek({ ...key, partition });
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
    gaps: report.gaps.map((gap) => ({ ...gap, why: redact(gap.why) })),
    windows: report.windows.map((window) => ({
      ...window,
      dropped: { ...window.dropped, unmapped: clean(window.dropped.unmapped) },
      ...(window.findings
        ? { findings: window.findings.map((one) => ({ ...one, id: redact(one.id) })) }
        : {}),
    })),
  };
}
