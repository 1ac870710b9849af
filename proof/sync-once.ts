import type { Mapping } from '../lib/mapping/load.ts';
import type { MetricsStream, Provider } from '../lib/provider.ts';
import type { StreamReport } from '../lib/report.ts';
import { type Platform, runMetrics, type Subject, type SyncOptions, type Target } from '../lib/run.ts';
import type { Millis } from '../lib/time.ts';

/** What one run is about; its times are held. */
interface Run {
  readonly mapping: Mapping;
  readonly credentials: Readonly<Record<string, unknown>>;
  readonly now: Millis;
  readonly target: Pick<Target, 'sink' | 'state'> & { readonly seed: Millis | null };
  /** Seconds; the provider's own when absent. */
  readonly lookback?: number | undefined;
  /** Seconds; the longest span of one request. */
  readonly backfill?: number;
  /** What is done beyond what is due. */
  readonly options?: SyncOptions;
  readonly recorder?: Platform['recorder'];
}

/** One run of the engine at a planning time of its own. */
export function syncOnce<Config, Client>(
  provider: Provider<Config, Client>,
  { mapping, credentials, now, target, lookback, backfill, options, recorder }: Run,
): Promise<StreamReport> {
  const subject: Subject = {
    id: 'acme',
    customer: null,
    resource: null,
    credentials,
    credentialsPath: 'credentials',
    strictCredentials: true,
    poll: 3600,
    lookback,
    backfill,
  };
  const platform: Platform = {
    clock: { plan: () => now, wire: Date.now },
    signal: new AbortController().signal,
    log: { write: () => {}, level: 'error' },
    loopback: true,
    random: () => 0,
    ...(recorder ? { recorder } : {}),
  };
  return runMetrics(provider, subject, platform, { mapping, ...target }, { retryNow: true, ...options });
}

/** Another way to do a part of what a stream of metrics does. */
export type Change<Client> = (stream: MetricsStream<Client>) => Partial<MetricsStream<Client>>;

/** A provider that does it so. */
export function withMetrics<Config, Client>(
  provider: Provider<Config, Client>,
  change: Change<Client>,
): Provider<Config, Client> {
  const { metrics } = provider.streams;
  if (!metrics) throw new Error(`${provider.name} has no metrics`);
  return { ...provider, streams: { ...provider.streams, metrics: { ...metrics, ...change(metrics) } } };
}
