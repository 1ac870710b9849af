export { faults } from './faults.ts';
export type { EndpointOption, KeystoneOptions, ProjectOption } from './options.ts';
export {
  type KeystoneCredentials,
  type KeystoneSimulator,
  startKeystone,
  startKeystone as start,
  type Validated,
} from './server.ts';
