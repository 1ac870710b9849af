import { type KeystoneSimulator, faults as keystoneFaults, startKeystone } from '../keystone/index.ts';
import { knownFaults } from '../wire-faults.ts';
import { faults as almanachFaults } from './faults.ts';
import type { TokenCheck } from './gate.ts';
import type { AlmanachOptions } from './options.ts';
import { type AlmanachSimulator, startAlmanach } from './server.ts';
import { projectsOf } from './world.ts';

/** The type that Almanach's own set-up registers; its Python client looks for another by default (sheet 2.4). */
const SERVICE_TYPE = 'usage';

export interface AlmanachWithKeystone extends AlmanachSimulator {
  readonly keystone: KeystoneSimulator;
}

export interface WithKeystoneOptions extends Omit<AlmanachOptions, 'validate'> {
  /** How long a token of Keystone lives. Default 3600. */
  readonly tokenSeconds?: number;
}

/**
 * An Almanach that lets tokens of a Keystone in, and the Keystone in whose catalog it is found. The credentials
 * are those of a user of Keystone. A fault that Almanach does not know goes to Keystone.
 * @throws InvalidConfig for a fault that neither knows
 */
export async function startWithKeystone(options: WithKeystoneOptions = {}): Promise<AlmanachWithKeystone> {
  const { seed = 1, now, tokenSeconds, faults = [], auth = 'keystone' } = options;
  const [own, others] = shared(faults);
  const keystone = await startKeystone({
    seed,
    faults: others,
    projects: projectsOf(seed),
    ...(now === undefined ? {} : { now }),
    ...(tokenSeconds === undefined ? {} : { tokenSeconds }),
  });
  const validate: TokenCheck = async (token) => (keystone.validate(token) ? 'valid' : 'invalid');
  const almanach = await startAlmanach({ ...options, auth, validate, faults: own });
  keystone.register({ type: SERVICE_TYPE, name: 'almanach', url: almanach.url });
  const { project_ids } = almanach.credentials;
  return {
    ...almanach,
    keystone,
    credentials: { ...keystone.credentials, service_type: SERVICE_TYPE, project_ids },
    setFaults(names) {
      const [mine, theirs] = shared(names);
      almanach.setFaults(mine);
      keystone.setFaults(theirs);
    },
    async close() {
      await Promise.all([almanach.close(), keystone.close()]);
    },
  };
}

/** What can be made to go wrong with either; what both have is Almanach's. */
export const faults = { ...keystoneFaults, ...almanachFaults };

/** @throws InvalidConfig for a fault that neither knows */
function shared(names: readonly string[]): [almanach: string[], keystone: string[]] {
  const known = [...knownFaults(faults, names)];
  const isOwn = (name: string) => Object.hasOwn(almanachFaults, name);
  return [known.filter(isOwn), known.filter((name) => !isOwn(name))];
}
