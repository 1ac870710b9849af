/** A piece of an accounts file: everything around the accounts, or one of them. */
export interface Piece {
  readonly kind: 'frame' | 'account';
  readonly text: string;
  /** Of its first line, from 1. */
  readonly line: number;
}

/**
 * Cuts an accounts file at its accounts, so that no more than one of them is in memory. That works where they are
 * written as a block, each beginning with a dash; any other form comes as one frame.
 */
export async function* splitAccounts(lines: AsyncIterable<string>): AsyncGenerator<Piece> {
  let frame: string[] = [];
  let item: string[] = [];
  let indent: string | null = null;
  let inside = false;
  let number = 0;
  let from = 1;
  for await (const line of lines) {
    number += 1;
    if (!inside) {
      inside = /^accounts:\s*(#.*)?$/.test(line);
      if (inside) {
        yield { kind: 'frame', text: frame.join('\n'), line: 1 };
        frame = [];
      } else frame.push(line);
      continue;
    }
    const dash = /^( *)-(\s|$)/.exec(line)?.[1];
    const ends = dash === undefined && /^[^\s#]/.test(line);
    const begins = dash !== undefined && (indent === null || dash === indent);
    if ((begins || ends) && item.length > 0) {
      yield { kind: 'account', text: item.join('\n'), line: from };
      item = [];
    }
    if (ends) {
      inside = false;
      frame = [line];
      from = number;
    } else if (begins || item.length > 0) {
      if (begins) {
        indent = dash;
        from = number;
      }
      item.push(line);
    }
  }
  if (item.length > 0) yield { kind: 'account', text: item.join('\n'), line: from };
  if (frame.length > 0) yield { kind: 'frame', text: frame.join('\n'), line: from };
}
