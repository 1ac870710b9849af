import type { Destination } from '../destination.ts';
import type { SyncRequest } from '../event.ts';
import type { OnLambda } from '../lambda.ts';
import type { StreamReport } from '../report.ts';
import type { Continuation } from './continuation.ts';
import { type Invoker, startFunction } from './invoke.ts';

/**
 * Only an account of the operator's file: an event that brought credentials would have to be sent on with them.
 * And only where there is a state: without one it is the caller who knows how far it has come.
 */
export function proceedsByItself(request: SyncRequest, { proceeds = 'invoke', state }: Destination): boolean {
  return proceeds === 'invoke' && request.credentials === null && state !== undefined;
}

/** What the next run of the same catch-up is told: no credentials, they are found again. */
export function nextEvent(request: SyncRequest, report: StreamReport, continuation: Continuation): object {
  return {
    account_id: request.accountId,
    provider: request.provider,
    last_update: report.last_update,
    task_id: request.taskId,
    continuation,
  };
}

/** What is kept of the time for starting the next run. */
const TIME_TO_PROCEED = 5000;

/** Starts this function again, with an event. What fails is logged: the schedule goes on, too. */
export async function invokeItself(lambda: OnLambda, event: object): Promise<void> {
  const { functionName, random } = lambda;
  if (functionName === null) return;
  lambda.print(
    JSON.stringify({ level: 'info', message: 'Time is up: going on in another invocation', ...event }),
  );
  let invoker: Invoker | null = null;
  try {
    invoker = (await import('../aws/lambda.ts')).lambdaInvoker();
    const signal = AbortSignal.timeout(TIME_TO_PROCEED);
    await startFunction(invoker, functionName, event, { random, signal });
  } catch (error) {
    const what = error instanceof Error ? `${error.name}: ${error.message}` : 'unknown';
    lambda.print(JSON.stringify({ level: 'warn', message: `Left to the schedule: ${what}` }));
  } finally {
    invoker?.close();
  }
}
