import { defineGrid } from '../../lib/grid.ts';
import type { Policy } from '../../lib/provider.ts';
import type { CloudTowerClient } from './client.ts';

/**
 * Cells are of the account's length, in UTC. A cell that has ended by now is final: what was not sampled in time
 * can never be known later (sheet 6). Makes no request.
 */
export async function cloudTowerPolicy({ context }: CloudTowerClient): Promise<Policy> {
  const { config, clock } = context;
  return { grid: defineGrid(config.grid_minutes, 'UTC'), settledUntil: clock.plan(), notes: [] };
}
