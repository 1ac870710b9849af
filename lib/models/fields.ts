import { MalformedResponse } from '../errors.ts';

/** A field that the provider may leave out or give as null: both mean that it has no value. */
export type Maybe<Value> = Value | null | undefined;

/** `server "i-1"`: how errors name a model, also one that has no usable id. */
export function describeModel(type: string, id: unknown): string {
  return typeof id === 'string' && id !== '' ? `${type} ${quote(id)}` : `${type} without an id`;
}

/** Raises MalformedResponse naming model and field, unless the value is a text that is not empty. */
export function requireText(value: unknown, model: string, field: string): string {
  if (typeof value === 'string' && value !== '') return value;
  throw new MalformedResponse(`${model}: ${field} must be a text with a value`);
}

/** Raises MalformedResponse naming model and field, unless the value is one of those allowed. */
export function requireOneOf<Allowed extends string | number>(
  value: unknown,
  allowed: readonly Allowed[],
  model: string,
  field: string,
): Allowed {
  const found = allowed.find((candidate) => candidate === value);
  if (found !== undefined) return found;
  throw new MalformedResponse(
    `${model}: ${field} is ${quote(value)}, it must be one of ${allowed.join(', ')}`,
  );
}

/** The fields that have a value, in their order; those that are undefined or null are left out. */
export function given<Fields extends object>(
  fields: Fields,
): { [Name in keyof Fields]?: NonNullable<Fields[Name]> } {
  const held = Object.entries(fields).filter(([, value]) => value !== undefined && value !== null);
  return Object.fromEntries(held) as { [Name in keyof Fields]?: NonNullable<Fields[Name]> };
}

/** A provider's value as an error shows it: on one line, and never long. */
export function quote(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
