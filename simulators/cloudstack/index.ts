export { faults } from './faults.ts';
export { type CloudStackSimulator, startCloudStack, startCloudStack as start } from './server.ts';
