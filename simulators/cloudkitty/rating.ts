import Big from 'big.js';
import { DAY, HOUR, type Interval, type Millis } from '../../lib/time.ts';
import type { FaultName } from './faults.ts';
import type { Settings } from './options.ts';
import { prices, type Rule, type Use, usesIn } from './world.ts';

/** A use with its price, in exact decimals. */
export interface Rated extends Use {
  readonly project: string;
  /** When its hour begins. */
  readonly hour: Millis;
  readonly price: Big;
}

/** A price that changed, and the hours that were rated again with it. */
export interface PriceChange extends Interval {
  readonly rule: Rule;
  readonly price: string;
}

/** A state that was set back: what is from there on is gone, and that hour for good (sheet 7). */
export interface Reset {
  readonly project: string;
  readonly at: Millis;
  /** Whether rating has gone on since. */
  readonly resumed: boolean;
}

/** What has happened to the rating of a cloud. */
export interface Happened {
  readonly settings: Settings;
  readonly faults: ReadonlySet<FaultName>;
  readonly changes: readonly PriceChange[];
  readonly resets: readonly Reset[];
}

/** The begin of the last hour that was rated for a project. */
export function lastProcessed(happened: Happened, project: string): Millis {
  const { faults, settings } = happened;
  const lag = faults.has('late-processing') ? 30 : settings.lag;
  const usual = Math.floor(settings.planNow() / HOUR) * HOUR - lag * HOUR;
  const reset = resetsOf(happened).find((one) => one.project === project && !one.resumed);
  return reset === undefined ? usual : Math.min(usual, reset.at);
}

/** What of a project is stored for the hours of a window, as it was last rated. */
export function ratedIn(happened: Happened, project: string, window: Interval): Rated[] {
  const { settings } = happened;
  if (project === settings.projects.at(-1)) return [];
  const last = lastProcessed(happened, project);
  const rated: Rated[] = [];
  const first = Math.ceil(Math.max(window.start, settings.since) / HOUR) * HOUR;
  for (let hour = first; hour < window.end && hour <= last; hour += HOUR) {
    if (isGone(happened, project, hour)) continue;
    for (const use of usesIn(settings.seed, project, hour, settings.servers)) {
      rated.push({ ...use, project, hour, price: use.quantity.times(priceAt(happened, use.rule, hour)) });
    }
  }
  return rated;
}

function priceAt(happened: Happened, rule: Rule, hour: Millis): Big {
  const changes = changesOf(happened).filter(
    (one) => one.rule === rule && hour >= one.start && hour < one.end,
  );
  return new Big(changes.at(-1)?.price ?? prices[rule]);
}

function isGone(happened: Happened, project: string, hour: Millis): boolean {
  return resetsOf(happened).some(
    ({ at, project: whose, resumed }) => whose === project && (resumed ? hour === at : hour >= at),
  );
}

function changesOf({ changes, faults, settings }: Happened): readonly PriceChange[] {
  if (!faults.has('re-rated')) return changes;
  const end = Math.floor(settings.planNow() / HOUR) * HOUR;
  return [...changes, { rule: 'm1.small', price: '0.06', start: end - 3 * DAY, end }];
}

function resetsOf({ faults, resets, settings }: Happened): readonly Reset[] {
  if (!faults.has('reset-scope')) return resets;
  const at = Math.floor(settings.planNow() / HOUR) * HOUR - 2 * DAY;
  return [...resets, ...settings.projects.map((project) => ({ project, at, resumed: false }))];
}
