import { setTimeout as delay } from 'node:timers/promises';
import { type Answer, arnOf, type Call } from './environment.ts';
import type { LambdaFunction } from './functions.ts';
import type { Pool } from './pool.ts';

/** What Lambda sends to the on-failure destination of a function. */
export interface FailureRecord {
  readonly version: '1.0';
  readonly timestamp: string;
  readonly requestContext: {
    readonly requestId: string;
    readonly functionArn: string;
    readonly condition: 'RetriesExhausted' | 'RecursiveInvocationLoopTerminated';
    readonly approximateInvokeCount: number;
  };
  readonly requestPayload: unknown;
  readonly responseContext?: {
    readonly statusCode: 200;
    readonly executedVersion: '$LATEST';
    readonly functionError: 'Unhandled';
  };
  readonly responsePayload?: unknown;
}

export interface QueueOptions {
  readonly pool: Pool;
  /** Milliseconds before the first and the second repetition; a minute and two on Lambda. */
  readonly retryDelays: readonly number[];
  /** Told of every attempt. */
  readonly attempted: (lambda: LambdaFunction, call: Call, attempt: number, answer: Answer) => void;
}

/** Asynchronous invocations: accepted at once, run when there is room, repeated when they fail. */
export interface Queue {
  accept(lambda: LambdaFunction, call: Call): void;
  /** What is for the on-failure destinations. */
  readonly failures: readonly FailureRecord[];
  fail(record: FailureRecord): void;
  waiting(): number;
  /** Resolves when nothing waits, runs, or will be repeated. */
  idle(): Promise<void>;
  close(): void;
}

/** How often a full pool is looked at again. */
const LOOK_AGAIN = 2;

export function createQueue({ pool, retryDelays, attempted }: QueueOptions): Queue {
  const failures: FailureRecord[] = [];
  const pending = new Set<Promise<void>>();
  const closed = new AbortController();

  const whenThereIsRoom = async (lambda: LambdaFunction, call: Call): Promise<Answer> => {
    for (;;) {
      const answer = pool.invoke(lambda, call);
      if (answer !== null) return answer;
      await delay(LOOK_AGAIN, undefined, { signal: closed.signal });
    }
  };

  const run = async (lambda: LambdaFunction, call: Call): Promise<void> => {
    const most = lambda.maximumRetryAttempts ?? 2;
    for (let attempt = 1; ; attempt += 1) {
      const answer = await whenThereIsRoom(lambda, call);
      attempted(lambda, call, attempt, answer);
      if (answer.functionError === null) return;
      if (attempt > most) {
        failures.push(recordOf(lambda, call, attempt, answer));
        return;
      }
      await delay(retryDelays[attempt - 1] ?? 0, undefined, { signal: closed.signal });
    }
  };

  return {
    failures,
    fail: (record) => void failures.push(record),
    accept(lambda, call) {
      const work = run(lambda, call)
        .catch(() => {}) // closed meanwhile
        .finally(() => pending.delete(work));
      pending.add(work);
    },
    waiting: () => pending.size,
    async idle() {
      while (pending.size > 0) await Promise.all(pending);
    },
    close: () => closed.abort(),
  };
}

function recordOf(lambda: LambdaFunction, call: Call, attempts: number, answer: Answer): FailureRecord {
  return {
    version: '1.0',
    timestamp: new Date().toISOString(),
    requestContext: {
      requestId: call.id,
      functionArn: `${arnOf(lambda.name)}:$LATEST`,
      condition: 'RetriesExhausted',
      approximateInvokeCount: attempts,
    },
    requestPayload: JSON.parse(call.payload),
    responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
    responsePayload: JSON.parse(answer.payload),
  };
}
