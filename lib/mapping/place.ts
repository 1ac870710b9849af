import { MappingError } from '../errors.ts';

/**
 * An expression that is wrong at `offset`. Its one problem has no file and no key yet: whoever knows them puts
 * it there. Line and column are 1-based, within the expression.
 */
export function wrongAt(source: string, offset: number, message: string): MappingError {
  const before = source.slice(0, offset).split('\n');
  const line = before.length;
  const column = (before.at(-1)?.length ?? 0) + 1;
  return new MappingError(`${message} ${placeText(source, offset)}`, {
    problems: [{ file: '', key: '', line, column, message }],
  });
}

/** `at column 7`, or with its line when the expression has several. */
export function placeText(source: string, offset: number): string {
  const before = source.slice(0, offset).split('\n');
  const column = `column ${(before.at(-1)?.length ?? 0) + 1}`;
  return source.includes('\n') ? `at line ${before.length}, ${column}` : `at ${column}`;
}
