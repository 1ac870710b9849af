import { MappingError } from '../errors.ts';
import { describeToken, keywords, type Token, tokenAt } from './lexer.ts';
import { wrongAt } from './place.ts';
import {
  type Branch,
  type Comparator,
  type Condition,
  type Factor,
  isCondition,
  type Term,
  type Value,
} from './syntax.ts';

/** Characters of the longest expression. */
export const MAX_LENGTH = 4096;
/** Parentheses, CASEs, exponents and ELSEs of ternaries that may stand within each other. */
export const MAX_NESTING = 100;

type Node = Value | Condition;
type Rule = (cursor: Cursor) => Node;

interface Cursor {
  readonly source: string;
  readonly names: Set<string>;
  token: Token;
  depth: number;
}

const comparators: Readonly<Record<string, Comparator>> = {
  '>=': '>=',
  '<=': '<=',
  '!=': '!=',
  '>': '>',
  '<': '<',
  '=': '=',
  '==': '=',
};

interface Parsed {
  readonly value: Value;
  /** Each once, in the order of their first mention. */
  readonly variables: readonly string[];
}

/**
 * Reads one expression (nflex: 4. Conversion expressions). Tightest first: parentheses and CASE, sign, `^`,
 * `* /`, `+ -`, comparison, NOT, AND, OR, ternary.
 * @throws MappingError that says what was expected, what was found and where.
 */
export function parseExpression(source: string): Parsed {
  if (source.length > MAX_LENGTH) {
    throw new MappingError(`the expression has ${source.length} characters; ${MAX_LENGTH} are allowed`, {
      problems: [{ file: '', key: '', line: 1, column: 1, message: `longer than ${MAX_LENGTH} characters` }],
    });
  }
  const cursor: Cursor = { source, names: new Set(), token: tokenAt(source, 0), depth: 0 };
  const value = number(cursor, ternary);
  if (cursor.token.kind !== 'end') throw expected(cursor, 'an operator or the end');
  return { value, variables: [...cursor.names] };
}

/** `A if C else B`; what follows the ELSE may be the next ternary. */
function ternary(cursor: Cursor): Node {
  const start = cursor.token;
  const gives = disjunction(cursor);
  if (!take(cursor, 'IF')) return gives;
  const branch = { gives: asNumber(cursor, gives, start), when: condition(cursor, disjunction) };
  demand(cursor, 'ELSE');
  const otherwise = nested(cursor, () => number(cursor, ternary));
  return { kind: 'choice', branches: [branch], otherwise };
}

function disjunction(cursor: Cursor): Node {
  return junction(cursor, 'any', 'OR', conjunction);
}

function conjunction(cursor: Cursor): Node {
  return junction(cursor, 'all', 'AND', negatable);
}

function junction(cursor: Cursor, kind: 'any' | 'all', keyword: string, rule: Rule): Node {
  const start = cursor.token;
  const first = rule(cursor);
  if (!at(cursor, keyword)) return first;
  const of = [asCondition(cursor, first, start)];
  while (take(cursor, keyword)) of.push(condition(cursor, rule));
  return { kind, of };
}

function negatable(cursor: Cursor): Node {
  if (!at(cursor, 'NOT')) return comparison(cursor);
  let negated = false;
  while (take(cursor, 'NOT')) negated = !negated;
  const of = condition(cursor, comparison);
  return negated ? { kind: 'not', of } : of;
}

function comparison(cursor: Cursor): Node {
  const start = cursor.token;
  const left = sum(cursor);
  const sign = cursor.token;
  const operator = sign.kind === 'symbol' ? comparators[sign.text] : undefined;
  if (!operator) return left;
  next(cursor);
  const right = number(cursor, sum);
  return { kind: 'comparison', operator, left: asNumber(cursor, left, start), right, at: sign.at };
}

function sum(cursor: Cursor): Node {
  const start = cursor.token;
  const first = product(cursor);
  const rest: Term[] = [];
  while (at(cursor, '+') || at(cursor, '-')) {
    const subtracts = next(cursor).text === '-';
    rest.push({ subtracts, value: number(cursor, product) });
  }
  return rest.length === 0 ? first : { kind: 'sum', first: asNumber(cursor, first, start), rest };
}

function product(cursor: Cursor): Node {
  const start = cursor.token;
  const first = power(cursor);
  const rest: Factor[] = [];
  while (at(cursor, '*') || at(cursor, '/')) {
    const divides = next(cursor).text === '/';
    rest.push({ divides, value: number(cursor, power) });
  }
  return rest.length === 0 ? first : { kind: 'product', first: asNumber(cursor, first, start), rest };
}

function power(cursor: Cursor): Node {
  const start = cursor.token;
  const base = signed(cursor);
  const sign = cursor.token;
  if (!take(cursor, '^')) return base;
  const exponent = nested(cursor, () => number(cursor, power));
  return { kind: 'power', base: asNumber(cursor, base, start), exponent, at: sign.at };
}

/** The sign binds tighter than `^`: `-2^2` is 4. */
function signed(cursor: Cursor): Node {
  if (!at(cursor, '+') && !at(cursor, '-')) return operand(cursor);
  let negative = false;
  while (at(cursor, '+') || at(cursor, '-')) if (next(cursor).text === '-') negative = !negative;
  const of = number(cursor, operand);
  return negative ? { kind: 'negation', of } : of;
}

function operand(cursor: Cursor): Node {
  const token = cursor.token;
  if (token.kind === 'number') return literal(cursor);
  if (token.kind === 'name') return variable(cursor);
  if (take(cursor, 'NULL')) return { kind: 'null' };
  if (at(cursor, 'CASE')) return nested(cursor, () => caseWhen(cursor));
  if (at(cursor, '(')) return nested(cursor, () => parenthesis(cursor));
  throw expected(cursor, 'a number, a variable, CASE or "("');
}

function variable(cursor: Cursor): Node {
  const { text, at: offset } = next(cursor);
  cursor.names.add(text);
  return { kind: 'variable', name: text, at: offset };
}

function literal(cursor: Cursor): Node {
  const { text, at: offset } = next(cursor);
  const value = Number(text);
  if (!Number.isFinite(value)) throw wrongAt(cursor.source, offset, `the number ${text} is too large`);
  return { kind: 'number', value };
}

function parenthesis(cursor: Cursor): Node {
  demand(cursor, '(');
  const inner = ternary(cursor);
  demand(cursor, ')');
  return inner;
}

function caseWhen(cursor: Cursor): Node {
  demand(cursor, 'CASE');
  const branches: Branch[] = [];
  do {
    demand(cursor, 'WHEN');
    const when = condition(cursor, disjunction);
    demand(cursor, 'THEN');
    branches.push({ when, gives: number(cursor, ternary) });
  } while (at(cursor, 'WHEN'));
  const otherwise: Value = take(cursor, 'ELSE') ? number(cursor, ternary) : { kind: 'null' };
  demand(cursor, 'END');
  return { kind: 'choice', branches, otherwise };
}

function number(cursor: Cursor, rule: Rule): Value {
  const start = cursor.token;
  return asNumber(cursor, rule(cursor), start);
}

function condition(cursor: Cursor, rule: Rule): Condition {
  const start = cursor.token;
  return asCondition(cursor, rule(cursor), start);
}

function asNumber(cursor: Cursor, node: Node, start: Token): Value {
  if (isCondition(node)) throw wrongAt(cursor.source, start.at, 'expected a number, found a condition');
  return node;
}

function asCondition(cursor: Cursor, node: Node, start: Token): Condition {
  if (isCondition(node)) return node;
  throw wrongAt(cursor.source, start.at, 'expected a comparison (>= <= != > < = ==), found a number');
}

function nested<Result>(cursor: Cursor, rule: () => Result): Result {
  if (cursor.depth >= MAX_NESTING) {
    throw wrongAt(cursor.source, cursor.token.at, `nested deeper than ${MAX_NESTING} levels`);
  }
  cursor.depth += 1;
  const result = rule();
  cursor.depth -= 1;
  return result;
}

/** Steps over the word that stands here, and gives it. */
function next(cursor: Cursor): Token {
  const { token } = cursor;
  cursor.token = tokenAt(cursor.source, token.at + token.text.length);
  return token;
}

/** Whether a symbol or a keyword stands here. */
function at(cursor: Cursor, text: string): boolean {
  const { token } = cursor;
  return token.text === text && (token.kind === 'symbol' || token.kind === 'keyword');
}

function take(cursor: Cursor, text: string): boolean {
  if (!at(cursor, text)) return false;
  next(cursor);
  return true;
}

function demand(cursor: Cursor, text: string): void {
  if (!take(cursor, text)) throw expected(cursor, keywords.has(text) ? text : `"${text}"`);
}

function expected(cursor: Cursor, what: string): MappingError {
  const found = cursor.token;
  return wrongAt(cursor.source, found.at, `expected ${what}, found ${describeToken(found)}`);
}
