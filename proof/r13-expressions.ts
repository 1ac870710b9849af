import { SyncError } from '../lib/errors.ts';
import { evaluate } from '../lib/mapping/expression.ts';
import type { Variables } from '../lib/models/usage.ts';
import { random } from '../simulators/random.ts';
import { type Design, type Outcome, type Proof, type ProofOptions, tally } from './proof.ts';
import { type Defect, evaluateNaively } from './r13-naive-evaluator.ts';
import { expressionText, mutated, someVariables } from './r13-texts.ts';

type Evaluate = (source: string, variables: Variables) => number | null;

/** Milliseconds after which an expression counts as hanging; a busy machine needs some of them for itself. */
const HANG = 1000;

/** Expressions, right and wrong, against a second evaluator: every result and every error's name the same. */
export const r13: Proof = {
  id: 'R13',
  name: 'expression fuzz against a second, naive evaluator',
  full: 1_000_000,
  quick: 20_000,
  run: (options) => compare(evaluate, options),
  bad: [
    bad('unary minus looser than a power', 'loose-minus'),
    bad('AND and OR do not stop early', 'eager-logic'),
    bad('a division by zero is infinite', 'infinite-division'),
    bad('powers associate to the left', 'left-power'),
  ],
};

function bad(name: string, defect: Defect): Design {
  const subject: Evaluate = (source, variables) => evaluateNaively(source, variables, defect);
  return { name, run: (options) => compare(subject, options) };
}

async function compare(subject: Evaluate, { seed, count, enough }: ProofOptions): Promise<Outcome> {
  const chance = random(seed);
  const found = tally(enough);
  const before = worldState();
  let slowest = 0;
  const came = { numbers: 0, nulls: 0, refused: 0, unknown: 0 };
  for (const index of found.cases(count)) {
    const source = chance.chance(0.75) ? expressionText(chance) : mutated(chance, expressionText(chance));
    const variables = someVariables(chance);
    const started = performance.now();
    const ours = outcomeOf(subject, source, variables);
    slowest = Math.max(slowest, performance.now() - started);
    const theirs = outcomeOf(evaluateNaively, source, variables);
    came[sortOf(theirs)] += 1;
    if (ours !== theirs) {
      found.violate(
        `case ${index}: ${source} with ${JSON.stringify(variables)}: ${ours}, expected ${theirs}`,
      );
    }
  }
  if (slowest > HANG) found.violate(`one expression took ${slowest.toFixed(0)} ms`);
  if (worldState() !== before) found.violate('an expression changed a global object or a prototype');
  return found.outcome(count, { ...came, 'slowest (ms)': Math.round(slowest) });
}

function sortOf(outcome: string): 'numbers' | 'nulls' | 'refused' | 'unknown' {
  if (outcome === 'MappingError') return 'refused';
  if (outcome === 'VariableLookupError') return 'unknown';
  return outcome === 'null' ? 'nulls' : 'numbers';
}

function outcomeOf(subject: Evaluate, source: string, variables: Variables): string {
  try {
    const result = subject(source, variables);
    return String(result === 0 ? 0 : result);
  } catch (error) {
    return error instanceof SyncError ? error.name : `a defect: ${String(error)}`;
  }
}

/** What running any of the hostile words would change. */
function worldState(): string {
  const watched = [globalThis, Object.prototype, Array.prototype, Function.prototype, String.prototype];
  return watched.map((object) => Reflect.ownKeys(object).map(String).join()).join(';');
}
