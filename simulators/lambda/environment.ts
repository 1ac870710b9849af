import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline';
import script from './child.txt';
import type { LambdaFunction } from './functions.ts';

/** What one invocation came to; `functionError` as in the header X-Amz-Function-Error. */
export interface Answer {
  readonly payload: string;
  readonly functionError: 'Unhandled' | null;
  /** The last lines that it logged. */
  readonly log: readonly string[];
}

export interface Call {
  readonly id: string;
  readonly payload: string;
  /** The trace header, by which a chain of invocations knows its length. */
  readonly trace: string | null;
}

/** A process that holds one bundle, and answers one invocation at a time. */
export interface Environment {
  readonly pid: number | undefined;
  invoke(call: Call): Promise<Answer>;
  /** False once its process was killed or ended by itself. */
  isAlive(): boolean;
  end(): void;
}

/** Bytes: an answer that is larger is an error (Lambda: quotas). */
const LARGEST_ANSWER = 6 * 1024 * 1024;

type Told =
  | { readonly payload: string }
  | { readonly error: { readonly errorType: string; readonly errorMessage: string } };

/**
 * Starts an execution environment. The bundle runs in a process of its own, so that it can be killed when its time
 * is up, and so that what it keeps warm is its own.
 */
export function startEnvironment(
  lambda: LambdaFunction,
  platform: Readonly<Record<string, string>>,
): Environment {
  const stream = `2026/01/01/[$LATEST]${randomUUID().replaceAll('-', '')}`;
  const env = { ...platform, ...environmentOf(lambda, stream), ...lambda.env };
  const child = spawn(process.execPath, ['-e', script, lambda.file, lambda.handler], {
    env,
    cwd: env.LAMBDA_TASK_ROOT,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const lines = linesOf(child);
  const context = {
    functionName: lambda.name,
    functionVersion: '$LATEST',
    invokedFunctionArn: arnOf(lambda.name),
    memoryLimitInMB: env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: `/aws/lambda/${lambda.name}`,
    logStreamName: stream,
    callbackWaitsForEmptyEventLoop: true,
  };
  return {
    pid: child.pid,
    // A process that was killed is there for a moment longer.
    isAlive: () => !child.killed && child.connected && child.exitCode === null && child.signalCode === null,
    end: () => void child.kill('SIGKILL'),
    async invoke({ id, payload, trace }) {
      lines.length = 0;
      const deadline = Date.now() + lambda.timeout;
      child.send({ event: payload, deadline, trace, context: { ...context, awsRequestId: id } });
      const answer = await answerOf(child, lambda, id);
      return { ...answer, log: [...lines] };
    },
  };
}

export function arnOf(name: string): string {
  return `arn:aws:lambda:eu-central-1:123456789012:function:${name}`;
}

function environmentOf({ name, handler }: LambdaFunction, stream: string): Record<string, string> {
  return {
    _HANDLER: handler,
    AWS_LAMBDA_FUNCTION_NAME: name,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '512',
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${name}`,
    AWS_LAMBDA_LOG_STREAM_NAME: stream,
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    TZ: ':UTC',
  };
}

async function answerOf(
  child: ChildProcess,
  lambda: LambdaFunction,
  id: string,
): Promise<Omit<Answer, 'log'>> {
  let timer: NodeJS.Timeout | undefined;
  const told = new Promise<Told>((resolve) => {
    const late = () => {
      child.kill('SIGKILL');
      const seconds = (lambda.timeout / 1000).toFixed(2);
      resolve(failure('Sandbox.Timedout', `RequestId: ${id} Error: Task timed out after ${seconds} seconds`));
    };
    timer = setTimeout(late, lambda.timeout);
    child.once('message', (message) => resolve(message as Told));
    child.once('exit', (code, signal) => {
      const why = `RequestId: ${id} Error: Runtime exited with error: ${signal ? `signal: ${signal}` : `exit status ${code}`}`;
      resolve(failure('Runtime.ExitError', why));
    });
  });
  const result = await told;
  clearTimeout(timer);
  child.removeAllListeners('message').removeAllListeners('exit');
  if ('error' in result) return { payload: JSON.stringify(result.error), functionError: 'Unhandled' };
  const size = Buffer.byteLength(result.payload);
  if (size <= LARGEST_ANSWER) return { payload: result.payload, functionError: null };
  const why = `Response payload size (${size} bytes) exceeded maximum allowed payload size (${LARGEST_ANSWER} bytes).`;
  const { error } = failure('Function.ResponseSizeTooLarge', why);
  return { payload: JSON.stringify(error), functionError: 'Unhandled' };
}

function failure(errorType: string, errorMessage: string) {
  return { error: { errorType, errorMessage } };
}

function linesOf(child: ChildProcess): string[] {
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    if (stream) createInterface({ input: stream }).on('line', (line) => lines.push(line));
  }
  return lines;
}
