import { LineCounter } from 'yaml';
import { MappingError, type MappingProblem } from '../errors.ts';
import { readDocument } from './document.ts';
import { judgeEntries, MAX_PROBLEMS, type MappingEntry } from './entry.ts';
import type { Offence } from './subset.ts';

export type { MappingEntry } from './entry.ts';
export { mappingSchema } from './schema.ts';

/** A mapping file, compiled: safe to keep for as long as the process lives. */
export interface Mapping {
  readonly file: string;
  /** In the order of the file. */
  readonly entries: readonly MappingEntry[];
  /** The entries made of one kind; none for a kind that is not mapped. */
  forKind(kind: string): readonly MappingEntry[];
}

/**
 * Loads a mapping (nflex: 4. mapping.yaml; contract: Kinds, variables, default metrics).
 * @param text the file's content. @param file its name, for errors.
 * @throws MappingError with all problems at once (up to 50), each at its place; the message lists them as
 *   `file:line:column key: message`.
 */
export function loadMapping(text: string, file: string): Mapping {
  const content = text.startsWith('\uFEFF') ? text.slice(1) : text;
  const { entries: raw, offences } = readDocument(content);
  const judged = judgeEntries(raw, file);
  // What is wrong with a value as YAML makes it wrong as a setting, too: once is enough.
  const known = new Set(offences.map(({ at }) => at));
  const further = judged.offences.filter(({ at }) => !known.has(at));
  const problems = located([...offences, ...further], content, file);
  if (problems.length > 0) throw new MappingError(list(problems), { problems });
  return mappingOf(file, judged.entries);
}

function mappingOf(file: string, entries: readonly MappingEntry[]): Mapping {
  const kinds = new Map<string, MappingEntry[]>();
  for (const entry of entries) {
    const others = kinds.get(entry.source);
    if (others) others.push(entry);
    else kinds.set(entry.source, [entry]);
  }
  const none: readonly MappingEntry[] = [];
  return { file, entries, forKind: (kind) => kinds.get(kind) ?? none };
}

function located(offences: readonly Offence[], text: string, file: string): readonly MappingProblem[] {
  if (offences.length === 0) return [];
  const lines = new LineCounter();
  lines.addNewLine(0);
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lines.addNewLine(at + 1);
  return [...offences]
    .sort((a, b) => a.at - b.at)
    .slice(0, MAX_PROBLEMS)
    .map(({ at, key, message }) => {
      const { line, col } = lines.linePos(at);
      return { file, key, line, column: col, message };
    });
}

function list(problems: readonly MappingProblem[]): string {
  return problems
    .map(({ file, key, line, column, message }) => {
      return `${file}:${line}:${column}${key === '' ? '' : ` ${key}`}: ${message}`;
    })
    .join('\n');
}
