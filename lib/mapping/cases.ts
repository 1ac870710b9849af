import * as z from 'zod';
import { InvalidConfig, SyncError } from '../errors.ts';
import { parse } from '../parse.ts';
import { evaluate } from './expression.ts';

/** An expression, the variables it is given, and what it must come to: a number, null for NULL, or an error's name. */
const caseSchema = z
  .object({
    expr: z.string(),
    vars: z.record(z.string(), z.union([z.number(), z.string(), z.boolean(), z.null()])).default({}),
    result: z.number().nullish(),
    error: z.string().optional(),
  })
  .refine(
    ({ result, error }) => (result === undefined) !== (error === undefined),
    'expected either result or error',
  );

/** A file of cases. Further keys of a case are notes, and ignored. */
export const casesSchema = z.array(caseSchema).min(1, 'expected at least one case');

export type ExpressionCase = z.output<typeof caseSchema>;

export interface CaseOutcome {
  /** The case's place in its file, from 0. */
  readonly index: number;
  readonly expr: string;
  readonly passed: boolean;
  readonly expected: string;
  readonly found: string;
}

/** How far a result may lie off, of itself: authors write decimals, results are doubles. */
const TOLERANCE = 1e-12;

/**
 * Runs the cases of `usage-sync mappings test`.
 * @param cases the file's content, parsed as JSON or YAML. @param file its name, for errors.
 * @returns one outcome for each case, in order.
 * @throws InvalidConfig when the content is no list of cases.
 */
export function testCases(cases: unknown, file: string): readonly CaseOutcome[] {
  return parse(casesSchema, cases, file, InvalidConfig).map(testCase);
}

function testCase(expected: ExpressionCase, index: number): CaseOutcome {
  const { expr } = expected;
  const wanted = expected.error ?? String(expected.result);
  try {
    const result = evaluate(expr, expected.vars);
    const passed = expected.error === undefined && equal(result, expected.result ?? null);
    return { index, expr, passed, expected: wanted, found: String(result) };
  } catch (error) {
    if (!(error instanceof SyncError)) throw error;
    const found = `${error.name}: ${error.message}`;
    return { index, expr, passed: error.name === expected.error, expected: wanted, found };
  }
}

function equal(found: number | null, expected: number | null): boolean {
  if (found === null || expected === null) return found === expected;
  return Math.abs(found - expected) <= TOLERANCE * Math.abs(expected);
}
