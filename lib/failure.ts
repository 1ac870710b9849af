import { heldBack, nextFailure } from './backoff.ts';
import { DeliveryError, StateConflict } from './errors.ts';
import type { Failure, PartitionKey, State } from './state/state.ts';
import type { Millis } from './time.ts';

/** What decides whether a partition that failed may be tried again. */
export interface RetryRules {
  readonly state: State;
  readonly now: Millis;
  /** Seconds between two runs. */
  readonly poll: number;
  /** Changes when the credentials do. */
  readonly credentialsMark: string;
  /** Tries although a former failure asks to wait. */
  readonly retryNow: boolean;
  readonly random: () => number;
  /** Removes secrets from an error: what is remembered is written to a store. */
  readonly clean: (error: unknown) => unknown;
}

/**
 * Does a partition's work unless its last failure holds it back; remembers a new failure, and forgets the old
 * one after a success. The work's own error is what the caller sees, even when it cannot be remembered.
 */
export async function rememberingFailure<Result>(
  key: PartitionKey,
  rules: RetryRules,
  work: () => Promise<Result>,
): Promise<Result> {
  const { failure } = await rules.state.peek(key);
  const held = rules.retryNow ? null : heldBack(failure, rules.now, rules.credentialsMark);
  if (held) throw held;
  try {
    const result = await work();
    if (failure !== null) await store(key, rules.state, () => null);
    return result;
  } catch (thrown) {
    const error = rules.clean(thrown);
    // Who was overtaken has nothing to say of a partition that another works on.
    if (!isOvertaken(error))
      await store(key, rules.state, (previous) => nextFailure(previous, error, rules)).catch(() => {});
    throw error;
  }
}

function isOvertaken(error: unknown): boolean {
  return error instanceof StateConflict || (error instanceof DeliveryError && error.code === 'STALE_WRITER');
}

async function store(
  key: PartitionKey,
  state: State,
  next: (previous: Failure | null) => Failure | null,
): Promise<void> {
  const lease = await state.acquire(key);
  try {
    await lease?.commit({ ...lease.state, failure: next(lease.state.failure) });
  } finally {
    await lease?.release();
  }
}
