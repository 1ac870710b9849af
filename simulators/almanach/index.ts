export { faults } from './faults.ts';
export { type AlmanachSimulator, startAlmanach, startAlmanach as start } from './server.ts';
