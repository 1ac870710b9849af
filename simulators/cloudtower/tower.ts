import { HOUR, type Millis } from '../../lib/time.ts';
import { type FaultName, parseFaults } from './faults.ts';
import { type History, historyOf, stateAt } from './history.ts';
import type { Event, Machine, Volume } from './machine.ts';
import type { Settings } from './options.ts';
import { type Tasks, tasksOf } from './tasks.ts';
import { type Cluster, frozenSince, type World, worldOf } from './world.ts';

/** All that the operations of one tower work on, at the moment they are asked. */
export interface Tower {
  readonly settings: Settings;
  readonly world: World;
  readonly history: History;
  readonly tasks: Tasks;
  readonly faults: ReadonlySet<FaultName>;
  now(): Millis;
  /** Since when a cluster shows what was; null while it shows what is. */
  frozen(cluster: Cluster): Millis | null;
  /** The moment that the rows of a cluster are about. */
  momentOf(cluster: Cluster): Millis;
  machines(): readonly Machine[];
  volumes(): readonly Volume[];
  /** What users have done, as far as the audit goes back. */
  events(): readonly Event[];
  setFaults(names: readonly string[]): void;
}

/** The audit is kept for so long here; how long really is not documented. */
const AUDIT: Millis = 100 * HOUR;

export function towerOf(settings: Settings): Tower {
  const world = worldOf(settings);
  const history = historyOf(world);
  let faults = parseFaults(settings.faults);
  const now = settings.planNow;
  const frozen = (cluster: Cluster) => frozenSince(cluster, now(), faults.has('frozen-cluster'));
  const momentOf = (cluster: Cluster) => frozen(cluster) ?? now();
  /** Clusters freeze for themselves, so that each is looked at in its own moment. */
  const there = <Thing extends { cluster: Cluster; states: readonly { start: Millis; end: Millis }[] }>(
    all: (interval: { start: Millis; end: Millis }) => readonly Thing[],
  ): Thing[] => {
    const moments = world.clusters.map(momentOf);
    const span = { start: Math.min(...moments), end: now() + 1 };
    return all(span).filter(({ cluster, states }) => stateAt([...states], momentOf(cluster)) !== undefined);
  };
  /** Every row of a listing asks for all others that it is joined with. */
  const atOneMoment = <Things>(find: () => Things): (() => Things) => {
    let known: { readonly at: Millis; readonly faults: unknown; readonly things: Things } | null = null;
    return () => {
      if (known?.at !== now() || known.faults !== faults) known = { at: now(), faults, things: find() };
      return known.things;
    };
  };
  return {
    settings,
    world,
    history,
    tasks: tasksOf(settings),
    get faults() {
      return faults;
    },
    now,
    frozen,
    momentOf,
    machines: atOneMoment(() => there(history.machinesIn)),
    volumes: atOneMoment(() => there(history.volumesIn)),
    events: () => history.eventsIn({ start: now() - AUDIT, end: now() + 1 }),
    setFaults: (names) => {
      faults = parseFaults(names);
    },
  };
}
