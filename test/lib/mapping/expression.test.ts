import { Parser } from 'expr-eval';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MappingError, SyncError } from '../../../lib/errors.ts';
import { compile, evaluate } from '../../../lib/mapping/expression.ts';
import type { Variables } from '../../../lib/models/usage.ts';
import { evaluateNaively } from '../../../proof/r13-naive-evaluator.ts';
import vectors from '../../fixtures/vectors/expressions.json' with { type: 'json' };

interface Vector {
  readonly expr: string;
  readonly vars: Variables;
  readonly result?: number | null;
  readonly error?: string;
}

/** The result, or the name of the error. */
function outcome(source: string, variables: Variables = {}, of = evaluate): number | string | null {
  try {
    return of(source, variables);
  } catch (error) {
    return error instanceof SyncError ? error.name : `not ours: ${String(error)}`;
  }
}

function refusal(source: string, variables: Variables = {}): SyncError {
  try {
    evaluate(source, variables);
  } catch (error) {
    if (error instanceof SyncError) return error;
  }
  throw new Error(`not refused: ${source}`);
}

describe('the vectors of the original', () => {
  const all = vectors as unknown as Vector[];

  it('are all there', () => expect(all).toHaveLength(400));

  it.each(all)('$expr', ({ expr, vars, result, error }) => {
    expect(outcome(expr, vars)).toBe(error ?? result);
  });

  it('are agreed with by the naive evaluator of the proof', () => {
    const positive = (value: number | string | null | undefined) => (value === 0 ? 0 : value);
    for (const { expr, vars, result, error } of all) {
      expect([expr, positive(outcome(expr, vars, evaluateNaively))]).toEqual([
        expr,
        positive(error ?? result),
      ]);
    }
  });
});

describe('arithmetic', () => {
  it.each([
    ['-2^2', 4],
    ['2^3^2', 512],
    ['2^-1', 0.5],
    ['(2^3)^2', 64],
    ['- - 2', 2],
    ['+-+2', -2],
    ['2--2', 4],
    ['1 - 2 - 3', -4],
    ['8 / 4 / 2', 1],
    ['1 + 2 * 3', 7],
    ['1e3 + 1.5E-1', 1000.15],
    ['((((7))))', 7],
  ])('%s is %d', (source, result) => expect(evaluate(source, {})).toBe(result));

  it.each([
    ['1 / 0', 0],
    ['1 + 2/0', 1],
    ['3 * 2 / 0 * 5 + 1', 1],
    ['(1 / 0 + 1) * 3', 3],
    ['1e308 * 10 * 1 / 0 * 1e308 * 10', 0],
    ['0 ^ -1', 0],
    ['0 ^ 0', 1],
  ])('%s has no value and counts as %d', (source, result) => expect(evaluate(source, {})).toBe(result));

  it.each(['(-8) ^ 0.5', '-8 ^ 0.5'])('refuses %s', (source) => {
    expect(refusal(source).message).toBe(
      `-8 to the power of the fraction 0.5 is no real number at column ${source.indexOf('^') + 1}`,
    );
  });

  it.each(['1e308 * 10', '0 - 1e308 * 10', '1e308 * 10 - 1e308 * 10', '10 ^ 400'])(
    'refuses the result of %s',
    (source) => {
      expect(refusal(source).name).toBe('MappingError');
      expect(refusal(source).message).toMatch(/^the result is no finite number: /);
    },
  );

  it('lets NULL win over what is beyond all numbers', () => {
    expect(evaluate('NULL + (1e308 * 10 - 1e308 * 10) ^ 0.5', {})).toBeNull();
  });

  it('refuses to compare what is beyond all numbers', () => {
    expect(outcome('1 if 1e308 * 10 - 1e308 * 10 > 0 else 2')).toBe('MappingError');
  });
});

describe('NULL', () => {
  it.each([
    'NULL',
    'null',
    'nUlL',
    'NULL + 1',
    '1 - NULL',
    'NULL * 0',
    'NULL / 0',
    '1 / 0 * NULL',
    '0 / NULL',
    '-NULL',
    'NULL ^ 0',
    '1 ^ NULL',
    'x + 1',
    'CASE WHEN 1 > 2 THEN 1 END',
    'CASE WHEN 1 > 2 THEN 1 END + 1',
  ])('%s is null', (source) => expect(evaluate(source, { x: null })).toBeNull());

  it.each(['NULL = NULL', 'NULL != 1', 'NULL > 0', '1 < NULL', 'x >= 0', 'x == x'])(
    '%s does not hold',
    (condition) => {
      expect(evaluate(`1 IF ${condition} ELSE 2`, { x: null })).toBe(2);
      expect(evaluate(`CASE WHEN NOT ${condition} THEN 1 ELSE 2 END`, { x: null })).toBe(1);
    },
  );

  it('does not hide an unknown variable behind it', () => {
    expect(outcome('NULL + x')).toBe('VariableLookupError');
    expect(outcome('NULL * x')).toBe('VariableLookupError');
    expect(outcome('1 / 0 * x')).toBe('VariableLookupError');
    expect(outcome('NULL ^ x')).toBe('VariableLookupError');
  });
});

describe('choices', () => {
  it.each([
    ['1 IF 2 > 1 ELSE 3', 1],
    ['1 if 2 < 1 else 3', 3],
    ['1 IF 1 > 2 ELSE 2 IF 1 > 2 ELSE 3', 3],
    ['1 IF 1 > 2 ELSE 2 IF 2 > 1 ELSE 3', 2],
    ['1 + 1 IF 1 = 1 ELSE 0', 2],
    ['2 * (1 IF 1 == 1 ELSE 0)', 2],
    ['CASE WHEN 1 > 2 THEN 1 WHEN 2 > 1 THEN 2 ELSE 3 END', 2],
    ['case When 1 > 2 tHEN 1 else 3 End * 2', 6],
    ['CASE WHEN 1 > 0 THEN 1 IF 1 > 2 ELSE 4 ELSE 5 END', 4],
    ['CASE WHEN (1 > 0) THEN CASE WHEN 1 > 2 THEN 1 ELSE 7 END END', 7],
    ['(5 if (1 if 2 > 1 else 0) >= 1 else 6)', 5],
    ['1 IF 1 >= 1 AND 1 <= 1 AND 1 != 2 ELSE 0', 1],
  ])('%s is %d', (source, result) => expect(evaluate(source, {})).toBe(result));

  it.each([
    ['1 > 2 AND 1 > 2 OR 2 > 1', true],
    ['2 > 1 OR 2 > 1 AND 1 > 2', true],
    ['(2 > 1 OR 2 > 1) AND 1 > 2', false],
    ['NOT 1 > 2 AND 1 > 2', false],
    ['NOT (1 > 2 AND 1 > 2)', true],
    ['NOT NOT 2 > 1', true],
    ['NOT NOT NOT 2 > 1', false],
    ['((1) + 1) > 1', true],
  ])('%s holds: %s', (condition, holds) => {
    expect(evaluate(`CASE WHEN ${condition} THEN 1 ELSE 0 END`, {})).toBe(holds ? 1 : 0);
  });

  it('evaluates the branch taken only, and stops AND and OR early', () => {
    expect(evaluate('1 IF 2 > 1 ELSE x', {})).toBe(1);
    expect(evaluate('CASE WHEN 2 > 1 THEN 1 WHEN x > 1 THEN x ELSE x END', {})).toBe(1);
    expect(evaluate('1 IF 1 > 2 AND x > 1 ELSE 2', {})).toBe(2);
    expect(evaluate('1 IF 2 > 1 OR x > 1 ELSE 2', {})).toBe(1);
    expect(outcome('1 IF x > 1 AND 1 > 2 ELSE 2')).toBe('VariableLookupError');
  });
});

describe('variables', () => {
  it.each([
    [12, 12],
    ['12', 12],
    [' 1.5e3\n', 1500],
    ['+.5', 0.5],
    ['5.', 5],
    ['-0.25', -0.25],
    [true, 1],
    [false, 0],
    [null, null],
  ])('%j counts as %j', (value, result) => expect(evaluate('x', { x: value })).toBe(result));

  it.each(['', ' ', 'abc', '0x10', '1_000', '1,5', '1e400', 'Infinity', 'NaN', '1 2', '٣'])(
    'refuses the text %j',
    (x) => {
      expect(refusal('1 + x', { x }).name).toBe('MappingError');
      expect(refusal('1 + x', { x }).message).toBe(
        `the variable "x" is no number: ${JSON.stringify(x)} at column 5`,
      );
    },
  );

  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])('refuses %d', (x) => {
    expect(refusal('x', { x }).message).toBe(`the variable "x" is no number: ${x} at column 1`);
  });

  it('cuts a long text short in the error', () => {
    expect(refusal('x', { x: 'y'.repeat(5000) }).message.length).toBeLessThan(150);
  });

  it('names the unknown one, where it stands, and those there are', () => {
    const error = refusal('value *\n  size', { value: 1, b: 2, a: 3 });
    expect(error.name).toBe('VariableLookupError');
    expect(error.message).toBe('the record has no variable "size" (it has a, b, value) at line 2, column 3');
    expect(refusal('x').message).toBe('the record has no variable "x" (it has none) at column 1');
  });

  it.each(['constructor', 'toString', 'hasOwnProperty', 'valueOf'])(
    'does not know the inherited %s',
    (name) => {
      expect(outcome(name, {})).toBe('VariableLookupError');
      expect(outcome(name, { [name]: 3 })).toBe(3);
    },
  );

  it('does not see numbers that an object inherits', () => {
    expect(outcome('x', Object.create({ x: 1 }) as Variables)).toBe('VariableLookupError');
    expect(outcome('x', Object.assign(Object.create(null), { x: 1 }) as Variables)).toBe(1);
  });

  it('takes names of functions and constants as variables', () => {
    expect(evaluate('e + E + PI + max + length', { e: 1, E: 2, PI: 3, max: 4, length: 5 })).toBe(15);
  });

  it('tells names apart by case, keywords not', () => {
    expect(evaluate('a - A', { a: 3, A: 1 })).toBe(2);
    expect(evaluate('iff + endx + nulls', { iff: 1, endx: 2, nulls: 3 })).toBe(6);
    expect(outcome('If', { If: 1 })).toBe('MappingError');
  });

  it('lists them in the order of their first mention', () => {
    expect(compile('b + a IF NULL > c ELSE b').variables).toEqual(['b', 'a', 'c']);
  });
});

describe('a refused expression', () => {
  const operand = 'expected a number, a variable, CASE or "("';
  const comparison = 'expected a comparison (>= <= != > < = ==), found a number';
  it.each([
    ['', `${operand}, found the end`, 1],
    ['  ', `${operand}, found the end`, 3],
    ['1 +', `${operand}, found the end`, 4],
    ['1 + )', `${operand}, found ")"`, 5],
    ['(1', 'expected ")", found the end', 3],
    ['(1 2)', 'expected ")", found "2"', 4],
    ['1 2', 'expected an operator or the end, found "2"', 3],
    ['x y', 'expected an operator or the end, found "y"', 3],
    ['1)', 'expected an operator or the end, found ")"', 2],
    ['1 END', 'expected an operator or the end, found END', 3],
    ['1 if x > 2', 'expected ELSE, found the end', 11],
    ['1 if x else 2', comparison, 6],
    ['1 if x > 1 if x > 1 else 2 else 3', 'expected ELSE, found IF', 12],
    ['case then', 'expected WHEN, found THEN', 6],
    ['CASE END', 'expected WHEN, found END', 6],
    ['CASE WHEN 1 > 0 ELSE 1 END', 'expected THEN, found ELSE', 17],
    ['CASE WHEN 1 > 0 THEN 1', 'expected END, found the end', 23],
    ['CASE WHEN x THEN 1 END', comparison, 11],
    ['1 IF x AND 1 > 0 ELSE 2', comparison, 6],
    ['1 IF 1 > 0 OR x ELSE 2', comparison, 15],
    ['1 IF NOT x ELSE 2', comparison, 10],
    ['1 > 0', 'expected a number, found a condition', 1],
    ['2 + (1 > 0)', 'expected a number, found a condition', 5],
    ['(1 > 0) * 2', 'expected a number, found a condition', 1],
    ['(1 > 0) ^ 2', 'expected a number, found a condition', 1],
    ['1 IF 3 > 2 > 1 ELSE 0', 'expected ELSE, found ">"', 12],
    ['1 IF 2 > NOT 1 ELSE 0', `${operand}, found NOT`, 10],
    ['.5', `${operand}, found "."`, 1],
    ['5.', 'expected an operator or the end, found "."', 2],
    ['1e', 'expected an operator or the end, found "e"', 2],
    ['0x10', 'expected an operator or the end, found "x10"', 2],
    ['1e400', 'the number 1e400 is too large', 1],
    ["a = 'x'", `${operand}, found "'"`, 5],
    ['a.b', 'expected an operator or the end, found "."', 2],
    ['__proto__', `${operand}, found "_"`, 1],
    ['größe', 'expected an operator or the end, found "ö"', 3],
    ['a\u00a0* 2', 'expected an operator or the end, found the character U+00A0', 2],
    ['a \u{1f4a9}', 'expected an operator or the end, found "\u{1f4a9}"', 3],
    ['a \ud800', 'expected an operator or the end, found the character U+D800', 3],
  ])('%j: %s at column %d', (source, message, column) => {
    const error = refusal(source, { a: 1, x: 1 }) as MappingError;
    expect(error).toBeInstanceOf(MappingError);
    expect(error.message).toBe(`${message} at column ${column}`);
    expect(error.problems).toEqual([{ file: '', key: '', line: 1, column, message }]);
  });

  it('counts lines where there are several', () => {
    const error = refusal('CASE\r\n  WHEN 1 > 0\r\n  THEN )\nEND') as MappingError;
    expect(error.message).toBe(`${operand}, found ")" at line 3, column 8`);
    expect(error.problems).toEqual([
      { file: '', key: '', line: 3, column: 8, message: `${operand}, found ")"` },
    ]);
  });

  it('may have 4096 characters', () => {
    expect(evaluate(`1${'+1'.repeat(2047)} `, {})).toBe(2048);
    expect(refusal(`1${'+1'.repeat(2048)}`).message).toBe(
      'the expression has 4097 characters; 4096 are allowed',
    );
  });

  it.each([
    ['parentheses', (n: number) => `${'('.repeat(n)}1${')'.repeat(n)}`],
    ['CASEs', (n: number) => `${'CASE WHEN 1>0 THEN '.repeat(n)}1${' END'.repeat(n)}`],
    ['powers', (n: number) => `1${'^1'.repeat(n)}`],
    ['ternaries', (n: number) => `${'1 IF 1>2 ELSE '.repeat(n)}1`],
    ['powers of parentheses', (n: number) => `${'1^('.repeat(n / 2)}1${')'.repeat(n / 2)}`],
  ])('may have 100 levels of %s', (_, nest) => {
    expect(evaluate(nest(100), {})).toBe(1);
    expect(refusal(nest(102)).message).toMatch(/^nested deeper than 100 levels at column \d+$/);
  });

  it('is not needed for what does not nest', () => {
    expect(evaluate('-'.repeat(4000) + 1, {})).toBe(1);
    expect(evaluate(`1 IF ${'NOT '.repeat(1000)}1 > 2 ELSE 2`, {})).toBe(2);
    expect(evaluate(`CASE ${'WHEN 1>2 THEN 1 '.repeat(200)}END`, {})).toBeNull();
  });
});

describe('properties', () => {
  const number = fc.constantFrom('0', '1', '2', '0.5', '1.5', '10', '1e3', '1e-3', 'x', 'y', 'z');
  const { arithmetic } = fc.letrec<{ arithmetic: string; operand: string }>((tie) => ({
    operand: fc.oneof(
      { depthSize: 'small' },
      number,
      tie('arithmetic').map((inner) => `(${inner})`),
    ),
    arithmetic: fc
      .tuple(
        tie('operand'),
        fc.array(fc.tuple(fc.constantFrom('+', '-', '*'), tie('operand')), { maxLength: 4 }),
      )
      .map(([first, rest]) => [first, ...rest.map(([sign, operand]) => `${sign} ${operand}`)].join(' ')),
  }));
  const amount = fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 });

  it('agrees with an independent evaluator on arithmetic', () => {
    fc.assert(
      fc.property(arithmetic, fc.record({ x: amount, y: amount, z: amount }), (source, variables) => {
        // The library loses the sign of a zero; adding 0 takes it from both.
        expect((evaluate(source, variables) ?? Number.NaN) + 0).toBe(Parser.evaluate(source, variables) + 0);
      }),
      { numRuns: 500 },
    );
  });

  it('is the same whatever the case of its keywords and its blanks', () => {
    const source = 'CASE WHEN NOT x > y AND y > NULL OR x = z THEN x IF y > z ELSE NULL ELSE 3 END';
    const word = (text: string) =>
      fc.mixedCase(fc.constant(text), { toggleCase: (raw) => raw.toLowerCase() });
    const recased = fc.tuple(
      ...source.split(' ').map((text) => (/^[xyz]$/.test(text) ? fc.constant(text) : word(text))),
    );
    const blank = fc.constantFrom(' ', '\n', '\t', ' \r\n ');
    fc.assert(
      fc.property(recased, blank, fc.record({ x: amount, y: amount, z: amount }), (words, gap, variables) => {
        expect(evaluate(words.join(gap), variables)).toBe(evaluate(source, variables));
      }),
    );
  });

  it('either evaluates or refuses any text with an error of ours', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      arithmetic.map((source) => source.slice(1)),
    );
    fc.assert(fc.property(text, (source) => !String(outcome(source, { x: 1 })).startsWith('not ours')));
  });
});
