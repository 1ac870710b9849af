/**
 * The state of a tower, a datacenter or a cluster at a glance:
 *
 *     node build/run.mjs examples/dashboard.ts --accounts accounts.yaml --account ID [--cluster NAME | --datacenter NAME]
 */
import type { CloudTowerClient } from '../functions/cloudtower/client.ts';
import { listAll } from '../functions/cloudtower/listing.ts';
import { towerAlert, towerCluster, towerHost, towerPhysicalDisk } from '../functions/cloudtower/rows.ts';
import { dashboardOf, diskFigures, flash, type Scope, type TowerInventory } from './dashboard-figures.ts';
import { command, optionsOf, withTower } from './open-tower.ts';

await command(async () => {
  const { cluster, datacenter, ...options } = optionsOf(['cluster', 'datacenter']);
  const scope: Scope = { ...(cluster ? { cluster } : {}), ...(datacenter ? { datacenter } : {}) };
  const inventory = await withTower(options, readInventory);
  const figures = {
    ...dashboardOf(inventory, scope),
    ssd: diskFigures(inventory.disks, inventory.hosts, flash),
  };
  process.stdout.write(`${JSON.stringify(figures, null, 2)}\n`);
});

async function readInventory(client: CloudTowerClient): Promise<TowerInventory> {
  const { signal } = client.context;
  return {
    clusters: await listAll(client, 'get-clusters', towerCluster, signal),
    hosts: await listAll(client, 'get-hosts', towerHost, signal),
    disks: await listAll(client, 'get-disks', towerPhysicalDisk, signal),
    alerts: await listAll(client, 'get-alerts', towerAlert, signal, { ended: false }),
  };
}
