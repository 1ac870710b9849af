import type { Account } from '../lib/account.ts';
import { HOUR, type Millis } from '../lib/time.ts';
import { startWithKeystone as startAlmanach } from '../simulators/almanach/with-keystone.ts';
import { startCloudKitty } from '../simulators/cloudkitty/server.ts';
import { startCloudStack } from '../simulators/cloudstack/server.ts';
import { startCloudTower } from '../simulators/cloudtower/server.ts';
import type { Simulator } from '../simulators/simulator.ts';

/** A fortnight: enough to see a history, and over in seconds. */
const FIRST_RUN = 14 * 86_400;

/** A simulated cloud, and the account that reads it; what the cloud says of its credentials is added. */
export interface Demo {
  /** @param now the clock that the cloud goes by */
  open(now: () => Millis): Promise<Pick<Simulator, 'credentials' | 'close'>>;
  readonly account: Account;
  /** Of a cloud without history: for how long it is watched before it is shown. */
  readonly watched?: Millis;
}

/** One of each kind of cloud, and one that is hard to read. */
export const demo: readonly Demo[] = [
  {
    open: () =>
      startCloudStack({
        seed: 1,
        zone: 'Europe/Berlin',
        rangeMinutes: 1440,
        dateFormat: 'offset',
        role: 'root-admin',
      }),
    account: {
      id: 'acme',
      provider: 'cloudstack',
      customer_id: 'acme-gmbh',
      credentials: {},
      initial_interval: FIRST_RUN,
    },
  },
  {
    open: () =>
      startCloudStack({
        seed: 2,
        zone: 'UTC',
        rangeMinutes: 60,
        dateFormat: 'quoted',
        role: 'domain-admin',
        faults: ['429-storm', 'duplicate-rows'],
      }),
    account: {
      id: 'globex',
      provider: 'cloudstack',
      customer_id: 'globex-plc',
      credentials: { usage_aggregation_range: 60, usage_aggregation_timezone: 'UTC' },
      initial_interval: FIRST_RUN / 7,
    },
  },
  {
    open: () => startAlmanach({ seed: 3 }),
    account: {
      id: 'initech',
      provider: 'almanach',
      customer_id: 'initech-ag',
      credentials: {},
      initial_interval: FIRST_RUN / 7,
    },
  },
  {
    open: () => startCloudKitty({ seed: 4, faults: ['5xx'] }),
    account: {
      id: 'umbrella',
      provider: 'cloudkitty',
      customer_id: 'umbrella-sa',
      credentials: {},
      initial_interval: FIRST_RUN / 4,
    },
  },
  {
    open: (now) => startCloudTower({ seed: 5, now }),
    account: {
      id: 'hooli',
      provider: 'cloudtower',
      customer_id: 'hooli-inc',
      credentials: {},
      poll_interval: 900,
    },
    watched: 6 * HOUR,
  },
];
