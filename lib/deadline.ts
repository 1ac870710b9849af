import { SECOND } from './time.ts';

/** A signal that aborts while there is still time to commit and to answer. */
export interface Deadline {
  readonly signal: AbortSignal;
  cancel(): void;
}

/** Time runs out: not a failure, the rest is for the next run. */
const outOfTime = () => new Error('Time is up: complete cells were committed, the rest is for the next run');

/** @param remaining milliseconds; a fifth of them, ten seconds at most, are kept in reserve. */
export function deadlineWithin(remaining: number): Deadline {
  const controller = new AbortController();
  const reserve = Math.min(10 * SECOND, remaining / 5);
  const timer = setTimeout(() => controller.abort(outOfTime()), Math.max(0, remaining - reserve));
  return { signal: controller.signal, cancel: () => clearTimeout(timer) };
}
