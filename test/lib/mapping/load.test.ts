import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { MappingError, VariableLookupError } from '../../../lib/errors.ts';
import { loadMapping, mappingSchema } from '../../../lib/mapping/load.ts';

const load = (text: string) => loadMapping(text, 'm.yaml');

/** What is wrong, as the message lists it. */
function problems(text: string): string[] {
  try {
    load(text);
  } catch (error) {
    if (!(error instanceof MappingError)) throw error;
    expect(error.message.split('\n')).toHaveLength(error.problems.length);
    return error.message.split('\n');
  }
  return [];
}

describe('a mapping', () => {
  const mapping = load(`
# comment
VM: {name: vm-time, unit: s, conversion_expr: value * 3600}
VM_VCPU:
  source: VM
  name: vm-vcpu-time
  unit: 's'
  counter: true
  specialisation_from: offering
  conversion_expr: >-
    value * 3600
    * cpunumber
BYTES:
  name: bytes
  unit: 1
  specialisation: "2 x"
`);

  it('gives its entries in the order of the file', () => {
    expect(mapping.file).toBe('m.yaml');
    expect(
      mapping.entries.map(({ convert, expression, ...entry }) => [entry, expression?.source ?? null]),
    ).toEqual([
      [
        {
          key: 'VM',
          source: 'VM',
          name: 'vm-time',
          unit: 's',
          counter: false,
          specialisation: '',
          specialisationFrom: null,
        },
        'value * 3600',
      ],
      [
        {
          key: 'VM_VCPU',
          source: 'VM',
          name: 'vm-vcpu-time',
          unit: 's',
          counter: true,
          specialisation: '',
          specialisationFrom: 'offering',
        },
        'value * 3600 * cpunumber',
      ],
      [
        {
          key: 'BYTES',
          source: 'BYTES',
          name: 'bytes',
          unit: '1',
          counter: false,
          specialisation: '2 x',
          specialisationFrom: null,
        },
        null,
      ],
    ]);
  });

  it('finds the entries of a kind, and none for what is not mapped', () => {
    expect(mapping.forKind('VM').map(({ key }) => key)).toEqual(['VM', 'VM_VCPU']);
    expect(mapping.forKind('BYTES').map(({ key }) => key)).toEqual(['BYTES']);
    for (const kind of ['VM_VCPU', 'vm', '', 'constructor', '__proto__'])
      expect(mapping.forKind(kind)).toEqual([]);
  });

  it('converts', () => {
    const values = mapping.forKind('VM').map((entry) => entry.convert({ value: '1.5', cpunumber: null }));
    expect(values).toEqual([5400, null]);
    expect(mapping.forKind('BYTES').map((entry) => entry.convert({ value: '12' }))).toEqual([12]);
  });

  it('names file and key in the errors of a conversion', () => {
    const [vm] = mapping.forKind('VM');
    const [bytes] = mapping.forKind('BYTES');
    expect(() => vm?.convert({ size: 1 })).toThrow(
      new VariableLookupError('m.yaml VM: the record has no variable "value" (it has size) at column 1'),
    );
    expect(() => vm?.convert({ value: 'x' })).toThrow(
      new MappingError('m.yaml VM: the variable "value" is no number: "x" at column 1'),
    );
    expect(() => bytes?.convert({})).toThrow(
      new VariableLookupError(
        'm.yaml BYTES: the record has no variable "value" (it has none) and the entry has no conversion_expr',
      ),
    );
  });

  it('keeps numbers and words of other YAMLs as the text they are', () => {
    const [entry] = load('no: {name: 012, unit: 1e3, specialisation: yes, conversion_expr: 10}').entries;
    expect(entry).toMatchObject({ key: 'no', name: '012', unit: '1e3', specialisation: 'yes' });
    expect(entry?.convert({})).toBe(10);
  });

  it('may begin with a byte order mark, and end its lines as it likes', () => {
    expect(load('\ufeffA:\r\n  name: x\r\n').entries).toHaveLength(1);
    expect(load('---\nA: {name: x}\n...\n').entries).toHaveLength(1);
  });

  it.each([
    '{A: {name: x}, B: {name: y}}',
    '{\n  A: {name: x,},\n  B: {\n    name: y # why\n  },\n}',
    '"A" : {"name": "x"}\n\'B\': {\'name\':y\n}',
    'A:\n  name: "x"\n  unit:\n  counter: false\n# B\nB:\n\n  name: >-\n    y\n',
    "A:\n  name: 'x'\n  conversion_expr: value\n    * 2 # twice\nB: {name: y, conversion_expr: value\n  * 2}",
    'A: {name: x, conversion_expr: "value *\n  2"}\nB: {name: y, unit: "a: b - [c] & *d !e"}',
    'A:\n  name: x\n  unit: a-b ? c:d\nB:\n  name: y',
  ])('may be laid out as in %j', (layout) => {
    expect(load(layout).entries.map(({ key, name }) => [key, name])).toEqual([
      ['A', 'x'],
      ['B', 'y'],
    ]);
  });

  it('may give one metric for several kinds, and one kind several specialisations', () => {
    const text = `
A: {name: x}
B: {name: x}
C: {name: x, source: A, specialisation: s}
D: {name: x, source: A, specialisation_from: s}`;
    expect(
      load(text)
        .forKind('A')
        .map(({ key }) => key),
    ).toEqual(['A', 'C', 'D']);
  });
});

describe('all problems are found at once, each at its place', () => {
  it('with file, line, column and key', () => {
    const text = `A:
  nmae: x
  unit: [s]
B: {name: a.b, counter: maybe}
C: {name: x, conversion_expr: value * }
D: {name: x, source: C}
`;
    expect(problems(text)).toEqual([
      'm.yaml:1:1 A: name is missing',
      expect.stringMatching(/^m\.yaml:2:3 A: nmae is not a known setting \(known: name, unit, counter, /),
      'm.yaml:3:9: lists are not supported; text that starts with [ needs quotes',
      'm.yaml:4:11 B: name may hold letters, digits, blanks and - : / _ | " \' only',
      'm.yaml:4:25 B: counter must be true or false',
      'm.yaml:5:38 C: expected a number, a variable, CASE or "(", found the end',
      'm.yaml:6:1 D: gives the same metric as C',
    ]);
  });

  it('as values too', () => {
    try {
      load('A: {name: x, conversion_expr: 1 2}');
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({
        name: 'MappingError',
        problems: [
          {
            file: 'm.yaml',
            key: 'A',
            line: 1,
            column: 33,
            message: 'expected an operator or the end, found "2"',
          },
        ],
      });
    }
  });

  it('up to fifty', () => {
    expect(problems(Array.from({ length: 70 }, (_, n) => `k${n}: {nmae: x}`).join('\n'))).toHaveLength(50);
  });
});

describe('the column of an expression', () => {
  const found = 'expected an operator or the end, found "2"';
  it.each([
    ['A:\n  name: x\n  conversion_expr: 1 2', `m.yaml:3:22 A: ${found}`],
    ["A: {name: x, conversion_expr: '1 2'}", `m.yaml:1:34 A: ${found}`],
    ['A: {name: x, conversion_expr: "1 2"}', `m.yaml:1:34 A: ${found}`],
    [
      'A: {name: x, conversion_expr: "1\\t2"}',
      `m.yaml:1:31 A: ${found} (line 1, column 3 of the expression)`,
    ],
    [
      'A:\n  name: x\n  conversion_expr: |\n    1\n    2',
      `m.yaml:3:20 A: ${found} (line 2, column 1 of the expression)`,
    ],
    [
      'A:\n  name: x\n  conversion_expr: 1\n    2',
      `m.yaml:3:20 A: ${found} (line 1, column 3 of the expression)`,
    ],
  ])('in %j is true', (text, expected) => expect(problems(text)).toEqual([expected]));
});

describe('a file is refused that', () => {
  it.each([
    ['', 'm.yaml:1:1: is empty: a mapping without entries maps nothing'],
    ['# nothing\n', 'm.yaml:1:1: is empty: a mapping without entries maps nothing'],
    ['{}', 'm.yaml:1:1: is empty: a mapping without entries maps nothing'],
    ['text', 'm.yaml:1:1: expected a map of entries'],
    ['A:', 'm.yaml:1:3 A: expected a map of settings, such as {name: …}'],
    ['A: x', 'm.yaml:1:4 A: expected a map of settings, such as {name: …}'],
    ['A: {name: }', 'm.yaml:1:11 A: name must be text'],
    ['A: {name: x, name: y}', 'm.yaml:1:14 A: name stands twice'],
    ['A: {name: x}\nA: {name: y}', 'm.yaml:2:1 A: A stands twice'],
    ['"A": {name: x}\nA: {name: y}', 'm.yaml:2:1 A: A stands twice'],
    ['A: {name: x, unit: ""}', 'm.yaml:1:20 A: unit must not be empty'],
    ['A: {name: x, specialisation: "*a"}', 'm.yaml:1:30 A: specialisation must not start with "*"'],
    [
      'A: {name: x, specialisation: "a\\nb"}',
      'm.yaml:1:30 A: specialisation must be one line of printable text',
    ],
    [
      'A: {name: x, specialisation: "a\\u2028b"}',
      'm.yaml:1:30 A: specialisation must be one line of printable text',
    ],
    [
      'A: {name: x, specialisation: a, specialisation_from: b}',
      'm.yaml:1:54 A: specialisation_from cannot stand beside specialisation: the one is literal, the other taken from an attribute',
    ],
    ['A: {name: x, conversion_expr: NULL}', 'm.yaml:1:31 A: conversion_expr must be text'],
    ['__proto__: {name: x}', 'm.yaml:1:1 __proto__: is a name that no kind can have'],
    ['constructor: {name: x}', 'm.yaml:1:1 constructor: is a name that no kind can have'],
    ['A: &a {name: x}\n', 'm.yaml:1:4: anchors (&) are not supported: write the entry out'],
    [
      'A: *a\n',
      'm.yaml:1:4: aliases (*) are not supported: write the entry out; text that starts with * needs quotes',
    ],
    ['A: !!map {name: x}\n', 'm.yaml:1:4: tags (!) are not supported; text that starts with ! needs quotes'],
    ['- A', 'm.yaml:1:1: lists are not supported: a mapping is a map of entries'],
    ['A: {name: x}\n---\nB: {name: y}', 'm.yaml:2:1: a second document: a mapping is one'],
    ['%YAML 1.1\n---\nA: {name: x}', 'm.yaml:1:1: directives (%) are not supported'],
    ['A: {name: a: b}', 'm.yaml:1:12: a second ":" in one place: text that holds ": " needs quotes'],
    ['A: {name: {b: c}}', 'm.yaml:1:11 A: name must be a single value'],
    ['{A: {name: {b: c}}}', 'm.yaml:1:12: nested too deeply: an entry holds single values'],
    ['A:\n  name:\n    b: c', 'm.yaml:3:5 A: name must be a single value'],
    ['A: {name: x, unit: [s]}', 'm.yaml:1:20: lists are not supported; text that starts with [ needs quotes'],
    ['A: {name: "\\q"}', 'm.yaml:1:11: an unknown escape \\q in quotes: write \\\\ for \\'],
    [
      'A: {name: x',
      'm.yaml:1:12: is no valid YAML: Flow map in block collection must be sufficiently indented and end with a }',
    ],
    ['A:\n\tname: x', 'm.yaml:2:1: is no valid YAML: Tabs are not allowed as indentation'],
    ['A: {name: \ud800}', 'm.yaml:1:11: holds the character U+D800: is it UTF-8 text?'],
    ['A: {name: \ufffd}', 'm.yaml:1:11: holds the character U+FFFD: is it UTF-8 text?'],
    ['A: {name: \0}', 'm.yaml:1:11: holds the character U+0000: is it UTF-8 text?'],
    [`A: {name: ${'x'.repeat(20_000)}}`, 'm.yaml:1:11: has 20000 characters; 16384 are allowed'],
    ['#'.repeat(300_000), 'm.yaml:1:1: has 300000 characters; 131072 are allowed'],
  ])('%j', (text, expected) => expect(problems(text)).toEqual([expected]));

  it('reaches for prototypes, which stay as they are', () => {
    const before = Reflect.ownKeys(Object.prototype);
    expect(problems('A: {name: x, __proto__: 1, constructor: 2}')).toHaveLength(2);
    expect(problems('__proto__: {polluted: true, name: x}')).toHaveLength(2);
    expect(Reflect.ownKeys(Object.prototype)).toEqual(before);
  });

  it('has more words than a mapping needs', () => {
    const text = Array.from({ length: 2000 }, (_, n) => `k${n}: {name: m${n}}`).join('\n');
    expect(problems(text)).toEqual([
      expect.stringMatching(/^m\.yaml:\d+:\d+: is too large: a mapping may have 6000 words$/),
    ]);
  });
});

it('the schema prints as JSON Schema, for editors', () => {
  const schema = z.toJSONSchema(mappingSchema, { io: 'input' });
  expect(schema.additionalProperties).toMatchObject({
    type: 'object',
    required: ['name'],
    additionalProperties: false,
    properties: { counter: { type: 'boolean', default: false }, conversion_expr: { type: 'string' } },
  });
});
