import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DAY, HOUR, type Millis } from '../lib/time.ts';
import { startCloudStack } from '../simulators/cloudstack/server.ts';
import { random } from '../simulators/random.ts';
import { startS3 } from '../simulators/s3/server.ts';
import { dynamoEnvironment, startDynamo } from '../test/support/dynamo-table.ts';
import { type Outcome, type Proof, type ProofOptions, tally } from './proof.ts';
import { add, type Stage, syncKilled } from './r01-history.ts';
import { startProcesses } from './r01-processes.ts';
import type { Keeping, Safety } from './r01-round.ts';
import { storesFor } from './r01-stores.ts';

const FIRST: Millis = Date.UTC(2026, 8, 1);
/** Of a history; a few kills are tried on a short one. */
const [DAYS, FEW_DAYS] = [30, 5];
const FEW_KILLS = 20;
/** Kills of one sync, at most. */
const KILLS = 20;
/** A sync of thirty days of two hundred resources, which is killed again and again until it is done. */
export const r01: Proof = {
  id: 'R1',
  name: 'killed at any moment of a sync, again and again: nothing lost, nothing twice, nothing stuck',
  full: 1000,
  quick: 4,
  run: (options) => check('ours', options),
  bad: [
    { name: 'appends', run: (options) => check('appends', options) },
    { name: 'the checkpoint first', run: (options) => check('checkpoint first', options) },
    { name: 'a lock without end', run: (options) => check('a lock without end', options) },
  ],
};

async function check(safety: Safety, { count, seed }: ProofOptions): Promise<Outcome> {
  const folder = await mkdtemp(join(tmpdir(), 'usage-sync-r01-'));
  const bucket = await startS3();
  const database = await startDynamo();
  const { accessKeyId, secretAccessKey } = bucket.credentials;
  const processes = await startProcesses({
    ...dynamoEnvironment(database.url),
    ...{ AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey },
  });
  const found = tally();
  const figures: Record<string, number> = {
    histories: 0,
    runs: 0,
    'too early': 0,
    lost: 0,
    duplicated: 0,
    stuck: 0,
  };
  const stage: Stage = {
    ...{ safety, servers: { folder, bucket, database }, processes, chance: random(seed), figures, kills: 0 },
    violate(promise, description) {
      if (promise !== 'other') add(figures, promise);
      found.violate(description);
    },
  };
  const isEnough = () => stage.kills >= count || (safety !== 'ours' && found.outcome(0).violated > 0);
  try {
    for (let number = 0; !isEnough(); number += 1) await live(stage, number, count);
    return found.outcome(stage.kills, figures);
  } finally {
    await processes.close();
    await bucket.close();
    await database.close();
    await rm(folder, { recursive: true });
  }
}

/** A history that is read, and a day later read once more, when the cloud has corrected all of it. */
async function live(stage: Stage, number: number, count: number): Promise<void> {
  const { chance, figures, safety, servers } = stage;
  const keeping: Keeping = safety === 'ours' && number % 2 === 1 ? 'cloud' : 'files';
  const stores = await storesFor(servers, keeping, number);
  const rows = chance.int(190, 210);
  const visits = [rows, rows - chance.int(1, 9)];
  add(figures, 'histories');
  const clock = { ahead: 0 };
  const days = count > FEW_KILLS ? DAYS : FEW_DAYS;
  const history = { start: FIRST, end: FIRST + days * DAY };
  for (const [day, resources] of visits.entries()) {
    const now = history.end + day * DAY + 10 * HOUR;
    const cloud = await startCloudStack({
      seed: chance.int(1, 1e9),
      planNow: () => now,
      wireNow: Date.now,
      synthetic: { recordsPerCell: resources, cells: days, start: history.start },
    });
    const most = Math.min(KILLS, Math.ceil(count / 4), count - stage.kills);
    const where = `history ${number}, ${keeping}`;
    try {
      const visit = { cloud, stores, history, now, clock, most, rows: [0, ...visits], where };
      if (!(await syncKilled(stage, visit))) return;
    } finally {
      await cloud.close();
    }
  }
}
