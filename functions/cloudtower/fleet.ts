import type { CloudTowerClient } from './client.ts';
import { listAll, whereAllowed } from './listing.ts';
import { type Directory, directoryOf } from './resource-base.ts';
import {
  type TowerCluster,
  type TowerVm,
  towerCluster,
  towerDatacenter,
  towerLabel,
  towerVm,
} from './rows.ts';

/** The machines and what they are in: read once in an invocation, for samples and measurements alike. */
export interface Fleet {
  readonly clusters: readonly TowerCluster[];
  /** Without those that are still being made. */
  readonly machines: readonly TowerVm[];
  readonly directory: Directory;
}

export async function readFleet(
  client: Pick<CloudTowerClient, 'list' | 'context'>,
  signal: AbortSignal,
): Promise<Fleet> {
  const notes: string[] = [];
  const datacenters = await whereAllowed(
    notes,
    'Locations and tenants of usage are missing',
    listAll(client, 'get-datacenters', towerDatacenter, signal),
  );
  const clusters = await listAll(client, 'get-clusters', towerCluster, signal);
  const machines = await listAll(client, 'get-vms', towerVm, signal);
  const labels = machines.some((vm) => vm.labels?.some(({ key }) => !key))
    ? await whereAllowed(notes, 'Labels are missing', listAll(client, 'get-labels', towerLabel, signal))
    : [];
  for (const note of notes) client.context.log.warn(note);
  return {
    clusters,
    machines: machines.filter(({ entityAsyncStatus }) => entityAsyncStatus !== 'CREATING'),
    directory: directoryOf(clusters, datacenters ?? [], labels ?? [], {}),
  };
}
