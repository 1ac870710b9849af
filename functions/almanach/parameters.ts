import { InvalidConfig } from '../../lib/errors.ts';
import type { OperationParameters } from '../../lib/operations.ts';
import { type Millis, parseInstant } from '../../lib/time.ts';
import type { Form, Parameter } from './calls.ts';
import { bodyDate, queryDate } from './dates.ts';

/** What goes where. */
export interface Placed {
  readonly path: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, unknown>>;
}

/**
 * The parameters of a call as its parts need them. Dates may have any form of RFC 3339; without an offset they are
 * UTC, and one that is left out is now: the Python client sends local time as if it were UTC (sheet 3.1).
 * @throws InvalidConfig naming the parameter that is unknown, missing, or has another form
 */
export function readParameters(
  call: string,
  parameters: readonly Parameter[],
  given: OperationParameters,
  now: Millis,
): Placed {
  assertKnown(call, parameters, given);
  const placed = { path: {}, query: {}, body: {} } as Record<Parameter['in'], Record<string, unknown>>;
  for (const parameter of parameters) {
    const value = readValue(call, parameter, given, now);
    if (value !== undefined) placed[parameter.in][parameter.as ?? parameter.name] = value;
  }
  return placed as unknown as Placed;
}

function assertKnown(call: string, parameters: readonly Parameter[], given: OperationParameters): void {
  const known = new Map(parameters.flatMap((one) => namesOf(one).map((name) => [name, one.name] as const)));
  const seen = new Set<string>();
  for (const name of Object.keys(given)) {
    const own = known.get(name);
    if (own === undefined) {
      const all = parameters.map((one) => one.name).join(', ') || 'none';
      throw refused(`${call}: the parameter ${name.slice(0, 80)} is not known; it takes ${all}`);
    }
    if (seen.has(own)) throw refused(`${call}: the parameter ${own} is given twice`);
    seen.add(own);
  }
}

function readValue(call: string, parameter: Parameter, given: OperationParameters, now: Millis): unknown {
  const name = namesOf(parameter).find((one) => Object.hasOwn(given, one));
  const { form = 'text', otherwise } = parameter;
  if (name !== undefined) {
    const value = read[form](given[name] ?? '');
    if (value !== null) return value;
    throw refused(`${call}: the parameter ${name} must be ${expected[form]}`);
  }
  if (otherwise === undefined) throw refused(`${call}: the parameter ${parameter.name} is missing`);
  if (otherwise === 'absent') return undefined;
  if (otherwise === 'now') return form === 'query-date' ? queryDate(now) : bodyDate(now);
  return otherwise === 'null' ? null : [];
}

/** Null for a text that has another form. A number is sent as one: the server would keep a text (sheet 1.6). */
const read: Readonly<Record<Form, (text: string) => unknown>> = {
  text: (text) => text,
  number: (text) => (/^\d{1,15}(?:\.\d{1,15})?$/.test(text) ? Number(text) : null),
  list: (text) =>
    text
      .split(',')
      .map((part) => part.trim())
      .filter(Boolean),
  object: objectIn,
  date: (text) => dateOf(text, bodyDate),
  'query-date': (text) => dateOf(text, queryDate),
};

const expected: Readonly<Record<Form, string>> = {
  text: 'a text',
  number: 'a number',
  list: 'ids with commas between them',
  object: 'a JSON object',
  date: 'a date such as 2026-10-01T00:00:00Z',
  'query-date': 'a date such as 2026-10-01T00:00:00Z',
};

function dateOf(text: string, write: (instant: Millis) => string): string | null {
  const instant = parseInstant(text);
  return instant === null ? null : write(instant);
}

/** The object that a text is as JSON; null when it is none. */
export function objectIn(text: string): object | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}

function namesOf({ name, also = [] }: Parameter): readonly string[] {
  return [name, ...also];
}

function refused(message: string): InvalidConfig {
  return new InvalidConfig(message, {
    code: 'PARAMETER_REFUSED',
    hint: 'Correct the parameters behind the name of the operation.',
  });
}
