import { MappingError } from '../errors.ts';
import type { Variables } from '../models/usage.ts';
import { compileValue } from './compile.ts';
import { parseExpression } from './parser.ts';

/** A conversion expression (nflex: 4.), parsed once and safe to keep. */
export interface Expression {
  readonly source: string;
  /** The variables it names, each once, in the order of their first mention. */
  readonly variables: readonly string[];
  /**
   * Null is NULL: the metric is dropped. A finite double otherwise.
   * @throws VariableLookupError, or MappingError for a value or a result that is no number.
   */
  evaluate(variables: Variables): number | null;
}

/**
 * Parses an expression. The text is never run: it becomes a tree, and the tree closures.
 * @throws MappingError "expected …, found … at column N"; its one problem holds the place (1-based), without a
 *   file and a key.
 */
export function compile(source: string): Expression {
  const { value, variables: names } = parseExpression(source);
  const compute = compileValue(value, source);
  return {
    source,
    variables: names,
    evaluate(variables) {
      const result = compute(variables);
      if (result === null || Number.isFinite(result)) return result;
      throw new MappingError(`the result is no finite number: ${result}`);
    },
  };
}

/** {@link compile} and evaluate, once. */
export function evaluate(source: string, variables: Variables): number | null {
  return compile(source).evaluate(variables);
}
