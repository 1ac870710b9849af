import type { CloudTowerClient } from '../functions/cloudtower/client.ts';
import { DAY, HOUR, type Interval, MINUTE, type Millis } from '../lib/time.ts';
import { type Random, random } from '../simulators/random.ts';
import { type Room, room, type Watch, watched } from './cloudtower-run.ts';
import { type Outcome, type Proof, type ProofOptions, tally } from './proof.ts';

const BEGIN = Date.UTC(2026, 1, 10);

/**
 * Usage that is sampled, of a tower that is looked at every 5, 15 or 60 minutes, with runs left out and a cluster that
 * is not connected for a while.
 */
export const r19: Proof = {
  id: 'R19',
  provider: 'cloudtower',
  name: 'sampled usage: what is told is the truth to the second, what is not known is a gap or a finding, nothing is double',
  full: 100,
  quick: 3,
  run: (options) => check(room, options),
  bad: [
    { name: 'takes what it did not read for quiet', run: (options) => check(through(withoutAudit), options) },
    {
      name: 'counts what a frozen cluster shows',
      run: (options) => check(through(believingFrozen), options),
    },
    { name: 'says nothing of gaps', run: (options) => check(silent, options) },
  ],
};

async function check(design: Room, { seed, count, enough }: ProofOptions): Promise<Outcome> {
  const chance = random(seed);
  const found = tally(enough);
  const sums = {
    'true (h)': 0,
    'right (h)': 0,
    'in gaps (h)': 0,
    'partly told (h)': 0,
    'in findings (h)': 0,
    looks: 0,
  };
  for (const number of found.cases(count)) {
    const watch = { ...watchOf(chance), room: design };
    const {
      truth,
      right,
      partly,
      inGaps,
      found: inFindings,
      silent: unsaid,
      wrong,
      wrongNamed,
      invented,
    } = await watched(watch);
    sums['true (h)'] += truth / 3600;
    sums['right (h)'] += right / 3600;
    sums['in gaps (h)'] += inGaps / 3600;
    sums['partly told (h)'] += partly / 3600;
    sums['in findings (h)'] += inFindings / 3600;
    sums.looks += watch.looks.length;
    if (wrong > 0)
      found.violate(`watch ${number}: ${wrong} s in a wrong state: ${wrongNamed.slice(0, 2).join(', ')}`);
    if (invented > 0) found.violate(`watch ${number}: ${invented} s of what was not there, or twice`);
    if (unsaid > 0) found.violate(`watch ${number}: ${unsaid} s are missing, and nothing says so`);
  }
  const figures = Object.entries(sums).map(([name, sum]) => [name, Math.round(sum)]);
  return found.outcome(count, Object.fromEntries(figures));
}

function watchOf(chance: Random): Omit<Watch, 'room'> {
  const poll = chance.pick([5, 15, 60, 60]) * MINUTE;
  const start = BEGIN + chance.int(0, 20) * DAY + chance.int(0, 86_399) * 1000;
  const all = Array.from({ length: 60 }, (_, at) => start + at * poll);
  const missed = spanIn(chance, start, 60 * poll, poll);
  const looks = all.filter((at) => !within(missed, at) && !chance.chance(0.05));
  return {
    poll,
    looks,
    options: {
      seed: chance.int(1, 1e9),
      vms: 15,
      busy: true,
      since: BEGIN - chance.int(1, 5) * DAY,
      disconnected: [spanIn(chance, start, 60 * poll, 12 * poll)],
      // What is done behind the tower's back twice between two looks leaves no trace: nobody could be right.
      unseenEdits: 0,
      guestShutdowns: 0.3,
    },
  };
}

/** A part of the watch, at least so long. */
function spanIn(chance: Random, start: Millis, length: Millis, least: Millis): Interval {
  const begin = start + chance.int(0, Math.floor(length / 2000)) * 1000;
  return { start: begin, end: begin + least + chance.int(0, Math.min(length / 4, 8 * HOUR) / 1000) * 1000 };
}

function within({ start, end }: Interval, at: Millis): boolean {
  return start <= at && at < end;
}

/** Our provider, whose client tells it something else. */
function through(change: (client: CloudTowerClient) => CloudTowerClient): Room {
  return { ...room, connect: (context) => change(room.connect(context) as CloudTowerClient) };
}

function withoutAudit(client: CloudTowerClient): CloudTowerClient {
  return {
    ...client,
    async *list(operation, where, signal) {
      if (operation !== 'get-user-audit-logs') yield* client.list(operation, where, signal);
    },
  };
}

function believingFrozen(client: CloudTowerClient): CloudTowerClient {
  return {
    ...client,
    async fleet(signal) {
      const fleet = await client.fleet(signal);
      return {
        ...fleet,
        clusters: fleet.clusters.map((one) => ({ ...one, connect_state: 'CONNECTED' })),
        machines: fleet.machines.map((vm) => (vm.status === 'UNKNOWN' ? { ...vm, status: 'RUNNING' } : vm)),
      };
    },
  };
}

const metrics = room.streams.metrics;
const silent: Room = {
  ...room,
  streams: metrics
    ? {
        metrics: {
          ...metrics,
          settle: (...cell) => ({ ...metrics.settle(...cell), gaps: [], findings: [] }),
        },
      }
    : {},
};
