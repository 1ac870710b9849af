export type { KeystoneCredentials, Validated } from './controls.ts';
export { faults } from './faults.ts';
export type { EndpointOption, KeystoneOptions, ProjectOption } from './options.ts';
export { type KeystoneSimulator, startKeystone, startKeystone as start } from './server.ts';
