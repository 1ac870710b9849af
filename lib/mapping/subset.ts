import { CST, Lexer } from 'yaml';

/** Something wrong at an offset of a mapping's text; `key` is '' outside of an entry. */
export interface Offence {
  readonly at: number;
  readonly key: string;
  readonly message: string;
}

/** Characters of the largest file. */
export const MAX_SIZE = 128 * 1024;
/** Words of YAML, blanks and line ends included: some 150 entries. Bounds the time a file can take. */
export const MAX_WORDS = 6_000;
/** Characters of the longest value as it is written: an expression of full length, quoted and indented. */
export const MAX_TEXT = 16 * 1024;
/** A file with more is no mapping with mistakes, but something else. */
const MAX_OFFENCES = 20;

const refused: Readonly<Record<string, string>> = {
  anchor: 'anchors (&) are not supported: write the entry out',
  alias: 'aliases (*) are not supported: write the entry out; text that starts with * needs quotes',
  tag: 'tags (!) are not supported; text that starts with ! needs quotes',
  'directive-line': 'directives (%) are not supported',
  'seq-item-ind': 'lists are not supported: a mapping is a map of entries',
  'flow-seq-start': 'lists are not supported; text that starts with [ needs quotes',
  'explicit-key-ind': 'keys behind "?" are not supported: write "key:"',
};

/** What a look at the words alone found. */
export interface Survey {
  readonly offences: readonly Offence[];
  /** Whether the text is small and shallow enough to be given to a YAML parser. */
  readonly bearable: boolean;
}

/**
 * Finds what lies outside the part of YAML that a mapping may use: maps of single values, two deep. Looks at
 * words only, one after the other, and stops early, because a YAML parser that is given a hostile file may
 * exhaust the stack or the memory of its process, which cannot be caught. Nesting beyond the two levels costs an
 * offence each, or an ever longer line of blanks: a small text with few offences is shallow.
 */
export function surveyText(text: string): Survey {
  const unbearable = (at: number, message: string) => ({ offences: [offence(at, message)], bearable: false });
  if (text.length > MAX_SIZE) return unbearable(0, `has ${text.length} characters; ${MAX_SIZE} are allowed`);
  const strange = /(?![\t\n\r\u0085])[\p{Cc}\p{Cs}\uFFFD]/u.exec(text);
  if (strange)
    return unbearable(strange.index, `holds the character ${codeOf(strange[0])}: is it UTF-8 text?`);
  const offences: Offence[] = [];
  for (const { fatal, ...found } of scan(text)) {
    offences.push(found);
    if (fatal || offences.length === MAX_OFFENCES) return { offences, bearable: false };
  }
  return { offences, bearable: true };
}

/** After a fatal one, nothing further is worth knowing. */
function* scan(text: string): Generator<Offence & { readonly fatal: boolean }, void> {
  const state: State = { depth: 0, colons: 0, scalars: 1, started: false };
  let at = 0;
  let words = 0;
  let content = false;
  for (const word of new Lexer().lex(text)) {
    const type: string = content ? 'content' : (CST.tokenType(word) ?? 'unknown');
    content = type === 'scalar';
    if (isMark(type)) continue;
    words += 1;
    const costly =
      words > MAX_WORDS ? `is too large: a mapping may have ${MAX_WORDS} words` : written(type, word);
    const message = costly ?? refused[type] ?? structure(type, state);
    if (message) yield { ...offence(at, message), fatal: costly !== null };
    at += word.length;
  }
}

/** Words of the lexer that stand for no text. */
function isMark(type: string): boolean {
  return type === 'scalar' || type === 'doc-mode' || type === 'flow-error-end';
}

interface State {
  /** Open braces. */
  depth: number;
  /** Since the line or the pair began. */
  colons: number;
  /** Since the last colon: a value and the next key. */
  scalars: number;
  /** A document is under way. */
  started: boolean;
}

function structure(type: string, state: State): string | null {
  switch (type) {
    case 'content':
    case 'double-quoted-scalar':
    case 'single-quoted-scalar':
      state.started = true;
      state.scalars += 1;
      return state.scalars > 2 ? 'expected ":" between a key and its value' : null;
    case 'doc-start':
      if (state.started) return 'a second document: a mapping is one';
      state.started = true;
      return null;
    case 'flow-map-start':
      state.depth += 1;
      state.colons = 0;
      return state.depth > 2 ? 'nested too deeply: an entry holds single values' : null;
    case 'flow-map-end':
      state.depth -= 1;
      return state.depth < 0 ? 'expected no "}" here' : null;
    case 'comma':
      state.colons = 0;
      state.scalars = 1;
      return null;
    case 'newline':
      if (state.depth === 0) state.colons = 0;
      return null;
    case 'map-value-ind':
      state.colons += 1;
      state.scalars = 0;
      return state.colons > 1 ? 'a second ":" in one place: text that holds ": " needs quotes' : null;
    default:
      return null;
  }
}

const badEscape =
  /\\(?![0abefnrtvNLP_ "/\\\t\r\n]|x[\da-fA-F]{2}|u[\da-fA-F]{4}|U(?:000[\da-fA-F]|0010)[\da-fA-F]{4})/;

/** What would cost a parser much: of bad escapes, the library describes every single one. */
function written(type: string, word: string): string | null {
  if (word.length > MAX_TEXT && type !== 'comment')
    return `has ${word.length} characters; ${MAX_TEXT} are allowed`;
  if (type !== 'double-quoted-scalar') return null;
  const found = badEscape.exec(word.replaceAll('\\\\', '__'));
  return found ? `an unknown escape \\${word[found.index + 1] ?? ''} in quotes: write \\\\ for \\` : null;
}

function offence(at: number, message: string): Offence {
  return { at, key: '', message };
}

function codeOf(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
}
