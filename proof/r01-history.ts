import { DAY, type Interval, MINUTE, type Millis, SECOND } from '../lib/time.ts';
import type { CloudStackSimulator } from '../simulators/cloudstack/server.ts';
import type { Random } from '../simulators/random.ts';
import { truthOf } from './cloudstack-run.ts';
import { aheadOfSink, halfWritten, notAsTrue, type Wrong } from './r01-found.ts';
import { nextKilling, unharmed } from './r01-killings.ts';
import { type Processes, STOOD_STILL } from './r01-processes.ts';
import type { Moment, Round, Safety } from './r01-round.ts';
import type { Servers, Stores } from './r01-stores.ts';

/** More than a lease, and than what clocks may differ: so much time passes before a dead process's work is taken up. */
const LATER: Millis = 10 * MINUTE;
const PARTITION = { account: 'acme', stream: 'metrics', partition: 'all' };

export interface Stage {
  readonly safety: Safety;
  readonly servers: Servers;
  readonly processes: Processes;
  readonly chance: Random;
  readonly figures: Record<string, number>;
  violate(promise: Wrong['promise'] | 'stuck', description: string): void;
  /** Of the whole proof, so far. */
  kills: number;
}

export interface Visit {
  readonly cloud: CloudStackSimulator;
  readonly stores: Stores;
  readonly now: Millis;
  readonly history: Interval;
  readonly clock: { ahead: Millis };
  /** Kills. */
  readonly most: number;
  /** What a whole cell may have. */
  readonly rows: readonly number[];
  readonly where: string;
}

/** One sync, killed and begun again until it is done. @returns whether it came to its end, and to the right one */
export async function syncKilled(stage: Stage, visit: Visit): Promise<boolean> {
  const { chance, figures, processes } = stage;
  const { clock, stores } = visit;
  let isEarly = false;
  for (let kills = 0; ; ) {
    const { label, moment, after } = kills < visit.most ? nextKilling(chance, stage.kills) : unharmed;
    const said = await processes.run(roundOf(stage, visit, moment), after);
    add(figures, 'runs');
    if (said === 'killed') {
      kills += 1;
      stage.kills += 1;
      add(figures, label);
      await whenKilled(stage, visit, label);
      isEarly = chance.chance(1 / 8); // another one may come before the dead one's lease is over
    } else if (isEarly && said.status === 'busy' && stores.at.keeping === 'cloud') {
      add(figures, 'too early');
      isEarly = false;
    } else {
      return await whenDone(stage, visit, said.status);
    }
    if (!isEarly) clock.ahead += LATER;
  }
}

function roundOf(
  { chance, safety }: Stage,
  { clock, cloud, history, now, stores }: Visit,
  moment: Moment | null,
): Round {
  const backfill = chance.pick([0, DAY / SECOND, (7 * DAY) / SECOND]);
  const { credentials } = cloud;
  return {
    safety,
    ...stores.at,
    credentials,
    since: history.start,
    now,
    ahead: clock.ahead,
    backfill,
    moment,
  };
}

/** What may be seen at any moment. */
async function whenKilled({ violate }: Stage, { rows, stores, where }: Visit, label: string): Promise<void> {
  const texts = await stores.texts();
  const stored = await stores.state(Date.now).peek(PARTITION);
  for (const { promise, what } of [...aheadOfSink(texts, stored), ...halfWritten(texts, rows)]) {
    violate(promise, `${where}, killed ${label}: ${what}`);
  }
  await stores.age();
}

/** What must be there at the end, and who must not be. */
async function whenDone(stage: Stage, visit: Visit, status: string): Promise<boolean> {
  const { clock, cloud, stores, where } = visit;
  const isDone = status === 'done' || status === 'nothing_due';
  const isStuck = status === 'busy' || status === STOOD_STILL;
  if (!isDone) stage.violate(isStuck ? 'stuck' : 'other', `${where}: ${status}`);
  if (isStuck) return false;
  const truth = truthOf(cloud, visit.history);
  const wrong = notAsTrue(await stores.texts(), truth);
  for (const { promise, what } of wrong) stage.violate(promise, `${where}: ${what}`);
  const lease = await stores.state(() => Date.now() + clock.ahead).acquire(PARTITION);
  if (lease === null) stage.violate('stuck', `${where}: a lease was left behind`);
  await lease?.release();
  return isDone && wrong.length === 0;
}

/** Counts. */
export function add(figures: Record<string, number>, name: string): void {
  figures[name] = (figures[name] ?? 0) + 1;
}
