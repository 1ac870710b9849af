import { MAX_SIZE } from '../lib/mapping/subset.ts';
import type { Random } from '../simulators/random.ts';

/** A kind of hostile file; chance fills in names and sizes. */
interface Template {
  readonly name: string;
  text(chance: Random): string;
}

/** As many repetitions as the largest file holds. */
const filled = (unit: string) => unit.repeat(Math.floor(MAX_SIZE / unit.length));

const storms = [
  ...[
    '[',
    '{',
    '}',
    ']',
    '- ',
    '? ',
    ': ',
    'a: ',
    '*',
    '*a ',
    '&a ',
    '!a ',
    '!!js/function ',
    '"\n',
    "'\n",
    '" "',
  ],
  ...[
    '\n',
    '\t',
    '\r',
    ' ',
    '#\n',
    '---\n',
    '--- a\n',
    '...\n',
    '%YAML 1.1\n',
    '%\n',
    ',',
    ':\n',
    ':',
    '|',
    '>',
    '`',
  ],
  ...[
    'a:\n',
    "'a'b: c\n",
    '"a" "b"\n',
    'a: }\n',
    '{a,',
    '{a: {',
    '[[],',
    'a: b\n ',
    '\0',
    '\ud800',
    '\ufffd',
    '\ufeff',
  ],
];

const entries = [
  '{name: x, name: y}',
  '{name: x, nmae: y}',
  '{name: "a\\nb"}',
  '{name: "a.b"}',
  '{name: "a*"}',
  '{name: ""}',
  '{name: [x]}',
  '{name: {x: y}}',
  '{name: null}',
  '{name: true}',
  '{unit: s}',
  '{name: x, unit: ""}',
  '{name: x, unit: "\\0"}',
  '{name: x, counter: 1}',
  '{name: x, counter: yes}',
  '{name: x, specialisation: "*"}',
  '{name: x, specialisation: "a\\nb"}',
  '{name: x, specialisation: "\\uD800"}',
  '{name: x, specialisation: a, specialisation_from: b}',
  '{name: x, source: ""}',
  '{name: x, conversion_expr: null}',
  '{name: x, conversion_expr: false}',
  '{name: x, __proto__: {polluted: 1}}',
  '{name: x, constructor: {prototype: {polluted: 1}}}',
  '{name: x, toString: 1}',
  '{name: x, "\\q": 1}',
  '{name: x, <<: {unit: s}}',
  '{<<: {name: x}}',
  '!!map {name: x}',
  '!!js/function "function () {}"',
  '!<tag:yaml.org,2002:js/undefined> ""',
  '&a {name: x}',
  '*a',
  'text',
  'null',
  '12',
  '|\n  name: x',
  '[{name: x}]',
];

const expressions = [
  "a = 'x'",
  'value = 1',
  'f(x) = x',
  'value; 1',
  'value.constructor',
  'value["constructor"]',
  '__proto__',
  '__proto__.polluted = 1',
  "constructor.constructor('globalThis.pwned = 1')()",
  "value.constructor.constructor('return process')()",
  'random()',
  'max(1, 2)',
  'length value',
  'value!',
  "'a' || 'b'",
  'value and 1',
  'value ? 1 : 2',
  'value % 2',
  '0x10',
  '1e999',
  '.5',
  '1.',
  '1_000',
  '()',
  '',
  ' ',
  'IF',
  'NULL NULL',
  'CASE END',
  'CASE WHEN value THEN 1 END',
  'CASE WHEN 1 > 0 THEN 1',
  '1 IF value ELSE 2',
  '1 > 0',
  '((((((value))))',
  'value}',
  '`value`',
  'import("fs")',
  '$value',
  '_value',
  'välue',
  'value\u00a0* 2',
  'value − 1',
];

const bombs: readonly Template[] = [
  { name: 'billion laughs', text: (chance) => laughs(chance.int(5, 30)) },
  { name: 'too large', text: (chance) => 'x'.repeat(MAX_SIZE + chance.int(1, 1000)) },
  { name: 'many keys', text: (chance) => listed(chance.int(5000, 20_000), (n) => `k${n}: {name: m${n}}`) },
  { name: 'one key many times', text: (chance) => listed(chance.int(2, 800), () => 'a: {name: x}') },
  {
    name: 'one metric many times',
    text: (chance) => listed(chance.int(2, 700), (n) => `k${n}: {source: k, name: x}`),
  },
  { name: 'deep indentation', text: (chance) => listed(chance.int(3, 700), (n) => `${' '.repeat(n)}a:`) },
  { name: 'many settings', text: (chance) => `a: {${listed(chance.int(2, 4000), (n) => `f${n}: 1`, ', ')}}` },
  { name: 'bad escapes', text: (chance) => `a: "${'\\q'.repeat(chance.int(1, 100_000))}"` },
  { name: 'bad escapes in parts', text: () => listed(60, (n) => `a${n}: "${'\\xg'.repeat(1300)}"`) },
  { name: 'long folded text', text: (chance) => `a: ${'b\n '.repeat(chance.int(1, 80_000))}` },
  { name: 'long block', text: (chance) => `a: |\n${'  b\n'.repeat(chance.int(1, 60_000))}` },
  { name: 'long expression', text: (chance) => entry(`"1${'+1'.repeat(chance.int(2050, 100_000))}"`) },
  { name: 'deep parentheses', text: (chance) => entry('('.repeat(chance.int(101, 2000))) },
  { name: 'deep CASEs', text: (chance) => entry('CASE WHEN 1 > 0 THEN '.repeat(chance.int(101, 190))) },
  { name: 'deep powers', text: (chance) => entry(`2${' ^ 2'.repeat(chance.int(101, 1000))}`) },
  { name: 'deep ternaries', text: (chance) => entry(`${'1 IF 1 > 0 ELSE '.repeat(chance.int(101, 250))}1`) },
  {
    name: 'many bombs',
    text: () => listed(250, (n) => `k${n}: {name: m${n}, conversion_expr: ${'('.repeat(900)}}`),
  },
  { name: 'merge key', text: (chance) => `a: &${word(chance)} {name: x}\nb:\n  <<: *a\n  name: y` },
  { name: 'merge at the top', text: () => '<<: {name: x}' },
  { name: 'second document', text: () => 'a: {name: x}\n---\nb: {name: y}' },
  { name: 'directive', text: () => '%YAML 1.1\n---\na: {name: x}' },
  { name: 'set', text: () => '? a\n? b' },
  { name: 'empty', text: () => '' },
  { name: 'comment only', text: () => '# nothing' },
  { name: 'empty map', text: () => '{}' },
  { name: 'a scalar', text: word },
  { name: 'binary', text: (chance) => listed(200, () => String.fromCharCode(chance.int(0, 65_535)), '') },
  { name: 'torn', text: (chance) => 'a: {name: x, unit: "s", source: b}'.slice(0, chance.int(1, 33)) },
  ...['__proto__', 'constructor', 'prototype', '<<', '""', '"\\0"', '"a\\nb"'].map((key) => ({
    name: `the key ${key}`,
    text: () => `${key}: {name: x, polluted: 1}`,
  })),
  ...['__proto__', 'constructor', 'prototype'].map((key) => ({
    name: `a good entry under the key ${key}`,
    text: () => `${key}: {name: x}`,
  })),
];

/** Every kind of file; none of them is a mapping, whatever chance decides. */
export const templates: readonly Template[] = [
  ...bombs,
  ...storms.map((unit) => ({ name: `a file full of ${JSON.stringify(unit)}`, text: () => filled(unit) })),
  ...entries.map((text) => ({
    name: `the entry ${text}`,
    text: (chance: Random) => `${word(chance)}: ${text}\n`,
  })),
  ...expressions.map((text) => ({ name: `the expression ${text}`, text: () => entry(JSON.stringify(text)) })),
];

function entry(expression: string): string {
  return `a: {name: x, conversion_expr: ${expression}}\n`;
}

function laughs(levels: number): string {
  const level = (n: number) =>
    `a${n}: &a${n} [${Array.from({ length: 9 }, () => (n === 0 ? 'lol' : `*a${n - 1}`)).join(', ')}]`;
  return listed(levels, level);
}

function listed(count: number, line: (index: number) => string, separator = '\n'): string {
  return Array.from({ length: count }, (_, index) => line(index)).join(separator);
}

function word(chance: Random): string {
  return chance.pick(['RUNNING_VM', 'VOLUME', 'instance', 'network.incoming.bytes', 'k1', 'a']);
}
