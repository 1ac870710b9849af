import { isMap, isScalar, type ParsedNode, parseDocument, type YAMLMap } from 'yaml';
import { type Offence, outsideSubset } from './subset.ts';

/** A setting of an entry as the file has it. */
export interface Field {
  /** Text, true, false or null; a number stays the text it was written as. */
  readonly value: string | boolean | null;
  /** Offset of the value, and of the setting's name. */
  readonly at: number;
  readonly nameAt: number;
  /** The value with its quotes. */
  readonly raw: string;
}

/** An entry as the file has it, not yet judged. */
export interface RawEntry {
  readonly key: string;
  readonly at: number;
  readonly fields: ReadonlyMap<string, Field>;
}

export interface MappingDocument {
  readonly entries: readonly RawEntry[];
  readonly offences: readonly Offence[];
}

type Pairs = YAMLMap.Parsed['items'];

/**
 * Reads the YAML of a mapping without resolving anything: nothing in it becomes an object's property, so no
 * key can reach a prototype. Where the text is no YAML that a mapping may use, there are no entries.
 */
export function readDocument(text: string): MappingDocument {
  const outside = outsideSubset(text);
  if (outside.length > 0) return { entries: [], offences: outside };
  const { errors, warnings, contents } = parseDocument(text, {
    version: '1.2',
    schema: 'core',
    merge: false,
    stringKeys: true,
    // Compared here instead: the library's check costs the square of the number of keys.
    uniqueKeys: false,
    prettyErrors: false,
  });
  const broken = [...errors, ...warnings].map(({ pos, message }) =>
    offence(pos[0], `is no valid YAML: ${message}`),
  );
  if (broken.length > 0) return { entries: [], offences: broken };
  if (isMap(contents)) return readEntries(contents.items, text);
  const empty = contents === null || (isScalar(contents) && contents.value === null);
  const message = empty ? 'is empty: a mapping without entries maps nothing' : 'expected a map of entries';
  return { entries: [], offences: [offence(contents?.range[0] ?? 0, message)] };
}

function readEntries(pairs: Pairs, text: string): MappingDocument {
  const offences: Offence[] = [];
  const report = (at: number, key: string, message: string) => offences.push({ at, key, message });
  if (pairs.length === 0) report(0, '', 'is empty: a mapping without entries maps nothing');
  const entries: RawEntry[] = [];
  for (const { key: name, at, node } of unique(pairs, '', report)) {
    if (!isMap(node)) report(node?.range[0] ?? at, name, 'expected a map of settings, such as {name: …}');
    else entries.push({ key: name, at, fields: readFields(node.items, name, text, report) });
  }
  return { entries, offences };
}

function readFields(pairs: Pairs, entry: string, text: string, report: Report): ReadonlyMap<string, Field> {
  const fields = new Map<string, Field>();
  for (const { key: name, at, node } of unique(pairs, entry, report)) {
    if (node !== null && !isScalar(node)) {
      report(node.range[0], entry, `${name} must be a single value`);
      continue;
    }
    const [start, end] = node?.range ?? [at, at];
    fields.set(name, { value: plain(node), at: start, nameAt: at, raw: text.slice(start, end) });
  }
  return fields;
}

type Report = (at: number, key: string, message: string) => void;

/** The pairs of a map by their keys; a key that stands twice is reported and left out. */
function* unique(
  pairs: Pairs,
  entry: string,
  report: Report,
): Generator<{ key: string; at: number; node: ParsedNode | null }> {
  const seen = new Set<string>();
  for (const { key, value } of pairs) {
    const at = key.range[0];
    const name = isScalar(key) && typeof key.value === 'string' ? key.value : '';
    if (name === '') report(at, entry, 'a key is missing before ":"');
    else if (seen.has(name)) report(at, entry || name, `${name} stands twice`);
    else yield { key: name, at, node: value };
    seen.add(name);
  }
}

function plain(node: ParsedNode | null): string | boolean | null {
  if (!isScalar(node)) return null;
  const { value, source } = node;
  return typeof value === 'number' || typeof value === 'bigint' ? (source ?? String(value)) : toText(value);
}

function toText(value: unknown): string | boolean | null {
  return typeof value === 'string' || typeof value === 'boolean' ? value : null;
}

function offence(at: number, message: string): Offence {
  return { at, key: '', message };
}
