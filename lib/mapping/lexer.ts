/** A word of an expression. `text` of a keyword is in capitals, whatever the author wrote. */
export interface Token {
  readonly kind: 'number' | 'name' | 'keyword' | 'symbol' | 'stray' | 'end';
  readonly text: string;
  /** Offset into the source, from 0. */
  readonly at: number;
}

/** Words that cannot name a variable, in any case of letters. */
export const keywords: ReadonlySet<string> = new Set([
  'IF',
  'ELSE',
  'CASE',
  'WHEN',
  'THEN',
  'END',
  'NOT',
  'AND',
  'OR',
  'NULL',
]);

const blank = /[ \t\r\n]*/y;
/** Number, name, symbol. */
const word = /(\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|([A-Za-z][A-Za-z0-9_]*)|([<>!=]=|[-+*/^()<>=])/y;

/**
 * The word at or behind an offset; `end` behind the last. A character that belongs to no word is a `stray`: only
 * the parser knows what was expected in its place.
 */
export function tokenAt(source: string, offset: number): Token {
  const at = skipBlanks(source, offset);
  if (at >= source.length) return { kind: 'end', text: '', at };
  word.lastIndex = at;
  const match = word.exec(source);
  if (!match) return { kind: 'stray', text: String.fromCodePoint(source.codePointAt(at) ?? 0), at };
  const text = match[0];
  if (match[1] !== undefined) return { kind: 'number', text, at };
  if (match[3] !== undefined) return { kind: 'symbol', text, at };
  const upper = text.toUpperCase();
  return keywords.has(upper) ? { kind: 'keyword', text: upper, at } : { kind: 'name', text, at };
}

/** How an error names a word: a character that cannot be seen is given by its number. */
export function describeToken({ kind, text }: Token): string {
  if (kind === 'end') return 'the end';
  if (kind === 'keyword') return text;
  if (/^[\p{L}\p{N}\p{P}\p{S}]+$/u.test(text)) return `"${text}"`;
  return `the character U+${(text.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
}

function skipBlanks(source: string, at: number): number {
  blank.lastIndex = at;
  blank.exec(source);
  return blank.lastIndex;
}
