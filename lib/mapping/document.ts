import { isMap, isScalar, type ParsedNode, parseDocument, type YAMLMap } from 'yaml';
import { type Offence, surveyText } from './subset.ts';

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
 * key can reach a prototype. Where the text is no YAML, there are no entries.
 */
export function readDocument(text: string): MappingDocument {
  const { offences, bearable } = surveyText(text);
  if (!bearable) return { entries: [], offences };
  const { errors, warnings, contents } = parseDocument(text, {
    version: '1.2',
    schema: 'core',
    merge: false,
    stringKeys: true,
    // Compared here instead: the library's check costs the square of the number of keys.
    uniqueKeys: false,
    prettyErrors: false,
  });
  const found = new Map(offences.map((offence) => [offence.at, offence]));
  const report: Report = (at, key, message) => {
    if (!found.has(at)) found.set(at, { at, key, message });
  };
  const broken = [...errors, ...warnings];
  if (broken.length === 0)
    return { entries: readEntries(contents, text, report), offences: [...found.values()] };
  // What the survey found is the cause, and says it better.
  if (offences.length === 0)
    for (const { pos, message } of broken) report(pos[0], '', `is no valid YAML: ${message}`);
  return { entries: [], offences: [...found.values()] };
}

/** Reports what is wrong; one report for each place. */
type Report = (at: number, key: string, message: string) => void;

function readEntries(contents: ParsedNode | null, text: string, report: Report): readonly RawEntry[] {
  if (!isMap(contents) || contents.items.length === 0) {
    const empty = contents === null || isMap(contents) || (isScalar(contents) && contents.value === null);
    const message = empty ? 'is empty: a mapping without entries maps nothing' : 'expected a map of entries';
    report(contents?.range[0] ?? 0, '', message);
    return [];
  }
  const entries: RawEntry[] = [];
  for (const { key: name, at, node } of unique(contents.items, '', report)) {
    if (!isMap(node)) report(node?.range[0] ?? at, name, 'expected a map of settings, such as {name: …}');
    else entries.push({ key: name, at, fields: readFields(node.items, name, text, report) });
  }
  return entries;
}

function readFields(pairs: Pairs, entry: string, text: string, report: Report): ReadonlyMap<string, Field> {
  const fields = new Map<string, Field>();
  for (const { key: name, at, node } of unique(pairs, entry, report)) {
    const [start, end] = node?.range ?? [at, at];
    if (node !== null && !isScalar(node)) report(start, entry, `${name} must be a single value`);
    fields.set(name, { value: plain(node), at: start, nameAt: at, raw: text.slice(start, end) });
  }
  return fields;
}

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
