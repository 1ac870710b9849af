/**
 * The platform as it is on Lambda: its clock, its deadline, its environment, its log. Beside `handler.ts` the only
 * place that sees them.
 */
import { systemClock } from './clock.ts';
import type { Platform } from './connect.ts';
import { deadlineWithin } from './deadline.ts';
import { toWireError } from './errors.ts';
import { proxyFrom } from './http/proxy.ts';

/** What a handler needs of Lambda's context. */
export interface LambdaContext {
  getRemainingTimeInMillis(): number;
}

export type Handler<Result> = (event: unknown, context: LambdaContext) => Promise<Result>;

/** What a function can know of itself. */
export interface OnLambda extends Platform {
  /** One line to the function's log, whatever the level: metrics are read from there. */
  readonly print: (line: string) => void;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** By which it can start itself; null where there is no Lambda, as in `serverless invoke local`. */
  readonly functionName: string | null;
}

/** A handler whose work ends while there is still time to answer; its error is logged as the CMP sees it. */
export function onLambda<Result>(
  answer: (event: unknown, platform: OnLambda) => Promise<Result>,
): Handler<Result> {
  return async (event, context) => {
    const deadline = deadlineWithin(context.getRemainingTimeInMillis());
    try {
      return await answer(event, lambdaPlatform(deadline.signal));
    } catch (error) {
      print(JSON.stringify({ level: 'error', ...toWireError(error) }));
      throw error;
    } finally {
      deadline.cancel();
    }
  };
}

/** Lambda's own API listens on its loopback: an account that names that address must not reach it. */
function lambdaPlatform(signal: AbortSignal): OnLambda {
  const { env } = process;
  return {
    clock: systemClock(),
    signal,
    log: { write: print, level: 'info' },
    loopback: env.AWS_LAMBDA_RUNTIME_API === undefined,
    random: Math.random,
    proxyFor: proxyFrom(env),
    print,
    env,
    functionName: env.AWS_LAMBDA_FUNCTION_NAME ?? null,
  };
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
