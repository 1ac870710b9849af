import * as z from 'zod';
import { InvalidEvent } from './errors.ts';
import { type Continuation, continuationSchema } from './lambda/continuation.ts';
import { parse } from './parse.ts';
import { type Millis, parseInstant } from './time.ts';

/** What the platform asks for, parsed: the CMP scheduler's event (nflex: 1. Event sources and handlers). */
export interface SyncRequest {
  readonly accountId: string;
  readonly customerId: string | null;
  readonly userId: string | null;
  readonly provider: string | null;
  /** Seconds between two runs, when the scheduler says so. */
  readonly pollInterval: number | null;
  /** The provider's own shape; its schema parses it. Null: the account is in the operator's file, by its id. */
  readonly credentials: Readonly<Record<string, unknown>> | null;
  readonly resource: { readonly id: string | null; readonly pollInterval: number | null };
  /** The scheduler's checkpoint: everything before it was delivered. */
  readonly lastUpdate: Millis | null;
  /** Where progress is reported; null means nowhere. */
  readonly taskId: string | null;
  /** What earlier invocations of the same catch-up came to; null on a first one. */
  readonly continuation: Continuation | null;
}

const text = z
  .string()
  .nullish()
  .transform((value) => value || null);
const seconds = z
  .number()
  .positive()
  .nullish()
  .transform((value) => value ?? null);

/** Every RFC 3339 form, and null; finer than a millisecond is cut towards the past. */
const timestamp = z
  .string()
  .nullish()
  .transform((value, context) => {
    const instant = value ? parseInstant(value) : null;
    if (value && instant === null) context.addIssue('expected an RFC 3339 timestamp');
    return instant;
  });

const eventSchema = z.object({
  account_id: z.string().min(1, 'expected the id of an account'),
  customer_id: text,
  user_id: text,
  provider: text,
  poll_interval: seconds,
  credentials: z.record(z.string(), z.unknown()).nullish(),
  resource: z.object({ id: text, poll_interval: seconds }).nullish(),
  last_update: timestamp,
  task_id: text,
  continuation: continuationSchema.nullish(),
});

/**
 * Parses an event at the door. Unknown keys are tolerated: the scheduler adds some.
 * @param provider whose handler received it; an event for another one is refused.
 * @throws InvalidEvent with the true path of everything that is wrong.
 */
export function parseEvent(event: unknown, provider: string): SyncRequest {
  const parsed = parse(eventSchema, event, 'event', InvalidEvent);
  if (parsed.provider !== null && parsed.provider !== provider) {
    throw new InvalidEvent(
      `event.provider: this handler reads ${provider}, the event is for another provider`,
      {
        code: 'WRONG_PROVIDER',
      },
    );
  }
  return {
    accountId: parsed.account_id,
    customerId: parsed.customer_id,
    userId: parsed.user_id,
    provider: parsed.provider,
    pollInterval: parsed.poll_interval,
    credentials: parsed.credentials ?? null,
    resource: { id: parsed.resource?.id ?? null, pollInterval: parsed.resource?.poll_interval ?? null },
    lastUpdate: parsed.last_update,
    taskId: parsed.task_id,
    continuation: parsed.continuation ?? null,
  };
}
