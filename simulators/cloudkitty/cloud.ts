import { DAY, HOUR, type Interval, type Millis } from '../../lib/time.ts';
import { type FaultName, parseFaults } from './faults.ts';
import type { Role, Settings } from './options.ts';
import { type Happened, lastProcessed, type PriceChange, type Rated, type Reset, ratedIn } from './rating.ts';

/** A project by its Keystone id. */
export interface Project {
  readonly id: string;
  readonly name: string;
}

/** Who calls. */
export interface Caller {
  readonly project: Project;
  readonly role: Role;
  readonly user: string;
}

/** A point as a storage holds it: doubles in v2; in v1 prices in single precision (sheet 3.5). */
export interface Stored extends Rated {
  readonly projectId: string;
  readonly end: Millis;
  readonly quantityStored: number;
  readonly priceStored: number;
  readonly groupby: Readonly<Record<string, string>>;
}

/** A task that rates again. */
export interface Reprocess extends Interval {
  readonly project: Project;
  readonly reason: string;
  readonly current: Millis | null;
}

/** All that the calls of one server work on. */
export interface Cloud {
  readonly settings: Settings;
  readonly projects: readonly Project[];
  readonly happened: Happened;
  readonly faults: ReadonlySet<FaultName>;
  /** Whose filter an administrator's summary without one is given (sheet 5.1). */
  sticky: string | null;
  setFaults(names: readonly string[]): void;
  change(change: PriceChange): void;
  reset(reset: Reset): void;
}

export function cloudOf(settings: Settings, projects: readonly Project[]): Cloud {
  let faults = parseFaults(settings.faults);
  const changes: PriceChange[] = [];
  let resets: readonly Reset[] = [];
  return {
    settings,
    projects,
    sticky: null,
    get faults() {
      return faults;
    },
    get happened() {
      return { settings, faults, changes, resets };
    },
    setFaults(names) {
      faults = parseFaults(names);
    },
    change: (one) => void changes.push(one),
    reset(one) {
      resets = [...resets.filter(({ project }) => project !== one.project), one];
    },
  };
}

/** What is stored for some projects in a window, the periods in order. */
export function storedIn(cloud: Cloud, projects: readonly Project[], window: Interval): Stored[] {
  return projects
    .flatMap(({ id, name }) => ratedIn(cloud.happened, name, window).map((rated) => stored(cloud, id, rated)))
    .filter(({ end }) => cloud.settings.storage === 'v2' || end <= window.end)
    .sort((a, b) => a.hour - b.hour);
}

function stored({ faults, settings }: Cloud, projectId: string, rated: Rated): Stored {
  const quantity = rated.quantity.toNumber();
  const price = rated.price.toNumber();
  const isV1 = settings.storage === 'v1';
  const isBad = faults.has('bad-row') && rated.type === 'ip.floating' && rated.hour % DAY === 12 * HOUR;
  return {
    ...rated,
    projectId,
    end: rated.hour + HOUR,
    quantityStored: isBad ? Number.NaN : isV1 ? Number(quantity.toFixed(5)) : quantity,
    priceStored: isV1 ? Number(Math.fround(price).toPrecision(6)) : price,
    groupby: { project_id: projectId, id: rated.id, user_id: `${projectId.slice(0, 24)}deadbeef` },
  };
}

export function projectById({ projects }: Cloud, id: string): Project | undefined {
  return projects.find((project) => project.id === id);
}

export function lastOf({ happened }: Cloud, { name }: Project): Millis {
  return lastProcessed(happened, name);
}

/** The current month, as far as it counts here: in UTC. */
export function month(now: Millis): Interval {
  const date = new Date(now);
  const at = (offset: number) => Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + offset);
  return { start: at(0), end: at(1) };
}

/** Tasks there are: one at work while the fault is on. */
export function reprocessesOf(cloud: Cloud): Reprocess[] {
  const now = Math.floor(cloud.settings.planNow() / HOUR) * HOUR;
  const done = cloud.projects.slice(0, 1).map((project) => ({
    project,
    reason: 'price correction',
    start: now - 10 * DAY,
    end: now - 9 * DAY,
    current: now - 9 * DAY,
  }));
  if (!cloud.faults.has('reprocessing')) return done;
  return [
    ...done,
    ...cloud.projects.map((project) => ({
      project,
      reason: 'late usage',
      start: now - 2 * DAY,
      end: now - DAY,
      current: null,
    })),
  ];
}
