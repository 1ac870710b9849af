import { setMaxListeners } from 'node:events';
import { BudgetTooSmall } from './errors.ts';
import { SECOND } from './time.ts';

/** A signal that aborts while there is still time to commit and to answer. */
export interface Deadline {
  readonly signal: AbortSignal;
  cancel(): void;
}

/**
 * Time runs out, which is not a failure: complete cells were committed, the rest is for the next run. Only a run
 * that committed nothing throws the reason of the signal: the next one would fare no better.
 * @param remaining milliseconds; a fifth of them, ten seconds at most, are kept in reserve.
 */
export function deadlineWithin(remaining: number): Deadline {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal); // as many listen as calls are under way: that is no leak
  const reserve = Math.min(10 * SECOND, remaining / 5);
  const budget = Math.max(0, remaining - reserve);
  const timer = setTimeout(() => controller.abort(tooSmall(budget)), budget);
  timer.unref(); // a run that is done does not wait for its end
  return { signal: controller.signal, cancel: () => clearTimeout(timer) };
}

/** Whether a run was ended by its deadline, and not by a person. @returns what to throw when it did nothing. */
export function outOfTime(signal: AbortSignal): BudgetTooSmall | null {
  return signal.aborted && signal.reason instanceof BudgetTooSmall ? signal.reason : null;
}

function tooSmall(budget: number): BudgetTooSmall {
  return new BudgetTooSmall(`Nothing could be completed within ${(budget / SECOND).toFixed(1)} s`, {
    hint: "Raise the function's `timeout` (or `--budget`), or its `memorySize`; or make the work smaller: `usage_aggregation_range` and other settings of the grid, or `streams` for an inventory that is too large.",
  });
}
