import type { ObserveRequest } from '../../lib/provider.ts';
import { DAY, formatInstant, MINUTE, type Millis, SECOND } from '../../lib/time.ts';
import type { CloudTowerClient } from './client.ts';
import type { Fleet } from './fleet.ts';
import { folded } from './fold.ts';
import { listAll, whereAllowed } from './listing.ts';
import { type Packed, packed, readMemory } from './packed.ts';
import { purgeTimes } from './recycle-bin.ts';
import { idOf } from './resource-base.ts';
import { type TowerVolume, towerAudit, towerSettings, towerVolume } from './rows.ts';
import {
  clusterSample,
  eventsOf,
  machineSample,
  type Sample,
  type TowerEvent,
  volumeSample,
} from './sample.ts';

/**
 * Takes a sample of all there is and adds it to what is remembered: the tower keeps no history of it (sheet 6).
 */
export async function observeTower(client: CloudTowerClient, request: ObserveRequest): Promise<Packed> {
  const { now, poll, signal } = request;
  const memory = readMemory(request.memory);
  if (memory !== null && now <= memory.last) return packed(memory);
  return packed(
    folded(memory, await takeSample(client, memory?.last ?? null, now, signal), trustedDistance(poll)),
  );
}

/**
 * The longest time between two samples that agree which is still believed to have passed the same way: four polls,
 * so that a run or two may fail, and half an hour at least.
 * @param poll seconds
 */
export function trustedDistance(poll: number): Millis {
  return Math.max(4 * poll * SECOND, 30 * MINUTE);
}

async function takeSample(
  client: CloudTowerClient,
  last: Millis | null,
  at: Millis,
  signal: AbortSignal,
): Promise<Sample> {
  const fleet = await client.fleet(signal);
  const { clusters, directory, machines } = fleet;
  const volumes = await listAll(client, 'get-vm-volumes', towerVolume, signal);
  const purgeAt = await purging(client, fleet, signal);
  const owners = ownersOf(fleet);
  const made = volumes.filter(({ entityAsyncStatus }) => entityAsyncStatus !== 'CREATING');
  return {
    at,
    clusters: clusters.map((cluster) => clusterSample(cluster, directory)),
    machines: machines.map((vm) =>
      machineSample(vm, (deletedAt) => purgeAt(vm.cluster?.id ?? '', deletedAt), directory),
    ),
    volumes: made.map((volume) => volumeSample(volume, owners(volume), directory)),
    // Last, so that whatever a sample shows already is told too.
    events: last === null ? [] : await eventsSince(client, last, signal),
  };
}

/** Sheet 6: the words that say when usage changed. */
const telling = [
  'CREATE_VM',
  'CLONE_VM',
  'CREATE_VM_FROM_TEMPLATE',
  'CREATE_VM_FROM_SNAPSHOT',
  'TRANSFORM_TEMPLATE_TO_VM',
  'IMPORT_VM',
  'DELETE_VM',
  'MOVE_VM_TO_RECYCLE_BIN',
  'RESTORE_VM_FROM_RECYCLE_BIN',
  'START_VM',
  'STOP_VM',
  'FORCE_STOP_VM',
  'SUSPEND_VM',
  'RESUME_VM',
  'EDIT_VM',
  'ROLLBACK_VM',
  'EDIT_VM_VOLUME',
  'UPDATE_VM_VOLUME',
  'DELETE_VM_VOLUME',
  'CREATE_VM_DISK',
  'CREATE_VM_VOLUME',
  'CLONE_VM_VOLUME',
];

/** A row is written when its task ends: a little earlier is asked for. Longer than any trusted distance is idle. */
const [OVERLAP, LONGEST]: [Millis, Millis] = [5 * MINUTE, 2 * DAY];

async function eventsSince(
  client: CloudTowerClient,
  last: Millis,
  signal: AbortSignal,
): Promise<TowerEvent[] | null> {
  const notes: string[] = [];
  const from = Math.max(last - OVERLAP, client.context.clock.plan() - LONGEST);
  const where = { finished_at_gte: isoText(from), action_in: telling };
  const rows = await whereAllowed(
    notes,
    'Changes between samples cannot be dated',
    listAll(client, 'get-user-audit-logs', towerAudit, signal, where),
  );
  for (const note of notes) client.context.log.warn(note);
  return rows && eventsOf(rows);
}

/** The tower writes milliseconds. */
function isoText(at: Millis): string {
  return formatInstant(at).replace(/(:\d\d)Z$/, '$1.000Z');
}

/** When recycle bins are emptied; the settings are asked for only when something lies in one. */
async function purging(
  client: CloudTowerClient,
  { machines }: Fleet,
  signal: AbortSignal,
): Promise<(clusterId: string, deletedAt: Millis) => Millis | null> {
  if (!machines.some(({ in_recycle_bin }) => in_recycle_bin)) return () => null;
  const ask = (operation: string) => whereAllowed([], '', listAll(client, operation, towerSettings, signal));
  const ofClusters = await ask('get-cluster-settingses');
  const ofTower = await ask('get-global-settingses');
  return purgeTimes(ofClusters ?? [], ofTower ?? [], client.context.config.tower_timezone);
}

/** Both sides show the same links, whose ids hold only until the next synchronisation: what does not match is unknown. */
function ownersOf({ machines }: Fleet): (volume: TowerVolume) => string[] {
  const ownerOf = new Map(
    machines.flatMap((vm) => (vm.vm_disks ?? []).map((disk): [string, string] => [disk.id, idOf(vm)])),
  );
  return ({ vm_disks }) => [...new Set((vm_disks ?? []).flatMap(({ id }) => ownerOf.get(id) ?? []))];
}
