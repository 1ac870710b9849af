import { createHash } from 'node:crypto';
import { errorNamed, InsufficientPermission, InvalidCredentials, SyncError, toWireError } from './errors.ts';
import type { Failure } from './state/state.ts';
import { DAY, formatInstant, HOUR, MINUTE, type Millis, SECOND } from './time.ts';

export interface BackoffRequest {
  readonly now: Millis;
  /** Seconds. */
  readonly poll: number;
  /** Of {@link markCredentials}. */
  readonly credentialsMark: string;
  readonly random: () => number;
}

/**
 * A mark that changes when the credentials do. Sixteen bits: enough to notice a change, far too few to guess
 * the credentials from.
 */
export function markCredentials(credentials: unknown): string {
  return createHash('sha256').update(JSON.stringify(credentials)).digest('hex').slice(0, 4);
}

/**
 * What to remember of a failed run. Refused credentials and permissions wait 1 h, 2 h … 24 h: asking again
 * locks accounts. What may pass by itself is tried at the next trigger, and from the second time in a row
 * after a random wait of up to one poll interval.
 */
export function nextFailure(previous: Failure | null, error: unknown, request: BackoffRequest): Failure {
  const failures = (previous?.credentials === request.credentialsMark ? previous.failures : 0) + 1;
  const { exc_type, exc_message, code } = toWireError(error);
  const wait = waitAfter(error, failures, request);
  return {
    failures,
    lastError: { exc_type, exc_message, code },
    notBefore: wait === 0 ? null : request.now + wait,
    credentials: request.credentialsMark,
  };
}

/** Whether a failure still holds the next run back: as its error again, with the way out. */
export function heldBack(failure: Failure | null, now: Millis, credentials: string): SyncError | null {
  if (failure?.notBefore == null || failure.notBefore <= now || failure.credentials !== credentials)
    return null;
  const { exc_type, exc_message, code } = failure.lastError;
  return errorNamed(exc_type, `${exc_message} (not asked again before ${formatInstant(failure.notBefore)})`, {
    code,
    hint: 'Correct what the message names; changed credentials are tried at once, and so is --retry-now.',
  });
}

function waitAfter(error: unknown, failures: number, { poll, random }: BackoffRequest): number {
  if (error instanceof InvalidCredentials || error instanceof InsufficientPermission) {
    return Math.min(DAY, HOUR * 2 ** Math.min(failures - 1, 10));
  }
  if (!(error instanceof SyncError) || !error.retryable) return 0;
  if (error.retryAfter !== undefined) return error.retryAfter * SECOND;
  if (failures < 2) return 0;
  return Math.round(random() * Math.min(poll * SECOND, MINUTE * 2 ** Math.min(failures - 1, 20)));
}
