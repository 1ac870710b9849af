import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InvokeCommand, type InvokeCommandInput, LambdaClient } from '@aws-sdk/client-lambda';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { functionsIn, type LambdaFunction } from '../../../simulators/lambda/functions.ts';
import { type LambdaOptions, type LambdaSimulator, startLambda } from '../../../simulators/lambda/server.ts';

const folder = mkdtempSync(join(tmpdir(), 'usage-sync-lambda-'));
const file = join(folder, 'acme.cjs');
writeFileSync(
  file,
  `let calls = 0;
  exports.getMetrics = async (event, context) => {
    calls += 1;
    console.log('call', calls);
    if (event.fail) throw Object.assign(new Error('no'), { name: 'InvalidConfig' });
    if (event.exit) process.exit(3);
    if (event.wait) await new Promise((resolve) => setTimeout(resolve, event.wait));
    if (event.large) return 'x'.repeat(7e6);
    if (event.again) return startAgain(context.functionName);
    return { calls, pid: process.pid, left: context.getRemainingTimeInMillis(), name: context.functionName,
      runtime: process.env.AWS_LAMBDA_RUNTIME_API ?? null, own: process.env.OWN };
  };
  exports.validateCredentials = async () => ({ ok: true });
  async function startAgain(name) {
    const http = require('node:http');
    const headers = { 'x-amz-invocation-type': 'Event', 'x-amzn-trace-id': process.env._X_AMZN_TRACE_ID };
    const url = process.env.AWS_ENDPOINT_URL_LAMBDA + '/2015-03-31/functions/' + name + '/invocations';
    await new Promise((resolve) => http.request(url, { method: 'POST', headers }, (r) => r.resume().on('end', resolve)).end('{"again":true}'));
  }`,
);

const metrics: LambdaFunction = {
  name: 'acmeMetrics',
  file,
  handler: 'getMetrics',
  timeout: 20_000,
  env: { OWN: '1' },
};
const open: { close(): Promise<void> | void }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});
afterAll(() => rmSync(folder, { recursive: true }));

async function cloud(options: Partial<LambdaOptions> = {}, lambda: Partial<LambdaFunction> = {}) {
  const simulator = await startLambda({
    functions: [{ ...metrics, ...lambda }],
    taskRoot: folder,
    retryDelays: [1, 2],
    ...options,
  });
  open.push(simulator);
  return simulator;
}

/** Amazon's own client, as a deployed function uses it. */
function clientOf({ url }: LambdaSimulator) {
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const client = new LambdaClient({ endpoint: url, region: 'eu-central-1', credentials, maxAttempts: 1 });
  open.push({ close: () => client.destroy() });
  return async (event: unknown, more: Partial<InvokeCommandInput> = {}) => {
    const Payload = typeof event === 'string' ? event : JSON.stringify(event);
    const answer = await client.send(new InvokeCommand({ FunctionName: 'acmeMetrics', Payload, ...more }));
    const text = answer.Payload?.transformToString() ?? '';
    return { ...answer, value: text === '' ? null : JSON.parse(text) };
  };
}

describe('an invocation that is waited for', () => {
  it('gives what the handler returns, and uses a warm process again', async () => {
    const simulator = await cloud();
    const invoke = clientOf(simulator);
    const first = await invoke({}, { LogType: 'Tail' });
    expect(first).toMatchObject({
      StatusCode: 200,
      ExecutedVersion: '$LATEST',
      value: { calls: 1, name: 'acmeMetrics', runtime: null, own: '1' },
    });
    expect(first.FunctionError).toBeUndefined();
    expect(first.value.left).toBeGreaterThan(1000);
    const second = await invoke({}, { FunctionName: 'arn:aws:lambda:eu-central-1:1:function:acmeMetrics' });
    expect(second.value).toMatchObject({ calls: 2, pid: first.value.pid });
    expect(simulator.environments).toMatchObject({ started: 1, peak: 1 });
  });

  it('tells of an error that the handler throws, by its name', async () => {
    const { FunctionError, StatusCode, value } = await clientOf(await cloud())({ fail: true });
    expect({ FunctionError, StatusCode }).toEqual({ FunctionError: 'Unhandled', StatusCode: 200 });
    expect(value).toMatchObject({ errorType: 'InvalidConfig', errorMessage: 'no' });
  });

  it('kills the process when time is up, and starts another', async () => {
    const simulator = await cloud({}, { timeout: 3000 }); // long enough for a process to start on a busy machine
    const invoke = clientOf(simulator);
    const late = await invoke({ wait: 60_000 });
    expect(late).toMatchObject({ FunctionError: 'Unhandled', value: { errorType: 'Sandbox.Timedout' } });
    expect(late.value.errorMessage).toMatch(/Task timed out after 3.00 seconds$/);
    expect(await invoke({})).toMatchObject({ value: { calls: 1 } });
    expect(simulator.environments.started).toBe(2);
  });

  it('tells of a process that ends, and of an answer that is too large', async () => {
    const invoke = clientOf(await cloud());
    expect((await invoke({ exit: true })).value).toMatchObject({
      errorType: 'Runtime.ExitError',
      errorMessage: expect.stringMatching(/exit status 3$/),
    });
    expect((await invoke({ large: true })).value.errorType).toBe('Function.ResponseSizeTooLarge');
  });

  it('is refused when as many run as may', async () => {
    const simulator = await cloud({}, { reservedConcurrency: 1 });
    const invoke = clientOf(simulator);
    const running = invoke({ wait: 300 });
    while (simulator.environments.running === 0) await new Promise((resolve) => setImmediate(resolve));
    await expect(invoke({})).rejects.toMatchObject({
      name: 'TooManyRequestsException',
      Reason: 'ConcurrentInvocationLimitExceeded',
    });
    await running;
  });
});

describe('an invocation that is not waited for', () => {
  it('is accepted at once, and runs', async () => {
    const simulator = await cloud();
    const { StatusCode, value } = await clientOf(simulator)({ a: 1 }, { InvocationType: 'Event' });
    expect({ StatusCode, value }).toEqual({ StatusCode: 202, value: null });
    await simulator.idle();
    expect(simulator.invocations).toMatchObject([{ type: 'Event', payload: '{"a":1}', attempt: 1 }]);
  });

  it('is repeated twice, and then recorded as failed', async () => {
    const simulator = await cloud();
    await clientOf(simulator)({ fail: true }, { InvocationType: 'Event' });
    await simulator.idle();
    expect(simulator.invocations.map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
    expect(simulator.failures).toMatchObject([
      {
        requestContext: { condition: 'RetriesExhausted', approximateInvokeCount: 3 },
        requestPayload: { fail: true },
        responseContext: { functionError: 'Unhandled' },
        responsePayload: { errorType: 'InvalidConfig' },
      },
    ]);
  });

  it('waits for room instead of being refused', async () => {
    const simulator = await cloud({}, { reservedConcurrency: 1, maximumRetryAttempts: 0 });
    const invoke = clientOf(simulator);
    await Promise.all([1, 2, 3].map((number) => invoke({ number }, { InvocationType: 'Event' })));
    await simulator.idle();
    expect(simulator.invocations).toHaveLength(3);
    expect(simulator.environments.peak).toBe(1);
  });

  it.each([
    ['Terminate' as const, 15, 1],
    ['Allow' as const, 20, 0],
  ])('may start itself, %s: so often', async (recursiveLoop, least, failures) => {
    const simulator = await cloud({}, { recursiveLoop });
    await clientOf(simulator)({ again: true }, { InvocationType: 'Event' });
    while (simulator.invocations.length < least) await new Promise((resolve) => setImmediate(resolve));
    if (failures > 0) await simulator.idle();
    expect(simulator.failures).toHaveLength(failures);
  });
});

describe('what Lambda refuses', () => {
  it.each([
    ['an unknown function', {}, { FunctionName: 'other' }, 'ResourceNotFoundException'],
    ['what is no JSON', '{', {}, 'InvalidRequestContentException'],
    ['an event of more than 6 MB', 'x'.repeat(6.3e6), {}, 'RequestTooLargeException'],
    [
      'one of more than 1 MB that is not waited for',
      'x'.repeat(1.1e6),
      { InvocationType: 'Event' as const },
      'RequestTooLargeException',
    ],
  ])('%s', async (_, event, more, name) => {
    const payload = typeof event === 'string' && event !== '{' ? JSON.stringify(event) : event;
    await expect(clientOf(await cloud())(payload, more)).rejects.toMatchObject({ name });
  });

  it('nothing of a dry run, which runs nothing', async () => {
    const simulator = await cloud();
    expect(await clientOf(simulator)({}, { InvocationType: 'DryRun' })).toMatchObject({ StatusCode: 204 });
    expect(simulator.environments.started).toBe(0);
  });

  it.each([
    ['throttle', 'TooManyRequestsException'],
    ['500', 'ServiceException'],
  ])('every other request with the fault %s', async (fault, name) => {
    const simulator = await cloud({ faults: [fault] });
    const invoke = clientOf(simulator);
    await expect(invoke({})).rejects.toMatchObject({ name });
    expect((await invoke({})).value.calls).toBe(1);
    expect(simulator.requests.map(({ fault: met, status }) => [met, status])).toEqual([
      [fault, fault === '500' ? 500 : 429],
      [null, 200],
    ]);
  });
});

it('finds the functions of a folder by the names that they are deployed under', () => {
  const found = functionsIn(folder, { timeout: 1000, env: {} });
  expect(found.map(({ handler, name }) => [name, handler])).toEqual([
    ['acmeMetrics', 'getMetrics'],
    ['acmeCredentials', 'validateCredentials'],
  ]);
});

it('sends what a schedule sends', async () => {
  const simulator = await cloud();
  simulator.tick('acmeMetrics');
  await simulator.idle();
  expect(JSON.parse(simulator.invocations[0]?.payload ?? '')).toMatchObject({
    source: 'aws.events',
    'detail-type': 'Scheduled Event',
  });
});
