import { MappingError, VariableLookupError } from '../lib/errors.ts';
import type { Variables } from '../lib/models/usage.ts';

/** Ways to get the language wrong that are easy to fall into; each must show up as a difference. */
export type Defect = 'loose-minus' | 'eager-logic' | 'infinite-division' | 'left-power';

type Words = readonly string[];
type Tree = readonly [string, ...(Tree | string)[]];

/**
 * The expression language a second time, written to be unlike the first: words are cut at their loosest
 * operator, again and again, and the lists that come out are walked. Slow, and short enough to check by eye.
 * Limits of length and nesting are not its business.
 */
export function evaluateNaively(source: string, variables: Variables, defect?: Defect): number | null {
  const result = walk(number(choice(split(source), defect)), variables, defect);
  if (result !== null && !Number.isFinite(result)) throw new MappingError('not finite');
  return result as number | null;
}

function split(source: string): Words {
  const words = source.match(/\d+(\.\d+)?([eE][+-]?\d+)?|[A-Za-z][A-Za-z0-9_]*|[<>=!]=|[^ \t\r\n]/g) ?? [];
  const reserved = /^(if|else|case|when|then|end|not|and|or|null)$/i;
  return words.map((word) => (reserved.test(word) ? `:${word.toUpperCase()}` : word));
}

/** The places outside of parentheses and CASE … END at which one of the words stands. */
function places(words: Words, wanted: (word: string, index: number) => boolean): number[] {
  const found: number[] = [];
  const open: string[] = [];
  words.forEach((word, index) => {
    if (open.length === 0 && wanted(word, index)) found.push(index);
    if (word === '(' || word === ':CASE') open.push(word);
    if (word === ')' && open.pop() !== '(') fail();
    if (word === ':END' && open.pop() !== ':CASE') fail();
  });
  return open.length > 0 ? fail() : found;
}

function cut(words: Words, at: readonly number[]): Words[] {
  return [...at, words.length].map((end, index) =>
    words.slice(index === 0 ? 0 : (at[index - 1] ?? 0) + 1, end),
  );
}

function choice(words: Words, defect?: Defect): Tree {
  const [when] = places(words, (word) => word === ':IF');
  if (when === undefined) return logic(words, defect);
  const otherwise = places(words, (word, index) => word === ':ELSE' && index > when)[0] ?? fail();
  const condition = truth(logic(words.slice(when + 1, otherwise), defect));
  const taken = number(logic(words.slice(0, when), defect));
  return ['choice', condition, taken, number(choice(words.slice(otherwise + 1), defect))];
}

function logic(words: Words, defect?: Defect): Tree {
  for (const operator of [':OR', ':AND']) {
    const at = places(words, (word) => word === operator);
    if (at.length > 0) return [operator, ...cut(words, at).map((part) => truth(logic(part, defect)))];
  }
  if (words[0] === ':NOT') return [':NOT', truth(logic(words.slice(1), defect))];
  const at = places(words, (word) => /^(>=|<=|!=|==|[<>=])$/.test(word));
  if (at.length === 0) return sum(words, defect);
  if (at.length > 1) fail();
  const [left = [], right = []] = cut(words, at);
  return [words[at[0] ?? 0] ?? '', number(sum(left, defect)), number(sum(right, defect))];
}

function sum(words: Words, defect?: Defect): Tree {
  const at = places(words, (word, index) => /^[+-]$/.test(word) && endsOperand(words[index - 1])).at(-1);
  if (at === undefined) return product(words, defect);
  const [left, right] = [words.slice(0, at), words.slice(at + 1)];
  return [words[at] ?? '', number(sum(left, defect)), number(product(right, defect))];
}

function endsOperand(word: string | undefined): boolean {
  return word !== undefined && (/^[A-Za-z0-9)]/.test(word) || word === ':END' || word === ':NULL');
}

/** One flat list: `['product', '*', first, '/', second, …]`. */
function product(words: Words, defect?: Defect): Tree {
  const at = places(words, (word) => word === '*' || word === '/');
  if (at.length === 0) return power(words, defect);
  const parts = cut(words, at).map((part) => number(power(part, defect)));
  return [
    'product',
    ...parts.flatMap((part, index) => [index === 0 ? '*' : (words[at[index - 1] ?? 0] ?? ''), part]),
  ];
}

function power(words: Words, defect?: Defect): Tree {
  if (defect === 'loose-minus' && words[0] === '-') return ['negate', number(power(words.slice(1), defect))];
  const at = places(words, (word) => word === '^').at(defect === 'left-power' ? -1 : 0);
  if (at === undefined) return sign(words, defect);
  return ['^', number(power(words.slice(0, at), defect)), number(power(words.slice(at + 1), defect))];
}

function sign(words: Words, defect?: Defect): Tree {
  const [first = fail(), ...rest] = words;
  if (first === '-') return ['negate', number(sign(rest, defect))];
  if (first === '+') return number(sign(rest, defect));
  if (first === '(' && words.at(-1) === ')' && closesLast(words)) return choice(words.slice(1, -1), defect);
  if (first === ':CASE' && words.at(-1) === ':END' && closesLast(words))
    return cases(words.slice(1, -1), defect);
  if (rest.length > 0) fail();
  if (first === ':NULL') return ['null'];
  if (/^\d/.test(first)) return Number.isFinite(Number(first)) ? ['number', first] : fail();
  return /^[A-Za-z]/.test(first) ? ['variable', first] : fail();
}

/** Whether what opens with the first word closes with the last: not so in `(1) (2)`. */
function closesLast(words: Words): boolean {
  return places(words, (_, index) => index > 0).length === 0;
}

function cases(words: Words, defect?: Defect): Tree {
  let pending = 0;
  const marks = places(words, (word) => {
    if (word === ':IF') pending += 1;
    if (word === ':ELSE' && pending > 0) {
      pending -= 1;
      return false;
    }
    return word === ':WHEN' || word === ':THEN' || word === ':ELSE';
  });
  if (marks[0] !== 0) fail();
  const order = marks.map((at) => words[at]).join(' ');
  if (!/^:WHEN :THEN( :WHEN :THEN)*( :ELSE)?$/.test(order)) fail();
  const parts = cut(words, marks).slice(1);
  const last = parts.length % 2 === 1 ? number(choice(parts.pop() ?? [], defect)) : (['null'] as const);
  let tree: Tree = last;
  for (let index = parts.length - 2; index >= 0; index -= 2) {
    const condition = truth(logic(parts[index] ?? [], defect));
    tree = ['choice', condition, number(choice(parts[index + 1] ?? [], defect)), tree];
  }
  return tree;
}

const truths = [':OR', ':AND', ':NOT', '>=', '<=', '!=', '==', '>', '<', '='];

function truth(tree: Tree): Tree {
  return truths.includes(tree[0]) ? tree : fail();
}

function number(tree: Tree): Tree {
  return truths.includes(tree[0]) ? fail() : tree;
}

function walk(tree: Tree, variables: Variables, defect?: Defect): number | boolean | null {
  const [kind, ...parts] = tree;
  const nth = (index: number) => walk(parts[index] as Tree, variables, defect);
  switch (kind) {
    case 'number':
      return Number(parts[0]);
    case 'null':
      return null;
    case 'variable':
      return lookUp(String(parts[0]), variables);
    case 'negate':
      return negate(nth(0));
    case 'choice':
      return nth(nth(0) ? 1 : 2);
    case ':NOT':
      return !nth(0);
    case ':AND':
    case ':OR':
      return junction(kind, parts as Tree[], variables, defect);
    case 'product':
      return multiply(
        parts.map((part) => (typeof part === 'string' ? part : walk(part, variables, defect))),
        defect,
      );
    default:
      return calculate(kind, nth(0), nth(1));
  }
}

function negate(value: number | boolean | null): number | null {
  return value === null ? null : -value;
}

function junction(kind: string, parts: readonly Tree[], variables: Variables, defect?: Defect): boolean {
  const test = (part: Tree) => walk(part, variables, defect) === true;
  if (defect !== 'eager-logic') return kind === ':AND' ? parts.every(test) : parts.some(test);
  const all = parts.map(test);
  return kind === ':AND' ? !all.includes(false) : all.includes(true);
}

function multiply(parts: readonly (string | number | boolean | null)[], defect?: Defect): number | null {
  let result = 1;
  let zero = false;
  for (let index = 0; index < parts.length; index += 2) {
    const value = parts[index + 1];
    if (value === null) return null;
    const divides = parts[index] === '/';
    if (divides && value === 0 && defect !== 'infinite-division') zero = true;
    result = divides ? result / Number(value) : result * Number(value);
  }
  return zero ? 0 : result;
}

function calculate(
  operator: string,
  left: number | boolean | null,
  right: number | boolean | null,
): number | boolean | null {
  const compares = truths.includes(operator);
  if (left === null || right === null) return compares ? false : null;
  const [a, b] = [Number(left), Number(right)];
  if (compares && (Number.isNaN(a) || Number.isNaN(b))) fail();
  if (operator === '^') return a === 0 && b < 0 ? 0 : a < 0 && b % 1 !== 0 ? fail() : a ** b;
  const results: Record<string, () => number | boolean> = {
    '+': () => a + b,
    '-': () => a - b,
    '>': () => a > b,
    '<': () => a < b,
    '>=': () => a >= b,
    '<=': () => a <= b,
    '!=': () => a !== b,
    '=': () => a === b,
    '==': () => a === b,
  };
  return results[operator]?.() ?? fail();
}

function lookUp(name: string, variables: Variables): number | null {
  const found = Object.entries(variables).find(([key]) => key === name);
  if (!found) throw new VariableLookupError(name);
  const value = found[1];
  if (value === null || typeof value === 'boolean') return value === null ? null : Number(value);
  const text = String(value).trim();
  if (!/^[-+]?(\d+(\.\d*)?|\.\d+)(e[-+]?\d+)?$/i.test(text) || !Number.isFinite(Number(text))) fail();
  return Number(text);
}

function fail(): never {
  throw new MappingError('refused');
}
