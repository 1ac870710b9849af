export { type AlmanachSimulator, startAlmanach } from './server.ts';
export {
  type AlmanachWithKeystone,
  faults,
  startWithKeystone,
  startWithKeystone as start,
} from './with-keystone.ts';
