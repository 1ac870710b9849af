import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { toWireError } from '../lib/errors.ts';
import { createRedactor } from '../lib/redact.ts';
import { secret } from '../lib/secret.ts';
import { random } from '../simulators/random.ts';
import { almanachEchoes } from './echoes/almanach.ts';
import { cloudKittyEchoes } from './echoes/cloudkitty.ts';
import { cloudStackEchoes } from './echoes/cloudstack.ts';
import { cloudTowerEchoes } from './echoes/cloudtower.ts';
import { type Outcome, type Proof, type ProofOptions, tally } from './proof.ts';
import { canariesOf, formsOf } from './r17-canaries.ts';
import { echoingPaths, type Path, sharedPaths } from './r17-paths.ts';

/** All that a run leaves behind, as texts. */
interface Left {
  /** The name of the error, or that there was a report. */
  readonly end: string;
  readonly logs: string;
  /** The report or the error, printed in every way. */
  readonly answer: string;
  /** Metrics, quarantine and state, with their names. */
  readonly files: string;
}

/** How the secrets are kept: by the run itself, which knows them, or by what is done to its outputs afterwards. */
interface Keeping {
  readonly declared: boolean;
  afterwards(left: Left, canary: string): Left;
}

/** Secrets through every error, log line, file, answer and stored failure, in every form: searched for in all of them. */
function secretsProof(paths: readonly Path[], provider?: string): Proof {
  const whose = provider === undefined ? '' : ` of ${provider}`;
  return {
    id: 'R17',
    ...(provider === undefined ? {} : { provider }),
    name: `secrets${whose}: none is seen in a log, an error, a report, the quarantine or the state, in any form`,
    full: 12 * paths.length,
    quick: paths.length,
    run: (options) => check(paths, { declared: true, afterwards: (left) => left }, options),
    bad: [
      { name: 'redacts what matches exactly', run: (options) => check(paths, exactly, options) },
      { name: 'redacts logs only', run: (options) => check(paths, logsOnly, options) },
    ],
  };
}

export const r17: readonly Proof[] = [
  secretsProof(sharedPaths),
  ...[[cloudStackEchoes], almanachEchoes, [cloudKittyEchoes], [cloudTowerEchoes]].map((subjects) =>
    secretsProof(subjects.flatMap(echoingPaths), subjects[0]?.room.name),
  ),
];

const exactly: Keeping = {
  declared: false,
  afterwards: ({ end, logs, answer, files }, canary) => ({
    end,
    logs: logs.replaceAll(canary, '<secret>'),
    answer: answer.replaceAll(canary, '<secret>'),
    files: files.replaceAll(canary, '<secret>'),
  }),
};

const logsOnly: Keeping = {
  declared: false,
  afterwards: (left, canary) => ({ ...left, logs: createRedactor([secret(canary)])(left.logs) }),
};

async function check(
  paths: readonly Path[],
  keeping: Keeping,
  { seed, count, enough }: ProofOptions,
): Promise<Outcome> {
  const found = tally(enough);
  const canaries = canariesOf(random(seed));
  const folder = await mkdtemp(join(tmpdir(), 'usage-sync-r17-'));
  let characters = 0;
  const one = async (number: number) => {
    const path = paths[number % paths.length] as Path;
    const at = (number + Math.floor(number / paths.length)) % canaries.length;
    const drawn = canaries[at] ?? '';
    const canary = path.secretOf?.(drawn) ?? drawn;
    const left = await leave(path, canary, join(folder, String(number)), keeping);
    characters += left.logs.length + left.answer.length + left.files.length;
    const ends = path.ends(canary);
    if (left.end !== ends) found.violate(`${path.name}, canary ${at}: ${left.end}, expected ${ends}`);
    for (const [where, text] of Object.entries(left)) {
      const seen = formsOf(canary).find((form) => text.includes(form));
      if (seen) found.violate(`${path.name}, canary ${at}, ${where}: ${seen.slice(0, 80)}`);
    }
  };
  try {
    await inTurns(found.cases(count), one);
  } finally {
    await rm(folder, { recursive: true });
  }
  return found.outcome(count, { 'characters searched': characters });
}

/** A few at once: some of them wait between attempts. */
async function inTurns(numbers: Generator<number>, work: (number: number) => Promise<void>): Promise<void> {
  const worker = async () => {
    for (const number of numbers) await work(number);
  };
  await Promise.all(Array.from({ length: 24 }, worker));
}

async function leave(path: Path, canary: string, folder: string, keeping: Keeping): Promise<Left> {
  const lines: string[] = [];
  const run = { canary, echo: formsOf(canary).join(' ; '), folder, declared: keeping.declared };
  const came = await path.run({ ...run, write: (line) => lines.push(line) }).then(
    (report) => ['report', JSON.stringify(report), inspect(report, { depth: 10 })],
    (error: unknown) => [
      error instanceof Error ? error.name : 'no error',
      inspect(error, { depth: 10, showHidden: true }),
      JSON.stringify(error),
      ...Object.values(toWireError(error, true)).map(String),
      JSON.stringify(toWireError(error, true)),
    ],
  );
  const [end = '', ...answer] = came;
  const left = { end, logs: lines.join('\n'), answer: answer.join('\n'), files: await filesIn(folder) };
  return keeping.afterwards(left, canary);
}

async function filesIn(folder: string): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const texts = entries.map(async (entry) => {
    const text = entry.isFile() ? await readFile(join(entry.path, entry.name), 'utf8') : '';
    return `${entry.name}\n${text}`;
  });
  return (await Promise.all(texts)).join('\n');
}
