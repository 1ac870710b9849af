import { type Millis, SECOND } from '../time.ts';

/** How long a lease lasts, and by whose clock: the wire's, whatever the planning clock says. */
export interface Leasing {
  readonly now: () => Millis;
  /** Without a sign of life for so long, a holder is taken for dead. */
  readonly lease: Millis;
}

/** Long enough for a machine that stutters and for clocks that differ by a minute; a killed Lambda delays no poll. */
export const LEASE: Millis = 120 * SECOND;

/** A holder shows that it lives several times within its lease: one beat may be lost. */
export const beatsPerLease = 4;

/**
 * The number of the next holder. It grows with the clock where it can, so that it still grows when a state is
 * lost, restored from a backup or replaced by another kind.
 */
export function nextFence(previous: number, now: Millis): number {
  return Math.max(previous + 1, Math.floor(now));
}

/** Runs `beat` within a lease, again and again, and holds no process back from ending. */
export function keepBeating({ lease }: Leasing, beat: () => Promise<unknown>): { stop(): void } {
  const timer = setInterval(() => void beat().catch(() => {}), lease / beatsPerLease);
  timer.unref();
  return { stop: () => clearInterval(timer) };
}
