import { inspect } from 'node:util';

/**
 * A value that cannot be printed: turned into text, JSON or a log line it reads `<secret>`. Only `reveal`,
 * which is easy to search for, gives it away.
 */
export interface Secret {
  reveal(): string;
}

/** Wraps a value where it enters; the value lives in the closure alone. */
export function secret(value: string): Secret {
  const printed = () => '<secret>';
  return Object.freeze({
    reveal: () => value,
    toString: printed,
    toJSON: printed,
    [inspect.custom]: printed,
  });
}
