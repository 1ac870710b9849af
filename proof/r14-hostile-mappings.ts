import { Parser } from 'expr-eval';
import { parse } from 'yaml';
import { MappingError } from '../lib/errors.ts';
import { loadMapping } from '../lib/mapping/load.ts';
import { random } from '../simulators/random.ts';
import { type Outcome, type Proof, type ProofOptions, tally } from './proof.ts';
import { templates } from './r14-templates.ts';

/** Takes a mapping file's text; throws to refuse it. */
type Load = (text: string) => void;

/** Milliseconds within which a file is refused: the best of three, since the machine has other work. */
const ALLOWED = 50;

/** Files that would harm or stop a careless reader: each is refused, soon, and leaves no trace. */
export const r14: Proof = {
  id: 'R14',
  name: 'hostile mapping files',
  full: 5_000,
  quick: templates.length,
  run: (options) => attack((text) => void loadMapping(text, 'hostile.yaml'), options),
  bad: [
    {
      name: 'yaml.parse, and the library that evaluates',
      run: (options) => attack(refusing(careless), options, bearable),
    },
    {
      name: 'merging entries into an object',
      run: (options) => attack(refusing(merging), options, bearable),
    },
  ],
};

/** The textbook way: whatever YAML gives, and whatever the expression library runs. */
function careless(text: string): void {
  const entries: Record<string, { conversion_expr?: string }> = parse(text, { logLevel: 'error' });
  for (const { conversion_expr } of Object.values(entries)) {
    if (conversion_expr) new Parser().evaluate(conversion_expr, { value: 1 });
  }
}

/** Entries laid over defaults by hand: a key named `__proto__` reaches every object of the process. */
function merging(text: string): void {
  const merged: Record<string, Record<string, unknown>> = {};
  for (const [key, entry] of Object.entries<object>(parse(text, { logLevel: 'error' }))) {
    const known = merged[key] ?? {};
    for (const [name, value] of Object.entries(entry)) known[name] = value;
    merged[key] = known;
  }
}

/** Lets a bad design count every failure of its own as a refusal: what is left is what it lets through. */
function refusing(load: Load): Load {
  return (text) => {
    try {
      load(text);
    } catch (cause) {
      throw new MappingError('refused', { cause });
    }
  };
}

/** The bad designs get small files only: a large one ends the process instead of being counted. */
function bearable(text: string): boolean {
  return text.length < 2000;
}

async function attack(
  load: Load,
  { seed, count }: ProofOptions,
  takes = (_: string) => true,
): Promise<Outcome> {
  const chance = random(seed);
  const found = tally();
  let slowest = 0;
  for (let index = 0; index < count; index += 1) {
    const template = templates[index % templates.length];
    const text = template?.text(chance) ?? '';
    if (!takes(text)) continue;
    const took = timeToRefuse(load, text, (what) =>
      found.violate(`file ${index} (${template?.name}): ${what}`),
    );
    slowest = Math.max(slowest, took);
    if (took > ALLOWED) found.violate(`file ${index} (${template?.name}): took ${took.toFixed(0)} ms`);
  }
  return found.outcome(count, { templates: templates.length, 'slowest (ms)': Math.round(slowest) });
}

function timeToRefuse(load: Load, text: string, violate: (what: string) => void): number {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 3 && best > ALLOWED; round += 1) {
    const started = process.cpuUsage();
    const error = refusal(load, text);
    best = Math.min(best, milliseconds(process.cpuUsage(started)));
    if (round > 0) continue;
    if (error === null) violate('was accepted');
    else if (!(error instanceof MappingError)) violate(`failed with ${String(error).slice(0, 80)}`);
    for (const trace of cleanPrototypes()) violate(`changed ${trace}`);
  }
  return best;
}

/** Of the processor: what else the machine is doing must not count. */
function milliseconds({ user, system }: NodeJS.CpuUsage): number {
  return (user + system) / 1000;
}

function refusal(load: Load, text: string): unknown {
  try {
    load(text);
    return null;
  } catch (error) {
    return error;
  }
}

const pristine = [Object.prototype, Array.prototype, Function.prototype, String.prototype, globalThis].map(
  (object) => ({ object, keys: new Set(Reflect.ownKeys(object)) }),
);

/** What was added to the objects that all others inherit from; removed again, so that each file counts alone. */
function cleanPrototypes(): string[] {
  const traces: string[] = [];
  for (const { object, keys } of pristine) {
    for (const key of Reflect.ownKeys(object).filter((name) => !keys.has(name))) {
      traces.push(String(key));
      Reflect.deleteProperty(object, key);
    }
  }
  return traces;
}
