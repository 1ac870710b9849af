import { MappingError, VariableLookupError } from '../errors.ts';
import type { Variables } from '../models/usage.ts';

const numeric = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/** How many of a record's variables an error lists. */
const LISTED = 20;

/**
 * Reads one variable: a number, numeric text, true and false as 1 and 0, null as NULL. Own properties only:
 * what an object inherits is no variable.
 * @param place says where the name stands, for errors.
 * @throws VariableLookupError for a name the record does not have, MappingError for a value that is no number.
 */
export function readVariable(variables: Variables, name: string, place: () => string): number | null {
  const value = variables[name];
  if (typeof value === 'number' && Number.isFinite(value) && Object.hasOwn(variables, name)) return value;
  return coerce(variables, name, place);
}

function coerce(variables: Variables, name: string, place: () => string): number | null {
  const value = Object.hasOwn(variables, name) ? variables[name] : undefined;
  if (value === undefined) throw unknown(variables, name, place);
  if (value === null) return null;
  const amount = amountOf(value);
  if (amount !== null && Number.isFinite(amount)) return amount;
  throw new MappingError(`the variable "${name}" is no number: ${show(value)} ${place()}`);
}

function amountOf(value: unknown): number | null {
  if (typeof value === 'number') return value;
  if (typeof value === 'boolean') return value ? 1 : 0;
  return typeof value === 'string' && numeric.test(value.trim()) ? Number(value.trim()) : null;
}

function unknown(variables: Variables, name: string, place: () => string): VariableLookupError {
  const names = Object.keys(variables).sort();
  const listed = names.slice(0, LISTED).join(', ') + (names.length > LISTED ? ', …' : '');
  const known = names.length === 0 ? 'it has none' : `it has ${listed}`;
  return new VariableLookupError(`the record has no variable "${name}" (${known}) ${place()}`);
}

function show(value: unknown): string {
  const text =
    typeof value === 'string' ? JSON.stringify(value) : typeof value === 'number' ? `${value}` : typeof value;
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
