import { isSecretName, type Redact } from './redact.ts';
import { formatInstant, type Millis } from './time.ts';

export type Level = 'debug' | 'info' | 'warn' | 'error';

/** Facts beside a message: `customer`, `account` and `resource` say whose they are. */
export type Fields = Readonly<Record<string, unknown>>;

/** Where this software says what it does. Logging never fails and never shows a secret. */
export interface Log {
  debug(message: string, fields?: Fields): void;
  info(message: string, fields?: Fields): void;
  warn(message: string, fields?: Fields): void;
  error(message: string, fields?: Fields): void;
  /** A log whose every line carries these fields too; they are read now, not when a line is written. */
  with(fields: Fields): Log;
}

export interface LogOptions {
  /** Takes one line of JSON, without its end of line. */
  readonly write: (line: string) => void;
  /** Lines below this level are not written. */
  readonly level: Level;
  readonly redact: Redact;
  readonly now: () => Millis;
  readonly fields?: Fields;
}

const levels: readonly Level[] = ['debug', 'info', 'warn', 'error'];

/**
 * A log of one JSON object per line: `{time, level, message, …fields}`, times in RFC 3339. The first three are
 * the line's own: fields of these names are not shown.
 */
export function createLog(options: LogOptions): Log {
  return logWith(options, plainFields(options.fields ?? {}, options.redact));
}

function logWith(options: LogOptions, fields: Fields): Log {
  const at = (level: Level) => (message: string, extra?: Fields) => {
    if (levels.indexOf(level) < levels.indexOf(options.level)) return;
    quietly(() => options.write(lineOf(options, level, message, fields, extra)));
  };
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    with: (extra) => logWith(options, { ...fields, ...plainFields(extra, options.redact) }),
  };
}

/** The original's form of a message, as the CMP's log shows it; a dash for what is not known. */
export function headline(fields: Fields, message: string): string {
  const [customer, account, resource] = ['customer', 'account', 'resource'].map((name) => {
    const value = fields[name];
    return typeof value === 'string' || typeof value === 'number' ? value : '-';
  });
  return `Target(customer: ${customer}, account: ${account}, resource: ${resource}): ${message}`;
}

function lineOf(options: LogOptions, level: Level, message: string, fields: Fields, extra?: Fields): string {
  const all = { ...fields, ...plainFields(extra ?? {}, options.redact) };
  const head = { time: formatInstant(options.now()), level, message: options.redact(message) };
  return JSON.stringify({ ...head, ...all, ...head });
}

/** A log that cannot be written must not end the work it tells of. */
function quietly(work: () => void): void {
  try {
    work();
  } catch {
    // Nobody is left to tell.
  }
}

const DEPTH = 6;
const ITEMS = 100;
const CHARACTERS = 8192;

/** Fields as plain JSON values: redacted, cut to a size that a log can hold, and whatever was unreadable named so. */
function plainFields(fields: Fields, redact: Redact): Record<string, unknown> {
  const plain = toPlain(fields, redact, []);
  return typeof plain === 'object' && plain !== null ? { ...plain } : {};
}

function toPlain(value: unknown, redact: Redact, above: readonly object[]): unknown {
  try {
    if (typeof value === 'object' && value !== null) return plainObject(value, redact, above);
    return plainScalar(value, redact);
  } catch {
    return '<unreadable>';
  }
}

function plainScalar(value: unknown, redact: Redact): unknown {
  if (value === undefined || value === null || typeof value === 'boolean') return value;
  if (typeof value === 'function') return '<function>';
  const text = String(value);
  const shown = redact(text);
  if (typeof value === 'number' && shown === text && Number.isFinite(value)) return value;
  return shown.length > CHARACTERS ? `${shown.slice(0, CHARACTERS)}… (${shown.length} characters)` : shown;
}

function plainObject(value: object, redact: Redact, above: readonly object[]): unknown {
  if (above.includes(value)) return '<circular>';
  if (above.length >= DEPTH) return '<deep>';
  const inside = [...above, value];
  if (value instanceof Error) return plainError(value, redact, inside);
  if (value instanceof URL) return redact(`${value.origin}${value.pathname}`);
  if (ArrayBuffer.isView(value)) return `<${value.byteLength} bytes>`;
  if ('toJSON' in value && typeof value.toJSON === 'function') return toPlain(value.toJSON(), redact, inside);
  if (Array.isArray(value) || value instanceof Set) return plainList([...value], redact, inside);
  const entries = value instanceof Map ? [...value] : readableEntries(value);
  return Object.fromEntries(
    entries.slice(0, ITEMS).map(([key, member]) => plainMember(String(key), member, redact, inside)),
  );
}

/** A stack and a cause may quote what was sent; a line needs what a person searches for. */
function plainError(error: Error, redact: Redact, above: readonly object[]): unknown {
  const code = 'code' in error ? error.code : undefined;
  return toPlain({ name: error.name, code, message: error.message }, redact, above);
}

function plainList(items: readonly unknown[], redact: Redact, above: readonly object[]): unknown[] {
  const shown = items.slice(0, ITEMS).map((item) => toPlain(item, redact, above));
  return items.length > ITEMS ? [...shown, `<${items.length - ITEMS} more>`] : shown;
}

function plainMember(
  key: string,
  value: unknown,
  redact: Redact,
  above: readonly object[],
): [string, unknown] {
  return [redact(key), isSecretName(key) ? `<${key}>` : toPlain(value, redact, above)];
}

/** A getter that throws spoils its own member only. */
function readableEntries(value: object): [string, unknown][] {
  return Object.keys(value).map((key) => {
    try {
      return [key, (value as Record<string, unknown>)[key]];
    } catch {
      return [key, '<unreadable>'];
    }
  });
}
