import { expect, it } from 'vitest';
import { InvalidConfig } from '../../../lib/errors.ts';
import { testCases } from '../../../lib/mapping/cases.ts';
import vectors from '../../fixtures/vectors/expressions.json' with { type: 'json' };

it('passes all vectors, whose form the cases have', () => {
  const outcomes = testCases(vectors, 'expressions.json');
  expect(outcomes).toHaveLength(400);
  expect(outcomes.filter(({ passed }) => !passed)).toEqual([]);
});

it('says what was expected and what was found', () => {
  const cases = [
    { expr: 'value * 2', vars: { value: 3 }, result: 6 },
    { expr: 'value * 2', vars: { value: 3 }, result: 7 },
    { expr: 'value * 2', vars: { value: null }, result: null },
    { expr: 'value * 2', vars: { value: null }, result: 0 },
    { expr: 'value * 2', vars: { value: 0 }, result: null },
    { expr: 'size', vars: {}, error: 'VariableLookupError' },
    { expr: 'size', error: 'MappingError' },
    { expr: '1 +', result: 1 },
    { expr: '1', error: 'MappingError' },
  ];
  expect(
    testCases(cases, 'cases.yaml').map(({ passed, expected, found }) => [passed, expected, found]),
  ).toEqual([
    [true, '6', '6'],
    [false, '7', '6'],
    [true, 'null', 'null'],
    [false, '0', 'null'],
    [false, 'null', '0'],
    [
      true,
      'VariableLookupError',
      'VariableLookupError: the record has no variable "size" (it has none) at column 1',
    ],
    [
      false,
      'MappingError',
      'VariableLookupError: the record has no variable "size" (it has none) at column 1',
    ],
    [false, '1', 'MappingError: expected a number, a variable, CASE or "(", found the end at column 4'],
    [false, 'MappingError', '1'],
  ]);
  expect(testCases(cases, 'cases.yaml').map(({ index }) => index)).toEqual([...cases.keys()]);
});

it('allows for the decimals of the author, and for no more', () => {
  const passed = (expr: string, result: number) => testCases([{ expr, result }], 'f')[0]?.passed;
  expect(passed('0.1 * 3', 0.3)).toBe(true);
  expect(passed('1 / 3', 0.3333333333)).toBe(false);
  expect(passed('1e-30', 0)).toBe(false);
  expect(passed('-1 * 0', 0)).toBe(true);
});

it.each([
  [{}, 'cases.yaml: expected array, received object'],
  [[], 'cases.yaml: expected at least one case'],
  [[{ expr: '1' }], 'cases.yaml[0]: expected either result or error'],
  [[{ expr: '1', result: 1, error: 'MappingError' }], 'cases.yaml[0]: expected either result or error'],
  [[{ expr: '1', result: 1 }, { result: 1 }], 'cases.yaml[1].expr: expected string, received undefined'],
])('refuses %j', (cases, message) => {
  expect(() => testCases(cases, 'cases.yaml')).toThrow(new InvalidConfig(message));
});
