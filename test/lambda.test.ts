import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
// @ts-expect-error: a build script without types
import { buildFunctions } from '../build/functions.mjs';
import { dynamoState } from '../lib/state/dynamodb.ts';
import { type CloudStackSimulator, startCloudStack } from '../simulators/cloudstack/server.ts';
import { type CmpSimulator, startCmp } from '../simulators/cmp/server.ts';
import { functionsIn, type LambdaFunction } from '../simulators/lambda/functions.ts';
import { type LambdaSimulator, startLambda } from '../simulators/lambda/server.ts';
import { type DynamoServer, dynamoEnvironment, startDynamo } from './support/dynamo-table.ts';
import { startProxy } from './support/proxy.ts';

/**
 * From the schedule to the CMP, as it is deployed: the real bundles in real processes, Amazon's own clients, and
 * nothing of ours in between but the servers that stand for Amazon.
 */
const root = fileURLToPath(new URL('..', import.meta.url));
const TABLE = 'usage-sync-test';
const DAYS = 12;

let task: string;
let clouds: readonly CloudStackSimulator[];
let cmp: CmpSimulator;
let dynamo: DynamoServer;
const lambdas: LambdaSimulator[] = [];

beforeAll(async () => {
  task = mkdtempSync(join(tmpdir(), 'usage-sync-task-'));
  await buildFunctions(root, join(task, 'dist/functions'));
  clouds = await Promise.all([1, 2].map((seed) => startCloudStack({ seed, vms: 2 })));
  cmp = await startCmp();
  dynamo = await startDynamo();
  await dynamo.createTable(TABLE);
}, 60_000);
afterAll(async () => {
  for (const one of [...lambdas, ...clouds, cmp, dynamo]) await one.close();
  rmSync(task, { recursive: true });
});

/** The deployed functions with these accounts, each by its cloud. */
async function deploy(
  accounts: readonly (readonly [string, object])[],
  more: Partial<LambdaFunction> = {},
  settings: object = {},
) {
  const entries = accounts.map(([id, credentials]) => ({
    id,
    provider: 'cloudstack',
    streams: ['metrics'],
    credentials,
  }));
  const file = `accounts-${lambdas.length}.yaml`;
  const defaults = { initial_interval: DAYS * 86_400, ...settings };
  const lines = entries.map((entry) => `  - ${JSON.stringify(entry)}\n`);
  writeFileSync(join(task, file), `defaults: ${JSON.stringify(defaults)}\naccounts:\n${lines.join('')}`);
  const { key, secret } = cmp.credentials as { key: string; secret: string };
  const {
    AWS_ENDPOINT_URL,
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: _,
    ...aws
  } = dynamoEnvironment(dynamo.url);
  const env = {
    ...aws,
    AWS_ENDPOINT_URL_DYNAMODB: AWS_ENDPOINT_URL ?? '',
    USAGE_SYNC_ACCOUNTS: file,
    USAGE_SYNC_STATE: `dynamodb:${TABLE}`,
    USAGE_SYNC_SINK: 'cmp:',
    USAGE_SYNC_HOST_HOLD: '0',
    CMP_URL: cmp.url,
    CMP_KEY: key,
    CMP_SECRET: secret,
    SECRET_0: secretOf(0),
    SECRET_1: secretOf(1),
  };
  const functions = functionsIn(join(task, 'dist/functions'), {
    timeout: 60_000,
    env,
    maximumRetryAttempts: 0,
    recursiveLoop: 'Allow',
  });
  const wanted = functions.filter(({ name }) => ['dispatch', 'cloudstackMetrics'].includes(name));
  const lambda = await startLambda({
    functions: wanted.map((one) => (one.name === 'dispatch' ? one : { ...one, ...more })),
    taskRoot: task,
    concurrency: 3,
  });
  lambdas.push(lambda);
  return lambda;
}

const credentialsOf = (cloud: number) =>
  clouds[cloud]?.credentials as { url: string; api_key: string; secret_key: string };
const secretOf = (cloud: number) => credentialsOf(cloud).secret_key;
const referring = (cloud: number) => ({ ...credentialsOf(cloud), secret_key: `\${SECRET_${cloud}}` });

const checkpointOf = async (account: string) => {
  const state = dynamoState(TABLE, { client: dynamo.client(), now: Date.now });
  return (await state.peek({ account, stream: 'metrics', partition: 'all' })).checkpoint;
};

/** Metric keys that the CMP took of an account, each as often as it came. */
function keysAt(account: string): string[] {
  return cmp
    .received()
    .metrics.filter(({ resource_id }) => resource_id === account)
    .flatMap(({ metrics }) => metrics.map((metric) => String((metric as { key?: unknown }).key)));
}

async function tick(lambda: LambdaSimulator) {
  const before = lambda.invocations.length;
  lambda.tick('dispatch');
  await lambda.idle();
  return lambda.invocations.slice(before);
}

describe('from the schedule to the CMP', () => {
  it('reads every account that is due, whatever becomes of the others, and none that is not', async () => {
    const lambda = await deploy([
      ['acme', referring(0)],
      ['globex', referring(1)],
      ['wrong', { ...credentialsOf(0), secret_key: 'not-the-secret-key' }],
      ['unset', { ...credentialsOf(0), secret_key: '${NOT_SET}' }],
      ['initech', referring(0)],
    ]);
    const invocations = await tick(lambda);
    const [first] = invocations.filter((one) => one.function === 'dispatch');
    expect(JSON.parse(first?.answer.payload ?? '')).toMatchObject({
      status: 'done',
      accounts: 5,
      started: 5,
      failed: 0,
    });
    const outcomes = invocations.flatMap((one) =>
      one.function === 'dispatch'
        ? []
        : [
            [
              JSON.parse(one.payload).account_id,
              one.answer.functionError === null ? 'done' : JSON.parse(one.answer.payload).errorType,
            ],
          ],
    );
    expect(Object.fromEntries(outcomes)).toEqual({
      acme: 'done',
      globex: 'done',
      initech: 'done',
      wrong: 'InvalidCredentials',
      unset: 'InvalidConfig',
    });
    expect(lambda.failures.map(({ requestPayload }) => requestPayload)).toHaveLength(2);
    for (const id of ['acme', 'globex', 'initech']) {
      expect(keysAt(id).length).toBeGreaterThan(100);
      expect(new Set(keysAt(id)).size).toBe(keysAt(id).length);
      expect(await checkpointOf(id)).toBeGreaterThan(Date.now() - 3 * 86_400_000);
    }
    const again = await tick(lambda);
    const [second] = again.filter((one) => one.function === 'dispatch');
    expect(JSON.parse(second?.answer.payload ?? '')).toMatchObject({ started: 1, not_due: 3, held: 1 });

    const said = [...lambda.invocations, ...lambda.failures].map((one) => JSON.stringify(one)).join('\n');
    for (const secret of [secretOf(0), secretOf(1), 'not-the-secret-key', credentialsOf(0).api_key]) {
      expect(said).not.toContain(secret);
    }
    expect(said).not.toMatch(/AWS SDK|NodeVersion/);
    expect(
      invocations.flatMap(({ answer }) => answer.log).filter((line) => line.includes('"_aws"')).length,
    ).toBe(5 + 1);
  }, 120_000);

  it('goes on in invocation after invocation until it is caught up, and tells each metric once', async () => {
    const { origin, pathname } = new URL(credentialsOf(0).url);
    const far = await startProxy(new URL(origin), async (_, pass) => {
      await delay(300);
      return pass();
    });
    const credentials = { ...referring(0), url: new URL(pathname, far.url).href };
    // Longer than one invocation may take by its delays alone: one cell, and then four at a time.
    const lambda = await deploy(
      [['late', credentials]],
      { timeout: 5600 },
      { backfill: 86_400, initial_interval: 48 * 86_400 },
    );
    const invocations = (await tick(lambda)).filter((one) => one.function !== 'dispatch');
    await far.close();
    const answers = invocations.map(({ answer }) => JSON.parse(answer.payload));
    expect(answers.map(({ status }) => status)).toEqual([...answers.slice(1).map(() => 'continue'), 'done']);
    expect(answers.length).toBeGreaterThan(1);
    expect(invocations.at(-1)?.payload).toContain('"estimated_end":"2');
    expect(lambda.failures).toEqual([]);
    expect(new Set(keysAt('late')).size).toBe(keysAt('late').length);
    expect(answers.flatMap(({ windows }) => windows)).toHaveLength(48);
    expect(await checkpointOf('late')).toBe(
      answers.at(-1).windows.length > 0 ? Date.parse(answers.at(-1).last_update) : null,
    );
  }, 120_000);
});
