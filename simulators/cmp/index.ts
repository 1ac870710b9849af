export { faults } from './faults.ts';
export type { MetricsNote, Received } from './received.ts';
export { type CmpOptions, type CmpSimulator, startCmp, startCmp as start } from './server.ts';
