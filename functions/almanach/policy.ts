import { defineGrid } from '../../lib/grid.ts';
import type { Policy } from '../../lib/provider.ts';
import type { AlmanachClient } from './client.ts';

/**
 * Rows are cut to any cell, so the grid is ours to choose. Nothing is ever final: rows change later and nothing
 * marks it (sheet 4, 11); the lookback settles.
 */
export async function almanachPolicy({ context }: AlmanachClient): Promise<Policy> {
  return { grid: defineGrid(context.config.grid_minutes, 'UTC'), settledUntil: null, notes: [] };
}
