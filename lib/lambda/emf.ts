import type { Provider } from '../provider.ts';
import type { StreamReport } from '../report.ts';
import { type Millis, parseInstant, SECOND } from '../time.ts';

/** What one run of an account's stream tells the alarms. */
export interface Measured {
  readonly provider: Provider<unknown, unknown>['name'];
  readonly stream: string;
  readonly account: string;
  readonly now: Millis;
  /** Null when the run failed. */
  readonly report: StreamReport | null;
}

/** What is measured: its name, and CloudWatch's unit of it. */
const units = {
  lag: 'Seconds',
  last_success: 'Seconds',
  quarantined: 'Count',
  unsettled: 'Count',
  failed: 'Count',
  accounts: 'Count',
  started: 'Count',
} as const;

type Values = Partial<Record<keyof typeof units, number>>;

/** The namespace of all our metrics. */
export const NAMESPACE = 'usage-sync';

/**
 * One line in CloudWatch's embedded metric format: printed to a function's log, it becomes metrics. Dimensions are
 * few, since each combination is paid for; `more` can be searched for and costs nothing.
 */
export function metricsLine(
  now: Millis,
  dimensions: Readonly<Record<string, string>>,
  values: Values,
  more: Readonly<Record<string, unknown>> = {},
): string {
  const names = Object.keys(values) as (keyof Values)[];
  const Metrics = names.map((name) => ({ Name: name, Unit: units[name] }));
  const directive = { Namespace: NAMESPACE, Dimensions: [Object.keys(dimensions)], Metrics };
  return JSON.stringify({
    _aws: { Timestamp: now, CloudWatchMetrics: [directive] },
    ...more,
    ...dimensions,
    ...values,
  });
}

/**
 * How a run went: how far behind now its account stands, when it last succeeded (seconds since 1970), what is in
 * quarantine and not settled yet. Partitions that failed count like runs that did. A run that did nothing measures nothing but that it did not fail.
 */
export function runMetricsLine({ account, now, provider, report, stream }: Measured): string {
  const dimensions = { provider, stream };
  if (report === null) return metricsLine(now, dimensions, { failed: 1 }, { account });
  const windows = report.windows;
  const failed = report.failures?.length ?? 0;
  const reached = report.last_update === null ? null : parseInstant(report.last_update);
  const values: Values = {
    failed,
    ...(failed === 0 ? { last_success: Math.floor(now / SECOND) } : {}),
    quarantined: windows.reduce((sum, window) => sum + window.quarantined, 0),
    unsettled: windows.filter((window) => !window.settled).length,
    ...(reached === null ? {} : { lag: Math.max(0, Math.round((now - reached) / SECOND)) }),
  };
  return metricsLine(now, dimensions, values, { account });
}
