import { parse } from 'yaml';
import { InvalidConfig, MappingError, type MappingProblem } from '../lib/errors.ts';
import { type CaseOutcome, testCases } from '../lib/mapping/cases.ts';
import { loadMapping } from '../lib/mapping/load.ts';
import { readFileOrRefuse } from '../lib/read-file.ts';
import { exitCode } from './exit.ts';

/** Shows every problem of every file at once. */
export async function lintMappings(
  files: readonly string[],
  options: { readonly json?: boolean },
): Promise<number> {
  const texts = files.map((file) => ({ file, text: readFileOrRefuse(file) }));
  const problems = texts.flatMap(({ file, text }) => problemsOf(text, file));
  if (options.json) process.stdout.write(`${JSON.stringify({ problems })}\n`);
  else
    process.stdout.write(
      problems.map(describe).join('') || `${files.length} mapping files without a problem\n`,
    );
  return problems.length > 0 ? exitCode.failed : exitCode.ok;
}

function problemsOf(text: string, file: string): readonly MappingProblem[] {
  try {
    loadMapping(text, file);
    return [];
  } catch (error) {
    if (error instanceof MappingError && error.problems.length > 0) return error.problems;
    throw error;
  }
}

function describe({ file, line, column, key, message }: MappingProblem): string {
  return `${file}:${line}:${column}  ${key}  ${message}\n`;
}

/** Evaluates cases `{expr, vars, result | error}`; JSON is YAML too. */
export async function testMappings(
  files: readonly string[],
  options: { readonly json?: boolean },
): Promise<number> {
  const texts = files.map((file) => ({ file, text: readFileOrRefuse(file) }));
  const outcomes = texts.flatMap(({ file, text }) => {
    return testCases(parseCases(text, file), file).map((outcome) => ({ file, ...outcome }));
  });
  const failed = outcomes.filter(({ passed }) => !passed);
  if (options.json) process.stdout.write(`${JSON.stringify({ cases: outcomes.length, failed })}\n`);
  else
    process.stdout.write(
      `${failed.map(describeCase).join('')}${outcomes.length - failed.length} passed, ${failed.length} failed\n`,
    );
  return failed.length > 0 ? exitCode.failed : exitCode.ok;
}

function parseCases(text: string, file: string): unknown {
  try {
    return parse(text, { maxAliasCount: 0 });
  } catch (error) {
    throw new InvalidConfig(`${file}: expected JSON or YAML`, { cause: error });
  }
}

function describeCase({
  file,
  index,
  expr,
  expected,
  found,
}: CaseOutcome & { readonly file: string }): string {
  return `${file}[${index}]  ${expr}\n  expected ${expected}, found ${found}\n`;
}
