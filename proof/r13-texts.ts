import type { Variables } from '../lib/models/usage.ts';
import type { Random } from '../simulators/random.ts';

const names = [
  'value',
  'total',
  'cpu_used',
  'e',
  'E',
  'PI',
  'x1',
  'size_b',
  'max',
  'constructor',
  'toString',
] as const;
const values = [0, 1, -1, 2, 0.5, -3.5, 1024, 1e9, '12', ' 3.75 ', '1e2', '-0', true, false, null] as const;
const misfits = ['', 'abc', '0x10', '1e400', Number.NaN, Number.POSITIVE_INFINITY] as const;

/** Variables of a record, a few of them missing and very few no numbers. */
export function someVariables(chance: Random): Variables {
  const known = names.slice(0, 8).filter(() => !chance.chance(0.04));
  return Object.fromEntries(
    known.map((name) => [name, chance.chance(0.005) ? chance.pick(misfits) : chance.pick(values)]),
  );
}

/** An expression of the grammar, with random blanks and letters. */
export function expressionText(chance: Random): string {
  const words = value(chance, chance.int(0, 4)).split(' ');
  return words
    .map((word) => recase(chance, word))
    .reduce((text, word) => text + gap(chance, text, word) + word);
}

/** Keywords are in capitals here; in an expression their letters are of any case. */
function recase(chance: Random, word: string): string {
  if (!/^(IF|ELSE|CASE|WHEN|THEN|END|NOT|AND|OR|NULL)$/.test(word)) return word;
  return [...word].map((letter) => (chance.chance(0.5) ? letter.toLowerCase() : letter)).join('');
}

function gap(chance: Random, before: string, after: string): string {
  const needed = /\w$/.test(before) && /^\w/.test(after);
  return needed || chance.chance(0.5) ? chance.pick([' ', ' ', ' ', '  ', '\t', '\n', '\r\n']) : '';
}

function value(chance: Random, depth: number): string {
  if (depth === 0) return leaf(chance);
  const inner = () => value(chance, depth - 1);
  const operand = () => (chance.chance(0.5) ? leaf(chance) : `( ${inner()} )`);
  const forms: readonly (() => string)[] = [
    () =>
      `${operand()} ${chance.pick(['+', '-', '*', '/'])} ${operand()} ${chance.pick(['+', '-', '*', '/'])} ${operand()}`,
    () => `${operand()} ${chance.pick(['+', '-', '*', '/', '*', '/'])} ${operand()}`,
    () =>
      `${operand()} ^ ${chance.chance(0.3) ? `${leaf(chance)} ^ ${leaf(chance)}` : chance.pick(['2', '- 1', '0', '0.5'])}`,
    () => `${chance.pick(['-', '+', '- -', '- +'])} ${operand()} ${chance.chance(0.4) ? '^ 2' : ''}`.trim(),
    () => `( ${inner()} )`,
    () => `( ${inner()} IF ${condition(chance, depth - 1)} ELSE ${inner()} )`,
    () => `${operand()} IF ${condition(chance, depth - 1)} ELSE ${inner()}`,
    () => `${cases(chance, depth - 1)} ${chance.chance(0.3) ? `* ${operand()}` : ''}`.trim(),
  ];
  return chance.pick(forms)();
}

function cases(chance: Random, depth: number): string {
  const branches = Array.from({ length: chance.int(1, 3) }, () => {
    return `WHEN ${condition(chance, depth)} THEN ${value(chance, depth)}`;
  });
  const otherwise = chance.chance(0.6) ? ` ELSE ${value(chance, depth)}` : '';
  return `CASE ${branches.join(' ')}${otherwise} END`;
}

function condition(chance: Random, depth: number): string {
  const simple = () =>
    `${leaf(chance)} ${chance.pick(['>=', '<=', '!=', '>', '<', '=', '=='])} ${leaf(chance)}`;
  if (depth <= 0 || chance.chance(0.4)) return simple();
  const inner = () => condition(chance, depth - 1);
  const forms: readonly (() => string)[] = [
    () => `${inner()} AND ${inner()}`,
    () => `${inner()} OR ${inner()}`,
    () => `NOT ${simple()}`,
    () => `NOT ( ${inner()} )`,
    () => `( ${inner()} )`,
    () => `( ${value(chance, depth - 1)} ) > ${leaf(chance)}`,
  ];
  return chance.pick(forms)();
}

function leaf(chance: Random): string {
  if (chance.chance(0.08)) return 'NULL';
  if (chance.chance(0.5)) return chance.pick(names.slice(0, 8));
  return chance.pick([
    '0',
    '1',
    '2',
    '0.5',
    '1.5',
    '10',
    '100',
    '1e3',
    '1e-3',
    '3600',
    '1073741824',
    '1e300',
  ]);
}

/** What a hostile author or a slip of the keyboard would put there. */
const strange = [
  ...[
    '(',
    ')',
    '+',
    '-',
    '*',
    '/',
    '^',
    '<',
    '>',
    '=',
    '==',
    '!',
    '.',
    ',',
    ';',
    '"',
    "'",
    '`',
    '$',
    '_',
    '[',
    '{',
  ],
  ...[
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
    '1e',
    '1.',
    '.5',
    '0x1',
    '1e400',
  ],
  ...[
    "a = 'x'",
    'value.constructor',
    '__proto__',
    'constructor',
    'toString',
    'f(x) = x',
    'random()',
    '||',
    '&&',
    '%',
  ],
  ...[
    "constructor.constructor('globalThis.pwned = 1')()",
    '=> 1',
    '\u00a0',
    'ü',
    '\u{1f4a9}',
    '\ud800',
    '\0',
    '1_000',
  ],
] as const;

/** A text that may no longer be an expression. */
export function mutated(chance: Random, source: string): string {
  let text = source;
  for (let times = chance.int(1, 3); times > 0; times -= 1) {
    const at = chance.int(0, text.length);
    const forms: readonly (() => string)[] = [
      () => text.slice(0, at) + text.slice(at + chance.int(1, 5)),
      () => `${text.slice(0, at)} ${chance.pick(strange)} ${text.slice(at)}`,
      () => text.slice(0, at) + chance.pick(strange) + text.slice(at + 1),
      () => text.slice(at) + text.slice(0, at),
      () => chance.pick(strange),
    ];
    text = chance.pick(forms)();
  }
  return text;
}
