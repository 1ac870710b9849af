import type { CloudStackClient } from '../functions/cloudstack/client.ts';
import { provider as cloudstack } from '../functions/cloudstack/index.ts';
import type { CloudStackConfig } from '../functions/cloudstack/types.ts';
import { loadMapping } from '../lib/mapping/load.ts';
import type { MetricsStream, Provider } from '../lib/provider.ts';
import type { Interval } from '../lib/time.ts';
import { oracleRows } from '../simulators/cloudstack/oracle.ts';
import type { CloudStackSimulator } from '../simulators/cloudstack/server.ts';
import { add, type Delivered, type Sums } from './delivered.ts';
import { type Change, withMetrics } from './sync-once.ts';

/** CloudStack's provider, ours or one that does a part of the work in a bad way. */
export type CloudStackProvider = Provider<CloudStackConfig, CloudStackClient>;
export type CloudStackStream = MetricsStream<CloudStackClient>;

/** Our provider with another way to do a part of it. */
export function changed(change: Change<CloudStackClient>): CloudStackProvider {
  return withMetrics(cloudstack, change);
}

const kinds = [
  'RUNNING_VM ALLOCATED_VM IP_ADDRESS NETWORK_BYTES_SENT NETWORK_BYTES_RECEIVED VOLUME TEMPLATE ISO SNAPSHOT SECURITY_GROUP',
  'LOAD_BALANCER_POLICY PORT_FORWARDING_RULE NETWORK_OFFERING VPN_USERS VM_DISK_IO_READ VM_DISK_IO_WRITE VM_DISK_BYTES_READ',
  'VM_DISK_BYTES_WRITE VM_SNAPSHOT VOLUME_SECONDARY VM_SNAPSHOT_ON_PRIMARY BACKUP BACKUP_BYTES BUCKET NETWORK VPC',
].flatMap((line) => line.split(' '));

/** Every amount as it came: what is compared is the reading, not the mapping. */
export const rawMapping = kinds.map((kind) => `${kind}: {name: raw}\n`).join('');
export const asItCame = loadMapping(rawMapping, 'raw.yaml');

/** What the cloud reports for its true history. */
export interface Truth {
  /** Millionths of an hour, bytes, operations. */
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

export function sumsOf(lines: Iterable<Delivered>, hours: ReadonlySet<string>): Sums {
  const sums = new Map<string, bigint>();
  for (const { kind, provider_id, tenant, time, end, value } of lines) {
    const at = [kind, provider_id, tenant?.id, Number(new Date(time)), Number(new Date(end))].join(' ');
    add(sums, at, BigInt(Math.round(hours.has(kind) ? value * 1e6 : value)));
  }
  return sums;
}
