export { faults } from './faults.ts';
export { type CloudKittySimulator, startCloudKitty, startCloudKitty as start } from './server.ts';
