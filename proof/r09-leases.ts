import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { cellName } from '../lib/sink/names.ts';
import { dynamoState } from '../lib/state/dynamodb.ts';
import { HOUR, MINUTE, type Millis } from '../lib/time.ts';
import { type Random, random } from '../simulators/random.ts';
import { type DynamoServer, dynamoEnvironment, startDynamo } from '../test/support/dynamo-table.ts';
import { memorySubject } from '../test/support/memory-cloud.ts';
import { type Outcome, type Proof, type ProofOptions, tally } from './proof.ts';
import { type Processes, startProcesses, type Worker } from './r09-processes.ts';
import { type Done, FIRST, type Keeping, type Round, type Said, type Sharing, stops } from './r09-round.ts';

const PROCESSES = 8;
/** Enough for a design that is bad. */
const FEW = 3;
const CELLS = 2;
/** Longer than a lease, and than what clocks may differ. */
const LATER: Millis = 10 * MINUTE;
const TABLE = 'usage-sync';

/** The same event for many processes at once, one of which is stopped in the middle and goes on too late. */
export const r09: Proof = {
  id: 'R9',
  name: 'eight processes with the same event, a stale one that goes on after its lease: one commit for each cell',
  full: 500,
  quick: 6,
  run: (options) => check('ours', options),
  bad: [
    { name: 'no lease', run: (options) => check('no lease', options, FEW) },
    { name: 'a lease without a fence', run: (options) => check('no fence', options, FEW) },
    { name: 'a sink that asks nobody', run: (options) => check('a sink that asks nobody', options, FEW) },
  ],
};

async function check(sharing: Sharing, options: ProofOptions, many = PROCESSES): Promise<Outcome> {
  const folder = await mkdtemp(join(tmpdir(), 'usage-sync-r09-'));
  const server = await startDynamo();
  await server.createTable(TABLE);
  const processes = await startProcesses(many, dynamoEnvironment(server.url));
  try {
    return await play({ sharing, folder, server, processes, chance: random(options.seed) }, options);
  } finally {
    await processes.close();
    await server.close();
    await rm(folder, { recursive: true });
  }
}

interface Stage {
  readonly sharing: Sharing;
  readonly folder: string;
  readonly server: DynamoServer;
  readonly processes: Processes;
  readonly chance: Random;
}

async function play(stage: Stage, { count, enough }: ProofOptions): Promise<Outcome> {
  const found = tally(enough);
  const figures = { commits: 0, busy: 0, 'stopped and resumed': 0, refused: 0 };
  for (const number of found.cases(count)) {
    const round = roundOf(stage, number);
    const met = await meet(stage, round);
    figures.commits += met.all.flatMap(({ committed }) => committed).length;
    figures.busy += met.all.filter(({ status }) => status === 'busy').length;
    figures['stopped and resumed'] += met.stale.length;
    figures.refused += met.stale.filter(({ error }) => isRefusal(error)).length;
    const where = `round ${number}, ${round.keeping}, stopped at ${round.stop}`;
    for (const problem of await problemsOf(stage, round, met)) found.violate(`${where}: ${problem}`);
  }
  return found.outcome(count, figures);
}

/** Two new cells; states take turns, so that each has a history of its own. */
function roundOf({ chance, folder, sharing }: Stage, number: number): Round {
  const keeping: Keeping = number % 2 === 0 ? 'file' : 'dynamodb';
  const first = FIRST + Math.floor(number / 2) * CELLS * HOUR;
  return {
    ...{ sharing, keeping, folder, table: TABLE, amount: 1 },
    cells: Array.from({ length: CELLS }, (_, at) => first + at * HOUR),
    now: first + CELLS * HOUR,
    ahead: 3 * number * LATER,
    stop: chance.int(1, 8) === 1 ? null : chance.pick(stops),
  };
}

interface Met {
  /** What every process did, those that were stopped included. */
  readonly all: readonly Done[];
  readonly stale: readonly Done[];
  /** What the stale one wrote over. */
  readonly changedLate: readonly string[];
}

/** All at once; then, when the lease of one that stands still is over, all others; then that one again. */
async function meet(stage: Stage, round: Round): Promise<Met> {
  const { workers } = stage.processes;
  const first = await Promise.all(
    workers.map(async (worker) => ({ worker, said: await worker.send(round) })),
  );
  const done = first.flatMap(({ said }) => (isDone(said) ? said : []));
  const stopped = first.filter(({ said }) => said === 'stopping').map(({ worker }) => worker);
  if (stopped.length === 0) return { all: done, stale: [], changedLate: [] };
  const others = workers.filter((worker) => !stopped.includes(worker));
  const later = { ...round, amount: 2, ahead: round.ahead + LATER, stop: null };
  const second = (await Promise.all(others.map((worker) => worker.send(later)))).filter(isDone);
  const before = await keptIn(stage, round);
  const stale = await resumed(stopped);
  const after = await keptIn(stage, round);
  const names = new Set([...before.keys(), ...after.keys()]);
  const changedLate = [...names].filter((name) => before.get(name) !== after.get(name));
  return { all: [...done, ...second, ...stale], stale, changedLate };
}

async function resumed(workers: readonly Worker[]): Promise<Done[]> {
  const stale: Done[] = [];
  for (const worker of workers) stale.push(await worker.resume());
  return stale;
}

async function problemsOf(
  { folder }: Stage,
  round: Round,
  { all, changedLate, stale }: Met,
): Promise<string[]> {
  const commits = all.flatMap(({ committed }) => committed);
  const wrong = round.cells.filter((cell) => commits.filter((start) => start === cell).length !== 1);
  const failed = all.filter(({ error }) => error !== null && !isRefusal(error));
  const unresumed = round.stop !== null && stale.length !== 1;
  const contents = await contentsOf(join(folder, round.keeping, 'metrics/acme/all'));
  const mixed = all.flatMap(({ amount, committed }) =>
    committed.filter((cell) => !contents.get(cellFile(cell))?.includes(`"value":${2 * amount},`)),
  );
  return [
    ...(wrong.length > 0 ? [`${commits.length} commits of ${CELLS} cells`] : []),
    ...(unresumed ? [`${stale.length} were stopped`] : []),
    ...mixed.map((cell) => `${cellFile(cell)} is not what was committed`),
    ...changedLate.map((name) => `the stale one changed ${name}`),
    ...failed.map(({ error }) => `${error?.name} ${error?.code}: ${error?.message}`),
    ...(contents.size === (round.now - FIRST) / HOUR ? [] : [`${contents.size} cells are there`]),
  ];
}

function isDone(said: Said): said is Done {
  return typeof said === 'object';
}

function isRefusal(error: Done['error']): boolean {
  return error?.name === 'StateConflict' || error?.code === 'STALE_WRITER';
}

/** Everything that counts after a round: what was delivered, and what is remembered. */
async function keptIn({ folder, server }: Stage, { keeping }: Round): Promise<ReadonlyMap<string, string>> {
  const files = await contentsOf(join(folder, keeping));
  if (keeping === 'file') return files;
  const state = dynamoState(TABLE, { client: server.client(), now: Date.now });
  const stored = await state.peek({ account: memorySubject.id, stream: 'metrics', partition: 'all' });
  return new Map([...files, ['the item', JSON.stringify(stored)]]);
}

function cellFile(start: Millis): string {
  return `${cellName({ start, end: start + HOUR })}.ndjson`;
}

/** Files by their names, without the marks of who was here. What a worker takes away meanwhile is not there. */
async function contentsOf(folder: string): Promise<ReadonlyMap<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(missing);
  const files = (entries ?? []).filter((entry) => entry.isFile() && !/\.lease|\.lock/.test(entry.parentPath));
  const texts = files.map(async ({ name, parentPath }): Promise<[name: string, text: string][]> => {
    const path = join(parentPath, name);
    const text = await readFile(path, 'utf8').catch(missing);
    return text === null ? [] : [[relative(folder, path), text]];
  });
  return new Map((await Promise.all(texts)).flat());
}

function missing(error: unknown): null {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
  throw error;
}
