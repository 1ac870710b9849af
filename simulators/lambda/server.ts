import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { dirname } from 'node:path';
import { control, serve } from '../serve.ts';
import type { RequestNote, Simulator } from '../simulator.ts';
import { type Answer, arnOf, type Call } from './environment.ts';
import { type FaultName, faultOf, parseFaults } from './faults.ts';
import type { LambdaFunction } from './functions.ts';
import { isEndless, traceAfter } from './lineage.ts';
import { createPool } from './pool.ts';
import { createQueue, type FailureRecord } from './queue.ts';
import { refusals, refuse } from './refusal.ts';

export interface LambdaOptions {
  readonly functions: readonly LambdaFunction[];
  /** Any free one when absent. */
  readonly port?: number;
  readonly seed?: number;
  readonly faults?: readonly string[];
  /** Where relative paths of a function begin, `/var/task` on Lambda; the parent of the first bundle's folder when absent. */
  readonly taskRoot?: string;
  /** How many invocations may run at once, all functions together; a process each. */
  readonly concurrency?: number;
  /** Milliseconds before a failed asynchronous invocation is repeated; a minute and two on Lambda. */
  readonly retryDelays?: readonly number[];
}

/** One attempt to run a function, as the local cloud remembers it. */
export interface InvocationNote {
  readonly function: string;
  readonly type: 'RequestResponse' | 'Event';
  readonly requestId: string;
  /** The event as it was sent. */
  readonly payload: string;
  /** From 1. */
  readonly attempt: number;
  readonly answer: Answer;
}

export interface LambdaSimulator extends Simulator {
  readonly invocations: readonly InvocationNote[];
  /** What the on-failure destinations were sent. */
  readonly failures: readonly FailureRecord[];
  readonly environments: { readonly started: number; readonly running: number; readonly peak: number };
  /** What EventBridge sends a function when its schedule comes round. */
  tick(name: string): void;
  /** Resolves when no asynchronous invocation waits, runs, or will be repeated. */
  idle(): Promise<void>;
}

/** Bytes of an event, synchronous and asynchronous (Lambda: quotas). */
const LARGEST = { RequestResponse: 6 * 1024 * 1024, Event: 1024 * 1024, DryRun: 6 * 1024 * 1024 };

/**
 * Lambda's Invoke API on loopback, in front of real bundles in real processes. There is no Runtime API beside them
 * that an account could be pointed at, so AWS_LAMBDA_RUNTIME_API is not set, and handlers may reach simulated clouds.
 */
export async function startLambda(options: LambdaOptions): Promise<LambdaSimulator> {
  const functions = new Map(options.functions.map((lambda) => [lambda.name, lambda]));
  const requests: RequestNote[] = [];
  const invocations: InvocationNote[] = [];
  let faults = parseFaults(options.faults ?? []);
  const seed = options.seed ?? 1;
  const platform: Record<string, string> = {};
  const pool = createPool(options.concurrency ?? 4, platform);
  const queue = createQueue({
    pool,
    retryDelays: options.retryDelays ?? [60_000, 120_000],
    attempted: (lambda, call, attempt, answer) => note(lambda, 'Event', call, attempt, answer),
  });

  function note(
    lambda: LambdaFunction,
    type: InvocationNote['type'],
    call: Call,
    attempt: number,
    answer: Answer,
  ): void {
    invocations.push({
      function: lambda.name,
      type,
      requestId: call.id,
      payload: call.payload,
      attempt,
      answer,
    });
  }

  async function invoke(request: IncomingMessage, body: string, response: ServerResponse): Promise<void> {
    const id = randomUUID();
    response.setHeader('x-amzn-RequestId', id);
    const lambda = functions.get(functionNamed(request.url ?? ''));
    const type = (request.headers['x-amz-invocation-type'] ?? 'RequestResponse') as keyof typeof LARGEST;
    if (!Object.hasOwn(LARGEST, type)) return refuse(response, refusals.badType(type));
    if (!lambda) return refuse(response, refusals.notFound(functionNamed(request.url ?? '')));
    if (Buffer.byteLength(body) > LARGEST[type]) return refuse(response, refusals.tooLarge(LARGEST[type]));
    if (!isJson(body)) return refuse(response, refusals.notJson);
    if (type === 'DryRun') return void response.writeHead(204).end();
    const header = headerOf(request, 'x-amzn-trace-id');
    const call = { id, payload: body || '{}', trace: traceAfter(header) };
    if (isEndless(header) && lambda.recursiveLoop !== 'Allow') return endLoop(lambda, call, type, response);
    if (type === 'Event') {
      queue.accept(lambda, call);
      return void response.writeHead(202).end();
    }
    const running = pool.invoke(lambda, call);
    if (running === null) return refuse(response, refusals.throttled);
    const answer = await running;
    note(lambda, type, call, 1, answer);
    answerWith(response, answer, headerOf(request, 'x-amz-log-type') === 'Tail');
  }

  function endLoop(lambda: LambdaFunction, call: Call, type: string, response: ServerResponse): void {
    if (type !== 'Event') refuse(response, refusals.endless);
    else {
      response.writeHead(202).end();
      queue.fail(endlessRecord(lambda, call));
    }
  }
  const server = await serve(options.port ?? 0, async (request, body, response) => {
    if (request.url === '/__simulator') {
      const setFaults = (names: readonly string[]) => {
        faults = parseFaults(names);
      };
      return control(request, body, response, { requests, seed, faults: () => [...faults], setFaults });
    }
    const fault = faultOf(faults, requests.length);
    const at = requests.length;
    requests.push(noteOf(request, at, fault));
    if (fault === 'reset') response.socket?.resetAndDestroy();
    else if (fault !== null) refuse(response, fault === 'throttle' ? refusals.throttled : refusals.broken);
    else await invoke(request, body, response);
    const note = requests[at];
    if (note) requests[at] = { ...note, status: fault === 'reset' ? null : response.statusCode };
  });
  Object.assign(platform, platformOf(server.origin, options));

  return {
    url: server.origin,
    credentials: { endpoint: server.origin, region: REGION, accessKeyId: 'local', secretAccessKey: 'local' },
    seed,
    requests,
    invocations,
    failures: queue.failures,
    get environments() {
      return { started: pool.started(), running: pool.running(), peak: pool.peak() };
    },
    setFaults: (names) => {
      faults = parseFaults(names);
    },
    tick(name) {
      const lambda = functions.get(name);
      if (!lambda) throw new Error(`There is no function ${name}`);
      queue.accept(lambda, {
        id: randomUUID(),
        payload: JSON.stringify(scheduled(name)),
        trace: traceAfter(undefined),
      });
    },
    idle: () => queue.idle(),
    async close() {
      queue.close();
      pool.end();
      await server.close();
    },
  };
}

function endlessRecord(lambda: LambdaFunction, call: Call): FailureRecord {
  return {
    version: '1.0',
    timestamp: new Date().toISOString(),
    requestContext: {
      requestId: call.id,
      functionArn: `${arnOf(lambda.name)}:$LATEST`,
      condition: 'RecursiveInvocationLoopTerminated',
      approximateInvokeCount: 0,
    },
    requestPayload: JSON.parse(call.payload),
  };
}

const REGION = 'eu-central-1';

/** What Lambda sets for every function, and where the SDK finds this cloud in place of Amazon's. */
function platformOf(origin: string, { functions, taskRoot }: LambdaOptions): Record<string, string> {
  const [first] = functions;
  return {
    PATH: process.env.PATH ?? '',
    LAMBDA_TASK_ROOT: taskRoot ?? (first ? dirname(dirname(dirname(first.file))) : '.'),
    AWS_REGION: REGION,
    AWS_DEFAULT_REGION: REGION,
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_ENDPOINT_URL_LAMBDA: origin,
  };
}

function scheduled(name: string) {
  return {
    version: '0',
    id: randomUUID(),
    'detail-type': 'Scheduled Event',
    source: 'aws.events',
    account: '123456789012',
    time: `${new Date().toISOString().slice(0, 19)}Z`,
    region: REGION,
    resources: [`arn:aws:events:${REGION}:123456789012:rule/${name}`],
    detail: {},
  };
}

/** A name, or an ARN, with or without a version behind it. */
function functionNamed(url: string): string {
  const path = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/.exec(url.split('?')[0] ?? '')?.[1] ?? '';
  const name = decodeURIComponent(path);
  return /function:([^:]+)/.exec(name)?.[1] ?? name.split(':')[0] ?? '';
}

function answerWith(response: ServerResponse, { payload, functionError, log }: Answer, tail: boolean): void {
  response.setHeader('x-amz-executed-version', '$LATEST');
  if (functionError !== null) response.setHeader('x-amz-function-error', functionError);
  const text = `${log.join('\n')}\n`;
  if (tail) response.setHeader('x-amz-log-result', Buffer.from(text).subarray(-4096).toString('base64'));
  response.writeHead(200, { 'content-type': 'application/json' }).end(payload);
}

function noteOf(request: IncomingMessage, number: number, fault: FaultName | null): RequestNote {
  return {
    number,
    method: request.method ?? '',
    path: request.url ?? '',
    command: headerOf(request, 'x-amz-invocation-type') ?? 'RequestResponse',
    page: null,
    parameters: {},
    at: Date.now(),
    status: null,
    fault,
    retryAfterMs: null,
  };
}

function headerOf(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text || '{}');
    return true;
  } catch {
    return false;
  }
}
