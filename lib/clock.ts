import type { Millis } from './time.ts';

/**
 * Two clocks. `plan` decides windows, `last_seen_at` and what is due, and can be held (`--now`). `wire` is
 * always the machine's: signatures, token ages, timeouts, Retry-After, leases, run ids.
 */
export interface Clock {
  plan(): Millis;
  wire(): Millis;
}

/** The machine's clock, with the planning clock held at `now` when one is given. Called at the edges only. */
export function systemClock(now?: Millis): Clock {
  const wire = () => Date.now();
  return { wire, plan: now === undefined ? wire : () => now };
}
