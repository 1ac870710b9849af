/** What a proof is run with. The seed is printed, so that a failure can be run again. */
export interface ProofOptions {
  readonly seed: number;
  readonly count: number;
  /** Ends after so many violations: one shows that a bad design is caught. All cases when absent. */
  readonly enough?: number | undefined;
}

export interface Outcome {
  readonly cases: number;
  /** How often the promise was broken. */
  readonly violated: number;
  /** The first few, described so that they can be found again. */
  readonly violations: readonly string[];
  readonly figures: Readonly<Record<string, string | number>>;
}

/** One way to do the work, put through the harness. */
export interface Design {
  readonly name: string;
  run(options: ProofOptions): Promise<Outcome>;
}

/** A promise, its harness, and designs known to be bad: a harness that lets those pass proves nothing. */
export interface Proof extends Design {
  /** As the figures are published: `R2`. */
  readonly id: string;
  /** Whose answers, rows or tokens it is about; absent when it is about what all share. */
  readonly provider?: string;
  readonly full: number;
  /** Enough to run with every `npm test`, and to catch every bad design. */
  readonly quick: number;
  readonly bad: readonly Design[];
}

/** Collects violations: counts all, describes the first ten. @param enough ends the cases when so many were found */
export function tally(enough = Number.POSITIVE_INFINITY): {
  /** The numbers of cases, from 0, as long as not enough is wrong. */
  cases(count: number): Generator<number>;
  violate(description: string): void;
  outcome(cases: number, figures?: Outcome['figures']): Outcome;
} {
  const violations: string[] = [];
  let violated = 0;
  return {
    *cases(count) {
      for (let number = 0; number < count && violated < enough; number += 1) yield number;
    },
    violate(description) {
      violated += 1;
      if (violations.length < 10) violations.push(description);
    },
    outcome: (cases, figures = {}) => ({ cases, violated, violations, figures }),
  };
}
