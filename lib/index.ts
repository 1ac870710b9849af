/** The library: expressions, intervals, the planner, models, errors, and what a provider is. */
export * from './errors.ts';
export { cellAt, cellsOver, defineGrid, type Grid, nextBoundary } from './grid.ts';
export { type IntervalEvent, type IntervalOptions, setupTimeInterval } from './interval.ts';
export { compile, type Expression, evaluate } from './mapping/expression.ts';
export { loadMapping, type Mapping, type MappingEntry } from './mapping/load.ts';
export * from './models/index.ts';
export { type Plan, type PlannedCell, type PlanRequest, planCells } from './plan.ts';
export {
  type CellStream,
  defineProvider,
  type Finding,
  type Gap,
  type MetricsStream,
  type Policy,
  type Provider,
  type Settled,
  type SnapshotStream,
  type SpendStream,
} from './provider.ts';
export type { Interval, Millis } from './time.ts';
