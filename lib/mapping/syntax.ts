/** The meaning of an expression as a tree. Numbers and conditions never mix: each place takes one of the two. */
export type Value =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'null' }
  | { readonly kind: 'variable'; readonly name: string; readonly at: number }
  | { readonly kind: 'negation'; readonly of: Value }
  | { readonly kind: 'power'; readonly base: Value; readonly exponent: Value; readonly at: number }
  | { readonly kind: 'product'; readonly first: Value; readonly rest: readonly Factor[] }
  | { readonly kind: 'sum'; readonly first: Value; readonly rest: readonly Term[] }
  | { readonly kind: 'choice'; readonly branches: readonly Branch[]; readonly otherwise: Value };

export type Condition =
  | {
      readonly kind: 'comparison';
      readonly operator: Comparator;
      readonly left: Value;
      readonly right: Value;
      readonly at: number;
    }
  | { readonly kind: 'not'; readonly of: Condition }
  | { readonly kind: 'all'; readonly of: readonly Condition[] }
  | { readonly kind: 'any'; readonly of: readonly Condition[] };

export type Comparator = '>=' | '<=' | '!=' | '>' | '<' | '=';

/** A product is kept flat: a division by zero makes the whole of it 0. */
export interface Factor {
  readonly divides: boolean;
  readonly value: Value;
}

export interface Term {
  readonly subtracts: boolean;
  readonly value: Value;
}

/** One WHEN of a CASE, or the first half of a ternary. */
export interface Branch {
  readonly when: Condition;
  readonly gives: Value;
}

export function isCondition(node: Value | Condition): node is Condition {
  return node.kind === 'comparison' || node.kind === 'not' || node.kind === 'all' || node.kind === 'any';
}
