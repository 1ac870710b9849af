import { DeliveryError, InvalidConfig, type SyncError } from '../errors.ts';
import { pause, waitBefore } from '../http/retry.ts';

/** Starts other functions, asynchronously. */
export interface Invoker {
  /** Resolves when the invocation was accepted. */
  start(name: string, event: object, signal: AbortSignal): Promise<void>;
  close(): void;
}

/** What a start may use. */
export interface StartOptions {
  readonly signal: AbortSignal;
  readonly random: () => number;
  /** Told of every refusal that is waited out. */
  readonly refused?: () => void;
}

/** Refusals of one start that are waited out: about a minute altogether. */
const MOST_ATTEMPTS = 12;

/**
 * Starts a function. Throttling and failures of the service are waited out, longer each time.
 * @throws InvalidConfig when it is not there or may not be started; DeliveryError when the service stays unwilling
 */
export async function startFunction(
  invoker: Invoker,
  name: string,
  event: object,
  { refused, random, signal }: StartOptions,
): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await invoker.start(name, event, signal);
    } catch (error) {
      signal.throwIfAborted();
      const final = refusalOf(error, name);
      if (final !== null) throw final;
      if (attempt === MOST_ATTEMPTS) {
        throw new DeliveryError(`The function ${name} could not be started (${nameOf(error)})`, {
          code: 'INVOKE_FAILED',
          hint: 'The next schedule tries again; raise the concurrency of the account if this stays.',
        });
      }
      refused?.();
      await pause(waitBefore(attempt, undefined, random), signal);
    }
  }
}

/** What asking again would only repeat; null for what may pass. */
function refusalOf(error: unknown, name: string): SyncError | null {
  const status = statusOf(error);
  if (status === undefined || status === 429 || status >= 500) return null;
  return new InvalidConfig(`The function ${name} cannot be started (${nameOf(error)})`, {
    code: 'INVOKE_REFUSED',
    hint: 'Deploy it, or allow this function to invoke it.',
  });
}

/** The SDK's way to tell the HTTP status; undefined when there was no answer. */
function statusOf(error: unknown): number | undefined {
  const metadata =
    error instanceof Error && '$metadata' in error
      ? (error.$metadata as { readonly httpStatusCode?: number })
      : {};
  return metadata.httpStatusCode;
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : 'unknown';
}
