import { SyncError } from './errors.ts';
import type { BadRow } from './read.ts';
import type { Redact } from './redact.ts';
import type { Quarantined } from './sink/sink.ts';

/** Makes a bad row printable: no secret in it. */
export function quarantineWith(redact: Redact) {
  return ({ raw, error }: BadRow): Quarantined => ({
    exc_type: error.name,
    exc_message: redact(error.message),
    code: error instanceof SyncError ? error.code : 'UNEXPECTED',
    raw: scrub(raw, redact),
  });
}

/** Redaction works on text; what it makes of JSON is JSON, unless a secret was part of its structure. */
function scrub(raw: unknown, redact: Redact): unknown {
  const text = redact(printRaw(raw));
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** A row may be nested so deeply that nothing can print it. */
function printRaw(raw: unknown): string {
  try {
    return JSON.stringify(raw) ?? 'null';
  } catch {
    return '"a record that cannot be printed"';
  }
}
