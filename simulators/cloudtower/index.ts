export { faults } from './faults.ts';
export { startCloudTower as start } from './server.ts';
