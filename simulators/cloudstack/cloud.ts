import type { Interval, Millis } from '../../lib/time.ts';
import { keyOf } from '../seeded.ts';
import { type Calendar, calendar } from './calendar.ts';
import { type FaultName, parseFaults } from './faults.ts';
import { historyOf } from './history.ts';
import type { Settings } from './options.ts';
import { type Pager, pager } from './page-faults.ts';
import { type RowFaults, rowFaults } from './row-faults.ts';
import { type SyntheticTable, syntheticTable } from './synthetic.ts';
import { type UsageTable, usageTable } from './usage-job.ts';
import type { Caller } from './usage-query.ts';
import { callerOf, maySee, type World, worldOf } from './world.ts';

/** All that the commands of one server work on. */
export interface Cloud {
  readonly settings: Settings;
  readonly world: World;
  readonly calendar: Calendar;
  readonly table: UsageTable;
  readonly synthetic: SyntheticTable | null;
  readonly caller: Caller;
  readonly apiKey: string;
  readonly secretKey: string;
  readonly pager: Pager;
  readonly faults: ReadonlySet<FaultName>;
  readonly rowFaults: RowFaults;
  /** Counts up whenever the faults are replaced: what was found before is out of date. */
  readonly faultsVersion: number;
  setFaults(names: readonly string[]): void;
}

export function cloudOf(settings: Settings): Cloud {
  const { seed, role } = settings;
  const world = worldOf(settings);
  const days = calendar(settings.zone, settings.rangeMinutes);
  const table = usageTable(historyOf(world), days, settings.since);
  const caller = { role, account: callerOf(world, role) };
  const visible = ({ start, end }: Interval) =>
    table.between(start, end).filter(({ use }) => maySee(caller.account, role, use.owner));
  const faultsFrom = (names: readonly string[], setAt: Millis) => {
    const faults = parseFaults(names);
    return { faults, rowFaults: rowFaults({ seed, calendar: days, visible }, faults, setAt) };
  };
  let current = faultsFrom(settings.faults, settings.planNow());
  let faultsVersion = 0;
  return {
    settings,
    world,
    calendar: days,
    table,
    caller,
    synthetic: settings.synthetic && syntheticTable(settings.synthetic, settings, world, days),
    apiKey: keyOf(seed, role, 'api key'),
    secretKey: keyOf(seed, role, 'secret key'),
    pager: pager(seed),
    get faults() {
      return current.faults;
    },
    get rowFaults() {
      return current.rowFaults;
    },
    get faultsVersion() {
      return faultsVersion;
    },
    setFaults(names) {
      current = faultsFrom(names, settings.planNow());
      faultsVersion += 1;
    },
  };
}
