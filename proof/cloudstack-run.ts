import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CloudStackClient } from '../functions/cloudstack/client.ts';
import { provider as cloudstack } from '../functions/cloudstack/index.ts';
import type { CloudStackConfig } from '../functions/cloudstack/types.ts';
import { loadMapping } from '../lib/mapping/load.ts';
import type { MetricsStream, Provider } from '../lib/provider.ts';
import { type Platform, runMetrics, type Subject, type SyncOptions, type Target } from '../lib/run.ts';
import type { Interval, Millis } from '../lib/time.ts';
import { oracleRows } from '../simulators/cloudstack/oracle.ts';
import type { CloudStackSimulator } from '../simulators/cloudstack/server.ts';

/** CloudStack's provider, ours or one that does a part of the work in a bad way. */
export type CloudStackProvider = Provider<CloudStackConfig, CloudStackClient>;
export type CloudStackStream = MetricsStream<CloudStackClient>;

/** Our provider with another way to do a part of it. */
export function changed(change: (stream: CloudStackStream) => Partial<CloudStackStream>): CloudStackProvider {
  const { metrics } = cloudstack.streams as { readonly metrics: CloudStackStream };
  return {
    ...cloudstack,
    streams: { ...cloudstack.streams, metrics: { ...metrics, ...change(metrics) } as CloudStackStream },
  };
}

const kinds = [
  'RUNNING_VM ALLOCATED_VM IP_ADDRESS NETWORK_BYTES_SENT NETWORK_BYTES_RECEIVED VOLUME TEMPLATE ISO SNAPSHOT SECURITY_GROUP',
  'LOAD_BALANCER_POLICY PORT_FORWARDING_RULE NETWORK_OFFERING VPN_USERS VM_DISK_IO_READ VM_DISK_IO_WRITE VM_DISK_BYTES_READ',
  'VM_DISK_BYTES_WRITE VM_SNAPSHOT VOLUME_SECONDARY VM_SNAPSHOT_ON_PRIMARY BACKUP BACKUP_BYTES BUCKET NETWORK VPC',
].flatMap((line) => line.split(' '));

/** Every amount as it came: what is compared is the reading, not the mapping. */
export const rawMapping = kinds.map((kind) => `${kind}: {name: raw}\n`).join('');
export const asItCame = loadMapping(rawMapping, 'raw.yaml');

interface Run {
  readonly provider: CloudStackProvider;
  readonly credentials: Readonly<Record<string, unknown>>;
  readonly now: Millis;
  readonly target: Pick<Target, 'sink' | 'state'> & { readonly seed: Millis | null };
  /** Seconds; the provider's own when absent. */
  readonly lookback?: number | undefined;
  /** What is done beyond what is due. */
  readonly options?: SyncOptions;
  readonly recorder?: Platform['recorder'];
}

/** One run of the engine at a planning time of its own. */
export function syncOnce({ provider, credentials, now, target, lookback, options, recorder }: Run) {
  const subject: Subject = {
    id: 'acme',
    customer: null,
    resource: null,
    credentials,
    credentialsPath: 'credentials',
    strictCredentials: true,
    poll: 3600,
    lookback,
  };
  const platform: Platform = {
    clock: { plan: () => now, wire: Date.now },
    signal: new AbortController().signal,
    log: { write: () => {}, level: 'error' },
    loopback: true,
    random: () => 0,
    ...(recorder ? { recorder } : {}),
  };
  const everything = { mapping: asItCame, ...target };
  return runMetrics(provider, subject, platform, everything, { retryNow: true, ...options });
}

/** What was used by whom and when, in whole numbers: millionths of an hour, bytes, operations. */
export type Sums = ReadonlyMap<string, bigint>;

/** What the cloud reports for its true history. */
export interface Truth {
  readonly sums: Sums;
  /** The kinds that are told in hours. */
  readonly hours: ReadonlySet<string>;
}

export function truthOf(cloud: Pick<CloudStackSimulator, 'options'>, range: Interval): Truth {
  const sums = new Map<string, bigint>();
  const hours = new Set<string>();
  for (const { kind, id, tenant, period, amount, unit } of oracleRows(cloud, range)) {
    if (unit === 'hours') hours.add(kind);
    add(sums, [kind, id, tenant, period.start, period.end].join(' '), amount);
  }
  return { sums, hours };
}

/** A line of a delivered file, or a metric before it is one. */
interface Delivered {
  readonly kind: string;
  readonly provider_id: string;
  readonly tenant: { readonly id: string } | null;
  readonly time: string | Millis;
  readonly end: string | Millis;
  readonly value: number;
}

export function sumsOf(lines: Iterable<Delivered>, hours: ReadonlySet<string>): Sums {
  const sums = new Map<string, bigint>();
  for (const { kind, provider_id, tenant, time, end, value } of lines) {
    const at = [kind, provider_id, tenant?.id, Number(new Date(time)), Number(new Date(end))].join(' ');
    add(sums, at, BigInt(Math.round(hours.has(kind) ? value * 1e6 : value)));
  }
  return sums;
}

/** The lines of all files that a file sink left. */
export async function linesIn(folder: string, account = 'acme'): Promise<Delivered[]> {
  const place = join(folder, 'metrics', account, 'all');
  const names = await readdir(place).catch(() => []);
  const texts = await Promise.all(names.map((name) => readFile(join(place, name), 'utf8')));
  return texts.flatMap((text) => text.split('\n').filter(Boolean)).map((line) => JSON.parse(line));
}

/** The first difference, readable; null when there is none. */
export function differenceOf(found: Sums, expected: Sums): string | null {
  for (const at of new Set([...found.keys(), ...expected.keys()])) {
    if (found.get(at) !== expected.get(at)) return `${at}: ${found.get(at)}, not ${expected.get(at)}`;
  }
  return null;
}

function add(sums: Map<string, bigint>, at: string, amount: bigint): void {
  sums.set(at, (sums.get(at) ?? 0n) + amount);
}
