export { faults } from './faults.ts';
export { type AlmanachSimulator, startAlmanach } from './server.ts';
export {
  type AlmanachWithKeystone,
  startWithKeystone,
  startWithKeystone as start,
} from './with-keystone.ts';
