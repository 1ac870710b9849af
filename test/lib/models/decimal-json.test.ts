import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDecimalJson } from '../../../lib/models/decimal-json.ts';

const none = () => false;

/** What `JSON.parse` says, or that it refuses. */
function outcome(read: () => unknown): unknown {
  try {
    return { value: read() };
  } catch (error) {
    if (error instanceof SyntaxError) return 'refused';
    throw error;
  }
}

function asText(value: unknown): unknown {
  if (typeof value === 'number') return JSON.stringify(value);
  if (Array.isArray(value)) return value.map(asText);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, asText(inner)]));
}

describe('JSON whose numbers keep their digits', () => {
  it.each([
    ['1.2000000000000004', '1.2000000000000004'],
    ['123456789012345678901234567890.10', '123456789012345678901234567890.10'],
    ['-0', '-0'],
    ['1e-7', '1e-7'],
    ['1E+21', '1E+21'],
    ['[24.0,0]', ['24.0', '0']],
    ['{"a":{"b":[1.50,"2.50",null,true]}}', { a: { b: ['1.50', '2.50', null, true] } }],
    ['{"1":2}', { 1: '2' }],
    ['{"a\\"1":1,"b":"\\\\"}', { 'a"1': '1', b: '\\' }],
  ])('%s', (text, value) => expect(parseDecimalJson(text)).toEqual(value));

  it('chooses by the nearest member', () => {
    const text = '{"total":1.0,"results":[["a",1.0],[{"n":2.0}]],"r\\u0061te":3.0}';
    const chosen = (member: string | null) => member === 'results' || member === 'rate';
    expect(parseDecimalJson(text, chosen)).toEqual({
      total: 1,
      results: [['a', '1.0'], [{ n: 2 }]],
      rate: '3.0',
    });
    expect(parseDecimalJson('5.0', (member) => member === null)).toBe('5.0');
  });

  it.each(['01', '1.', '.5', '+1', '-', '1e', '{1:2}', '{"a" 1}', '[1 2]', '1 2', '1"a"', '"a"1', 'tru1e'])(
    'refuses %s as JSON.parse does',
    (text) => expect(() => parseDecimalJson(text)).toThrow(SyntaxError),
  );

  it('is JSON.parse where nothing is chosen', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(parseDecimalJson(text, none)).toEqual(JSON.parse(text));
      }),
    );
  });

  it('changes numbers to their text, and nothing else', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(parseDecimalJson(text)).toEqual(asText(JSON.parse(text)));
      }),
    );
  });

  it('refuses what JSON.parse refuses, and nothing else', () => {
    const damaged = fc
      .tuple(fc.json(), fc.nat(), fc.constantFrom('', '1', '-', '"', ',', ':', '{', ']', '\\', '0.', 'e5'))
      .map(([text, at, put]) => {
        const place = at % (text.length + 1);
        return text.slice(0, place) + put + text.slice(place + (at % 2));
      });
    fc.assert(
      fc.property(damaged, (text) => {
        const theirs = outcome(() => JSON.parse(text));
        const ours = outcome(() => parseDecimalJson(text));
        expect(ours === 'refused').toBe(theirs === 'refused');
        expect(outcome(() => parseDecimalJson(text, none))).toEqual(theirs);
      }),
      { numRuns: 500 },
    );
  });

  it('keeps every digit of any decimal', () => {
    const digits = fc.stringMatching(/^-?(0|[1-9]\d{0,30})(\.\d{1,30})?([eE][+-]?\d{1,3})?$/);
    fc.assert(
      fc.property(digits, (text) => {
        expect(parseDecimalJson(`{"a":[${text}]}`)).toEqual({ a: [text] });
      }),
    );
  });
});
