import { defineGrid, nextBoundary } from '../../lib/grid.ts';
import { DAY, MINUTE, type Millis } from '../../lib/time.ts';
import type { TowerSettings } from './rows.ts';

/**
 * When the recycle bins are emptied: at 23:59 of the tower's clock on the last of so many days, the cluster's own
 * number going before the tower's (sheet 2.6).
 * @param zone IANA name; where the tower's clock hangs is not told
 * @returns null where nothing says for how long machines are kept
 */
export function purgeTimes(
  ofClusters: readonly TowerSettings[],
  ofTower: readonly TowerSettings[],
  zone: string,
): (clusterId: string, deletedAt: Millis) => Millis | null {
  const day = defineGrid(1440, zone);
  const general = ofTower[0]?.vm_recycle_bin?.retain ?? null;
  const own = new Map(ofClusters.map(({ cluster, vm_recycle_bin }) => [cluster?.id, vm_recycle_bin?.retain]));
  return (clusterId, deletedAt) => {
    const days = own.get(clusterId) ?? general;
    return days === null ? null : nextBoundary(day, deletedAt + days * DAY) - MINUTE;
  };
}
