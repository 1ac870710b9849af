import { type StatusItem, type StatusLevel, statusItem } from '../../lib/models/status.ts';
import type { Snapshot, SnapshotRequest, SnapshotStream } from '../../lib/provider.ts';
import { formatInstant } from '../../lib/time.ts';
import type { CloudTowerClient } from './client.ts';
import { listAll, whereAllowed } from './listing.ts';
import { timeOf } from './resource-base.ts';
import {
  type TowerAlert,
  type TowerCluster,
  type TowerPhysicalDisk,
  towerAlert,
  towerCluster,
  towerPhysicalDisk,
} from './rows.ts';

/** How the tower is: whether each cluster is connected, the disks that are not well, the alerts that go on. */
export const statusStream: SnapshotStream<CloudTowerClient, StatusItem> = { collect: collectStatus };

async function collectStatus(
  client: CloudTowerClient,
  { now, signal }: SnapshotRequest,
): Promise<Snapshot<StatusItem>> {
  const notes: string[] = [];
  const clusters = await listAll(client, 'get-clusters', towerCluster, signal);
  const disks = await whereAllowed(
    notes,
    'The state of disks is missing',
    listAll(client, 'get-disks', towerPhysicalDisk, signal),
  );
  const alerts = await whereAllowed(
    notes,
    'Alerts are missing',
    listAll(client, 'get-alerts', towerAlert, signal, { ended: false }),
  );
  const time = formatInstant(now);
  return {
    items: [
      ...clusters.map((cluster) => clusterState(cluster, time)),
      ...(disks ?? []).flatMap((disk) => diskState(disk, time)),
      ...(alerts ?? []).filter(({ ended }) => ended !== true).map((alert) => alertState(alert, time)),
    ],
    notes,
  };
}

/** States in which the tower shows what the cluster is now, and not what it was (sheet 2.6). */
const connected: ReadonlyMap<string, StatusLevel> = new Map([
  ['CONNECTED', 0],
  ['CONNECTED_ERROR', 1],
  ['INITIALIZING', 1],
]);

function clusterState(
  { id, name, connect_state, disconnected_reason }: TowerCluster,
  time: string,
): StatusItem {
  const level = connected.get(connect_state ?? '') ?? 2;
  const reason = level > 0 && disconnected_reason ? `, ${disconnected_reason}` : '';
  return item(level, time, `Cluster ${name || id}: ${connect_state || 'unknown'}${reason}`);
}

/** Sheet 3.7, 3.10; a software RAID that failed is a failure. */
export const failing: ReadonlySet<string> = new Set([
  'UNHEALTHY',
  'SUBHEALTHY',
  'SMART_FAILED',
  'SOFTWARE_RAID_FAILURE',
]);
export const unmounted: ReadonlySet<string> = new Set(['UNMOUNTED', 'PARTIAL_MOUNTED', 'ISOLATED']);

/** Healthy disks are very many, and say nothing. */
function diskState(disk: TowerPhysicalDisk, time: string): StatusItem[] {
  const isFailing = failing.has(disk.health_status ?? '');
  if (!isFailing && !unmounted.has(disk.usage_status ?? '')) return [];
  const state = isFailing ? disk.health_status : disk.usage_status;
  const where = disk.host?.name ? ` of ${disk.host.name}` : '';
  return [item(isFailing ? 2 : 1, time, `Disk ${disk.name || disk.id}${where}: ${state}`)];
}

const severities: ReadonlyMap<string, StatusLevel> = new Map([
  ['CRITICAL', 2],
  ['NOTICE', 1],
  ['INFO', 0],
]);

function alertState(alert: TowerAlert, time: string): StatusItem {
  const { severity, message, cluster, local_start_time, local_create_time } = alert;
  const level = severities.get(severity ?? '') ?? 1;
  const since = timeOf(local_start_time) ?? timeOf(local_create_time) ?? time;
  const where = cluster?.name ? `${cluster.name}: ` : '';
  return item(level, since, `${where}${message || `Alert of severity ${severity || 'unknown'}`}`);
}

function item(level: StatusLevel, time: string, reason: string): StatusItem {
  return statusItem({ level, time, source: 'cloudtower', reason });
}
