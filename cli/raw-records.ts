import { InvalidConfig } from '../lib/errors.ts';
import { parseJson } from '../lib/recording/scrub.ts';

type Json = Readonly<Record<string, unknown>>;

/**
 * The raw records of a file that people have at hand: one record, a whole response, a recording, or lines of
 * the quarantine.
 * @param normalize tells a record that can be read; a response may look like one otherwise
 * @throws InvalidConfig when the file is no JSON
 */
export function rawRecords(text: string, file: string, normalize: (raw: unknown) => unknown): unknown[] {
  const whole = parseJson(text);
  const contents = whole === undefined ? lines(text, file) : [whole];
  return contents.flatMap((content) => recordsIn(content, (raw) => isReadable(raw, normalize)));
}

function lines(text: string, file: string): unknown[] {
  const values = text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map(parseJson);
  if (values.length > 0 && !values.includes(undefined)) return values;
  throw new InvalidConfig(`${file}: expected JSON, or one JSON object on each line`);
}

function recordsIn(value: unknown, isRecord: (raw: unknown) => boolean): unknown[] {
  const inside = (inner: unknown) => recordsIn(inner, isRecord);
  if (Array.isArray(value)) return value.flatMap(inside);
  if (!isObject(value) || isRecord(value)) return [value];
  if (isObject(value.raw) && 'exc_type' in value) return [value.raw];
  if (Array.isArray(value.exchanges))
    return value.exchanges.filter(isObject).flatMap((one) => inside(bodyOf(one)));
  const content = contentOf(value);
  return content === null ? [value] : inside(content);
}

/** What an envelope holds: beside counts it has one object or list, and hardly a text. */
function contentOf(value: Json): unknown {
  const members = Object.values(value);
  const [inner, ...others] = members.filter((member) => typeof member === 'object' && member !== null);
  const texts = members.filter((member) => typeof member === 'string').length;
  if (inner === undefined) return members.every((member) => typeof member === 'number') ? [] : null;
  return others.length === 0 && texts <= 1 ? inner : null;
}

function bodyOf({ response }: Json): unknown {
  if (!isObject(response)) return [];
  return response.json ?? (typeof response.body === 'string' ? (parseJson(response.body) ?? []) : []);
}

function isReadable(raw: unknown, normalize: (raw: unknown) => unknown): boolean {
  try {
    normalize(raw);
    return true;
  } catch {
    return false;
  }
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
