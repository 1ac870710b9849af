import { MalformedResponse, SyncError } from '../lib/errors.ts';
import type { HttpResponse } from '../lib/http.ts';
import type { Provider } from '../lib/provider.ts';
import { random } from '../simulators/random.ts';
import { almanachAnswers } from './answers/almanach.ts';
import { cloudKittyAnswers } from './answers/cloudkitty.ts';
import { cloudStackAnswers } from './answers/cloudstack.ts';
import { cloudTowerAnswers } from './answers/cloudtower.ts';
import { memorySink, memoryState } from './memory.ts';
import { type Outcome, type Proof, type ProofOptions, tally } from './proof.ts';
import {
  type AnswerSubject,
  type Answers,
  answering,
  bombed,
  goodAnswers,
  mutate,
  runWith,
} from './r05-answers.ts';

/** Milliseconds for one case, from which on it counts as hanging. */
const PATIENCE = 1000;

/** Megabytes of heap and buffers that one case may add, rubbish not yet collected included. */
const MOST_MEMORY = 100;

/** Answers that are not what they should be, in every way: a typed error, quarantine, or valid rows. */
function answersProof(subject: AnswerSubject): Proof {
  const { metrics } = subject.room.streams;
  const swallowing = {
    ...subject.room,
    streams: { metrics: { ...metrics, fetch: metrics && swallowed(metrics.fetch) } },
  } as Whole;
  return {
    id: 'R5',
    provider: subject.room.name,
    name: `mutated answers of ${subject.called ?? subject.room.name}: typed errors, quarantine or valid rows, and nothing else`,
    full: 10_000,
    quick: subject.mutations.length * 3,
    run: (options) => check(subject, subject.room, options),
    bad: [
      {
        name: 'takes every number as it parses',
        run: (options) => check(subject, subject.unchecked, patient(options)),
      },
      {
        name: 'takes an error for an empty answer',
        run: (options) => check(subject, swallowing, patient(options)),
      },
    ],
  };
}

/** A bad design is right about most mutations; the few that show it must come up whatever the seed. */
function patient(options: ProofOptions): ProofOptions {
  return { ...options, count: 4 * options.count };
}

export const r05: readonly Proof[] = [
  cloudStackAnswers,
  ...almanachAnswers,
  cloudKittyAnswers,
  cloudTowerAnswers,
].map(answersProof);

type Whole = Provider<unknown, unknown>;
type Fetch = NonNullable<Whole['streams']['metrics']>['fetch'];

function swallowed(fetch: Fetch): Fetch {
  return async function* (client, request) {
    try {
      yield* fetch(client, request);
    } catch {
      yield { rows: [] };
    }
  };
}

async function check(
  subject: AnswerSubject,
  provider: Whole,
  { seed, count, enough }: ProofOptions,
): Promise<Outcome> {
  const { mutations } = subject;
  const chance = random(seed);
  const found = tally(enough);
  const bomb = await bombed();
  if (bomb) found.violate(bomb);
  const answers = await goodAnswers(subject, seed);
  const figures = {
    'typed errors': 0,
    delivered: 0,
    quarantined: 0,
    'longest (ms)': 0,
    'most memory of a case (MB)': 0,
  };
  const usage = [...answers.bodies].filter(([key, { status }]) => subject.isUsage(key) && status === 200);
  for (const number of found.cases(count)) {
    const mutation = mutations[number % mutations.length];
    const [key, response] = chance.pick(chance.chance(0.85) ? usage : [...answers.bodies]);
    if (!mutation) break;
    const struck = mutate(response, mutation, chance);
    const began = performance.now();
    const before = megabytes();
    const end = await within(PATIENCE, mutated(subject, provider, answers, [key, struck]));
    figures['longest (ms)'] = Math.max(figures['longest (ms)'], Math.round(performance.now() - began));
    figures['most memory of a case (MB)'] = Math.max(
      figures['most memory of a case (MB)'],
      megabytes() - before,
    );
    figures[end.kind] += 1;
    figures.quarantined += end.quarantined;
    const broken = end.broken ?? (isPolluted() ? 'Object.prototype was changed' : null);
    if (broken) found.violate(`case ${number}, ${mutation.name} in ${key}: ${broken}`);
  }
  if (figures['most memory of a case (MB)'] > MOST_MEMORY)
    found.violate('one case took more memory than its bound');
  return found.outcome(count, figures);
}

interface End {
  readonly kind: 'typed errors' | 'delivered';
  readonly quarantined: number;
  readonly broken: string | null;
}

async function mutated(
  subject: AnswerSubject,
  provider: Whole,
  answers: Answers,
  struck: readonly [key: string, response: HttpResponse],
): Promise<End> {
  const served = new Map([...answers.bodies, struck]);
  const told = new Set<string>();
  const sink = memorySink();
  const through = answering(provider, async (request) => {
    const asked = subject.keyOf(request);
    told.add(asked);
    return served.get(asked) ?? nothing(asked);
  });
  try {
    const target = { sink, state: memoryState() };
    const { windows } = await runWith(subject, through, answers.credentials, target);
    const counted = windows.reduce(
      (sum, { duplicates, findings = [], quarantined, records }) =>
        sum + records + duplicates + quarantined + (subject.tellsOfRows ? findings.length : 0),
      0,
    );
    const pages = [...answers.bodies].flatMap(([key, good]) => {
      const { status, text } = served.get(key) ?? good;
      const counts = good.status === 200 && (told.has(key) || !subject.asksByInventory);
      return counts && subject.isUsage(key) ? [{ key, status, text }] : [];
    });
    const quarantined = windows.reduce((sum, window) => sum + window.quarantined, 0);
    const broken = subject.falsehoodIn([...sink.cells.values()].flat(), counted, pages);
    return { kind: 'delivered', quarantined, broken };
  } catch (error) {
    const broken = error instanceof SyncError ? null : `no typed error: ${error}`;
    return { kind: 'typed errors', quarantined: 0, broken };
  }
}

function nothing(key: string): never {
  throw new MalformedResponse(`The good run never asked for ${key}`);
}

async function within(ms: number, work: Promise<End>): Promise<End> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<End>((resolve) => {
    timer = setTimeout(() => resolve({ kind: 'typed errors', quarantined: 0, broken: 'hangs' }), ms);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

function megabytes(): number {
  const { heapUsed, external } = process.memoryUsage();
  return Math.round((heapUsed + external) / 1024 ** 2);
}

function isPolluted(): boolean {
  return 'polluted' in {} || Object.keys(Object.prototype).length > 0;
}
