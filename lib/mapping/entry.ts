import { MappingError, VariableLookupError } from '../errors.ts';
import type { Variables } from '../models/usage.ts';
import type { Field, RawEntry } from './document.ts';
import { compile, type Expression } from './expression.ts';
import { type EntrySettings, mappingEntrySchema, mappingKeySchema } from './schema.ts';
import type { Offence } from './subset.ts';
import { readVariable } from './variables.ts';

/** More are not looked for: what is left shows once these are corrected. */
export const MAX_PROBLEMS = 50;

/** How one metric is made of the records of a kind. */
export interface MappingEntry {
  readonly key: string;
  /** The provider's kind; the key itself when the file names none. */
  readonly source: string;
  /** The metric. */
  readonly name: string;
  readonly unit: string | null;
  readonly counter: boolean;
  /** Literal; '' for none. */
  readonly specialisation: string;
  /** The attribute it is taken from. */
  readonly specialisationFrom: string | null;
  readonly expression: Expression | null;
  /**
   * The expression's result, or `value` where there is none; null drops the metric.
   * @throws VariableLookupError or MappingError, naming the file and the key.
   */
  convert(variables: Variables): number | null;
}

interface Judged {
  readonly entries: readonly MappingEntry[];
  readonly offences: readonly Offence[];
}

/** Judges entries by the schema, compiles their expressions, and finds those that give the same metric. */
export function judgeEntries(raw: readonly RawEntry[], file: string): Judged {
  const entries: MappingEntry[] = [];
  const offences: Offence[] = [];
  const metrics = new Map<string, string>();
  for (const entry of raw) {
    const { settings, expression, offences: own } = judge(entry);
    offences.push(...own);
    if (offences.length >= MAX_PROBLEMS) break;
    if (!settings) continue;
    const metric = metricOf(entry.key, settings);
    const twin = metrics.get(metric);
    if (twin === undefined) metrics.set(metric, entry.key);
    else offences.push({ at: entry.at, key: entry.key, message: `gives the same metric as ${twin}` });
    entries.push(toEntry(entry.key, settings, expression, file));
  }
  return { entries, offences };
}

function judge(entry: RawEntry): {
  settings?: EntrySettings;
  expression: Expression | null;
  offences: Offence[];
} {
  const offences: Offence[] = [];
  const report = (at: number, message: string) => offences.push({ at, key: entry.key, message });
  for (const { message } of mappingKeySchema.safeParse(entry.key).error?.issues ?? [])
    report(entry.at, message);
  const values = Object.fromEntries([...entry.fields].map(([name, { value }]) => [name, value]));
  const parsed = mappingEntrySchema.safeParse(values);
  for (const issue of parsed.error?.issues ?? []) {
    if (issue.code === 'unrecognized_keys') {
      for (const name of issue.keys) report(entry.fields.get(name)?.nameAt ?? entry.at, unknownSetting(name));
    } else {
      const name = String(issue.path[0] ?? '');
      report(entry.fields.get(name)?.at ?? entry.at, `${name} ${issue.message}`);
    }
  }
  const expression = compileField(entry.fields.get('conversion_expr'), report);
  return parsed.success ? { settings: parsed.data, expression, offences } : { expression, offences };
}

function unknownSetting(name: string): string {
  const known = Object.keys(mappingEntrySchema.shape).join(', ');
  return `${name} is not a known setting (known: ${known})`;
}

function compileField(
  field: Field | undefined,
  report: (at: number, message: string) => void,
): Expression | null {
  if (typeof field?.value !== 'string') return null;
  try {
    return compile(field.value);
  } catch (error) {
    const problem = error instanceof MappingError ? error.problems[0] : undefined;
    if (!problem) throw error;
    const start = textStart(field, problem.line);
    if (start !== null) report(start + problem.column - 1, problem.message);
    else
      report(
        field.at,
        `${problem.message} (line ${problem.line}, column ${problem.column} of the expression)`,
      );
    return null;
  }
}

/** Where the expression's first character stands in the file; null when its text there is written differently. */
function textStart({ value, raw, at }: Field, line: number): number | null {
  if (line > 1) return null;
  if (raw === value) return at;
  return raw.slice(1, -1) === value ? at + 1 : null;
}

function metricOf(key: string, { source, name, specialisation, specialisation_from }: EntrySettings): string {
  return JSON.stringify([source ?? key, name, specialisation, specialisation_from ?? null]);
}

function toEntry(
  key: string,
  settings: EntrySettings,
  expression: Expression | null,
  file: string,
): MappingEntry {
  return Object.freeze({
    key,
    source: settings.source ?? key,
    name: settings.name,
    unit: settings.unit ?? null,
    counter: settings.counter,
    specialisation: settings.specialisation,
    specialisationFrom: settings.specialisation_from ?? null,
    expression,
    convert(variables: Variables) {
      try {
        if (expression) return expression.evaluate(variables);
        return readVariable(variables, 'value', () => 'and the entry has no conversion_expr');
      } catch (error) {
        throw located(error, `${file} ${key}`);
      }
    },
  });
}

function located(error: unknown, place: string): unknown {
  if (error instanceof VariableLookupError)
    return new VariableLookupError(`${place}: ${error.message}`, { cause: error });
  if (error instanceof MappingError) return new MappingError(`${place}: ${error.message}`, { cause: error });
  return error;
}
