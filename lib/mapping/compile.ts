import { MappingError } from '../errors.ts';
import type { Variables } from '../models/usage.ts';
import { placeText } from './place.ts';
import type { Branch, Comparator, Condition, Value } from './syntax.ts';
import { readVariable } from './variables.ts';

/** Null is NULL: it goes through all arithmetic. */
export type Compute = (variables: Variables) => number | null;
type Test = (variables: Variables) => boolean;
/** Where something stands, in words: worked out for errors only. */
type Place = () => string;

/**
 * What an operator works on. Constants and variables, which are most operands, are kept as data and cost no
 * call of a closure.
 */
interface Operand {
  readonly compute: Compute | null;
  /** A variable's name; null for a constant. */
  readonly name: string | null;
  readonly place: Place;
  readonly constant: number | null;
}

/**
 * Turns a tree into closures, once. Their depth is that of the tree, which the parser bounds. Within one
 * arithmetic expression every operand is looked up, whatever the others came to; of a choice, only the branch
 * taken.
 */
export function compileValue(node: Value, source: string): Compute {
  const of = (value: Value) => operand(value, source);
  switch (node.kind) {
    case 'negation':
      return negation(of(node.of));
    case 'power':
      return power(of(node.base), of(node.exponent), () => placeText(source, node.at));
    case 'product':
      return product(
        of(node.first),
        node.rest.map(({ divides, value }) => ({ divides, factor: of(value) })),
      );
    case 'sum':
      return sum(
        of(node.first),
        node.rest.map(({ subtracts, value }) => ({ subtracts, term: of(value) })),
      );
    case 'choice':
      return choice(node.branches, of(node.otherwise), source);
    default: {
      const leaf = of(node);
      return (variables) => take(leaf, variables);
    }
  }
}

function operand(node: Value, source: string): Operand {
  const leaf = { compute: null, name: null, place: () => '', constant: null };
  if (node.kind === 'number') return { ...leaf, constant: node.value };
  if (node.kind === 'null') return leaf;
  if (node.kind === 'variable') return { ...leaf, name: node.name, place: () => placeText(source, node.at) };
  return { ...leaf, compute: compileValue(node, source) };
}

function take(operand: Operand, variables: Variables): number | null {
  if (operand.compute !== null) return operand.compute(variables);
  if (operand.name === null) return operand.constant;
  return readVariable(variables, operand.name, operand.place);
}

function compileTest(node: Condition, source: string): Test {
  switch (node.kind) {
    case 'comparison':
      return comparison(node, source);
    case 'not':
      return not(compileTest(node.of, source));
    case 'all':
      return every(node.of.map((part) => compileTest(part, source)));
    case 'any':
      return some(node.of.map((part) => compileTest(part, source)));
  }
}

function negation(of: Operand): Compute {
  return (variables) => {
    const value = take(of, variables);
    return value === null ? null : -value;
  };
}

function power(base: Operand, exponent: Operand, place: Place): Compute {
  return (variables) => {
    const low = take(base, variables);
    const high = take(exponent, variables);
    if (low === null || high === null) return null;
    if (low === 0 && high < 0) return 0;
    if (low < 0 && !Number.isInteger(high)) {
      throw new MappingError(`${low} to the power of the fraction ${high} is no real number ${place()}`);
    }
    return low ** high;
  };
}

/** A division by zero gives 0 for the whole product, even where an operand is beyond the range of doubles. */
function product(first: Operand, rest: readonly { divides: boolean; factor: Operand }[]): Compute {
  const only = rest.length === 1 ? rest[0] : undefined;
  if (only && !only.divides) return times(first, only.factor);
  return (variables) => {
    let result = take(first, variables);
    let zero = false;
    for (const { divides, factor } of rest) {
      const value = take(factor, variables);
      zero ||= divides && value === 0;
      if (result === null || value === null) result = null;
      else if (!divides) result *= value;
      else result = value === 0 ? 0 : result / value;
    }
    return zero && Number.isNaN(result) ? 0 : result;
  };
}

/** The commonest expression, `value * 3600`, without the loop. */
function times(left: Operand, right: Operand): Compute {
  return (variables) => {
    const low = take(left, variables);
    const high = take(right, variables);
    return low === null || high === null ? null : low * high;
  };
}

function sum(first: Operand, rest: readonly { subtracts: boolean; term: Operand }[]): Compute {
  return (variables) => {
    let result = take(first, variables);
    for (const { subtracts, term } of rest) {
      const value = take(term, variables);
      if (result === null || value === null) result = null;
      else if (subtracts) result -= value;
      else result += value;
    }
    return result;
  };
}

function choice(branches: readonly Branch[], otherwise: Operand, source: string): Compute {
  const compiled = branches.map(({ when, gives }) => ({
    test: compileTest(when, source),
    value: operand(gives, source),
  }));
  return (variables) => {
    for (const { test, value } of compiled) if (test(variables)) return take(value, variables);
    return take(otherwise, variables);
  };
}

/** A comparison with NULL is false; one with an undefined amount has no answer. */
function comparison(node: Condition & { readonly kind: 'comparison' }, source: string): Test {
  const left = operand(node.left, source);
  const right = operand(node.right, source);
  const { operator } = node;
  const place = () => placeText(source, node.at);
  return (variables) => {
    const low = take(left, variables);
    const high = take(right, variables);
    if (low === null || high === null) return false;
    if (Number.isNaN(low) || Number.isNaN(high)) {
      throw new MappingError(`a comparison of numbers beyond the range of doubles has no answer ${place()}`);
    }
    return holds(operator, low, high);
  };
}

function holds(operator: Comparator, left: number, right: number): boolean {
  switch (operator) {
    case '>':
      return left > right;
    case '<':
      return left < right;
    case '>=':
      return left >= right;
    case '<=':
      return left <= right;
    case '=':
      return left === right;
    case '!=':
      return left !== right;
  }
}

function not(of: Test): Test {
  return (variables) => !of(variables);
}

function every(tests: readonly Test[]): Test {
  return (variables) => {
    for (const test of tests) if (!test(variables)) return false;
    return true;
  };
}

function some(tests: readonly Test[]): Test {
  return (variables) => {
    for (const test of tests) if (test(variables)) return true;
    return false;
  };
}
