export { faults } from './faults.ts';
export { type S3Options, type S3Simulator, startS3, startS3 as start } from './server.ts';
