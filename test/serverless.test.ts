import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
// @ts-expect-error: a build script without types
import { buildFunctions } from '../build/functions.mjs';
// @ts-expect-error: a build script without types
import deployment from '../build/resources.cjs';
import { startCloudStack } from '../simulators/cloudstack/server.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const framework = join(root, 'node_modules/serverless/bin/serverless.js');
const rooms = readdirSync(join(root, 'functions'));

interface Resource {
  readonly Type: string;
  readonly Properties: Readonly<Record<string, unknown>>;
}

type Resources = Readonly<Record<string, Resource>>;

let folder: string;
let resources: Resources;

/** Away from the checkout, as `npm run build && npm run package` does it. */
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'usage-sync-serverless-'));
  cpSync(join(root, 'serverless.yml'), join(folder, 'serverless.yml'));
  cpSync(join(root, 'build/resources.cjs'), join(folder, 'build/resources.cjs'));
  await buildFunctions(root, join(folder, 'dist/functions'));
  resources = await packaged({});
}, 90_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('what serverless.yml deploys', () => {
  it('is all handlers of every room, by names that the rooms export', async () => {
    const handlers = ofType('AWS::Lambda::Function').map(({ Properties }) => String(Properties.Handler));
    const named = await Promise.all(
      rooms.map(async (room) => {
        const exported = await import(`../functions/${room}/index.ts`);
        return Object.keys(exported)
          .filter((name) => typeof exported[name] === 'function')
          .map((name) => `dist/functions/${room}.${name}`);
      }),
    );
    expect(handlers.sort()).toEqual(named.flat().sort());
  });

  it('runs once, and keeps what failed in a queue of its own', () => {
    const functions = namesOf('AWS::Lambda::Function').sort();
    const settings = ofType('AWS::Lambda::EventInvokeConfig').map(({ Properties }) => Properties);
    expect(settings.map(({ FunctionName }) => (FunctionName as { Ref: string }).Ref).sort()).toEqual(
      functions,
    );
    for (const { FunctionName, MaximumRetryAttempts, DestinationConfig } of settings) {
      const own = (FunctionName as { Ref: string }).Ref.replace(/LambdaFunction$/, 'Failures');
      expect([MaximumRetryAttempts, DestinationConfig]).toEqual([
        0,
        { OnFailure: { Destination: arnOf(own) } },
      ]);
      expect(resources[own]).toMatchObject({
        Type: 'AWS::SQS::Queue',
        Properties: { SqsManagedSseEnabled: true },
      });
    }
  });

  it('gives every function a role of its own, and none a resource that is everything', () => {
    for (const name of namesOf('AWS::Lambda::Function')) {
      const own = name.replace(/LambdaFunction$/, '');
      expect(resources[name]?.Properties.Role).toEqual(arnOf(`${own}Role`));
      expect(resources[`${own}Role`]?.Properties).toMatchObject({ Policies: [expect.anything()] });
      expect(resources[`${own}Role`]?.Properties).not.toHaveProperty('ManagedPolicyArns');
      expect(statementsOf(`${own}Role`)).toEqual(
        expect.arrayContaining([
          allowed(['logs:CreateLogStream', 'logs:PutLogEvents'], arnOf(`${own}LogGroup`)),
          allowed(['sqs:SendMessage'], arnOf(`${own}Failures`)),
        ]),
      );
    }
    expect(everything(resources)).toEqual([]);
    expect(namesOf('AWS::IAM::Role')).toHaveLength(namesOf('AWS::Lambda::Function').length);
  });

  it('lets each function do what it is for', () => {
    const actions = (role: string) => statementsOf(role).flatMap(({ Action }) => Action);
    expect(actions('CloudstackCredentialsRole')).not.toContainEqual(
      expect.stringMatching(/^(s3|dynamodb|lambda):/),
    );
    expect(actions('DispatchRole')).not.toContainEqual(
      expect.stringMatching(/^(s3|secretsmanager):|:(Put|Delete|Update)Item/),
    );
    const started = statementsOf('DispatchRole').find(({ Action }) =>
      Action.includes('lambda:InvokeFunction'),
    );
    expect(JSON.stringify(started?.Resource)).toContain('function:usage-sync-dev-cloudstackMetrics');
    expect(JSON.stringify(started?.Resource)).not.toContain('Credentials');
    const itself = statementsOf('CloudstackLogsRole').find(({ Action }) =>
      Action.includes('lambda:InvokeFunction'),
    );
    expect(itself?.Resource).toEqual({
      'Fn::Sub': expect.stringMatching(/:function:usage-sync-dev-cloudstackLogs$/),
    });
  });

  it('keeps its data: a table that can be set back, a bucket that nobody else sees', () => {
    expect(ofType('AWS::DynamoDB::Table')).toMatchObject([
      {
        DeletionPolicy: 'Retain',
        Properties: {
          TableName: 'usage-sync-dev',
          PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
          SSESpecification: { SSEEnabled: true },
        },
      },
    ]);
    // The framework's own, for what it deploys, is judged with ours.
    for (const { Properties } of ofType('AWS::S3::Bucket')) expect(publicWays(Properties)).toEqual([]);
    expect(resources.DataBucket).toMatchObject({ DeletionPolicy: 'Retain' });
  });

  it('runs no more at once than is set apart, and its dispatcher alone', () => {
    const reserved = ofType('AWS::Lambda::Function').map(
      ({ Properties }) => Properties.ReservedConcurrentExecutions,
    );
    expect(reserved.every((most) => Number(most) > 0)).toBe(true);
    expect(resources.DispatchLambdaFunction?.Properties.ReservedConcurrentExecutions).toBe(1);
  });

  it('may start itself as often as there are cells, and nothing else may', () => {
    const loops = namesOf('AWS::Lambda::Function').filter(
      (name) => resources[name]?.Properties.RecursiveLoop === 'Allow',
    );
    const once = namesOf('AWS::Lambda::Function').filter((name) => /^Dispatch|Credentials/.test(name));
    expect(loops.length + once.length).toBe(namesOf('AWS::Lambda::Function').length);
    expect(loops.filter((name) => once.includes(name))).toEqual([]);
  });

  it('raises an alarm for whatever lands in a failure queue', () => {
    const watched = ofType('AWS::CloudWatch::Alarm').map(({ Properties }) =>
      JSON.stringify(Properties.Dimensions),
    );
    for (const name of namesOf('AWS::SQS::Queue')) {
      expect(watched.filter((dimensions) => dimensions.includes(`"${name}"`))).toHaveLength(1);
    }
  });

  it('has a schedule that waits for accounts and a state', () => {
    expect(ofType('AWS::Events::Rule')).toMatchObject([{ Properties: { State: 'DISABLED' } }]);
  });

  it('has one runtime for all, no network of its own and no destination unless asked', () => {
    for (const { Properties } of ofType('AWS::Lambda::Function')) {
      expect(Properties).toMatchObject({ Runtime: 'nodejs24.x', Architectures: ['arm64'] });
      expect(Properties).not.toHaveProperty('VpcConfig');
      expect(Properties.Environment).toEqual({ Variables: { NODE_OPTIONS: '--enable-source-maps' } });
    }
  });

  it('passes on what the environment says when deploying', async () => {
    const asked = await packaged({
      USAGE_SYNC_SINK: 'file:/mnt/usage',
      USAGE_SYNC_STATE: 'file:/mnt/state',
      USAGE_SYNC_ACCOUNTS: 's3://acme-config/accounts.yaml',
      CMP_URL: 'https://cmp.example/cmp/basic/api',
      CMP_MODULE_ID: 'module-1',
      CMP_KEY: 'secretsmanager:acme/cmp#key',
      CMP_SECRET: 'secretsmanager:acme/cmp#secret',
      USAGE_SYNC_VPC: 'own',
      USAGE_SYNC_SECURITY_GROUPS: 'sg-1',
      USAGE_SYNC_SUBNETS: 'subnet-1,subnet-2',
    });
    const [first] = ofType('AWS::Lambda::Function', asked);
    expect(first?.Properties).toMatchObject({
      Environment: {
        Variables: {
          USAGE_SYNC_SINK: 'file:/mnt/usage',
          USAGE_SYNC_STATE: 'file:/mnt/state',
          CMP_URL: 'https://cmp.example/cmp/basic/api',
          CMP_MODULE_ID: 'module-1',
          CMP_KEY: 'secretsmanager:acme/cmp#key',
          CMP_SECRET: 'secretsmanager:acme/cmp#secret',
        },
      },
      VpcConfig: {
        SecurityGroupIds: { 'Fn::Split': [',', 'sg-1'] },
        SubnetIds: { 'Fn::Split': [',', 'subnet-1,subnet-2'] },
      },
    });
    for (const { Properties } of ofType('AWS::IAM::Role', asked))
      expect(Properties.ManagedPolicyArns).toHaveLength(1);
    expect(ofType('AWS::Events::Rule', asked)).toMatchObject([
      { Properties: { ScheduleExpression: 'rate(5 minutes)', State: 'ENABLED' } },
    ]);
    expect(JSON.stringify(asked.DispatchRole)).toContain(':s3:::acme-config/accounts.yaml');
    expect(asked.CloudstackMetricsLagAlarm?.Properties).toMatchObject({
      MetricName: 'lag',
      Threshold: 172_800,
    });
    const secret = allowed(['secretsmanager:GetSecretValue'], {
      'Fn::Sub': expect.stringMatching(/:secret:acme\/cmp-\?{6}$/),
    });
    const readers = Object.keys(asked).filter(
      (name) =>
        asked[name]?.Type === 'AWS::IAM::Role' && JSON.stringify(asked[name]).includes('secret:acme/cmp'),
    );
    expect(readers.length).toBeGreaterThan(5);
    expect(readers.filter((name) => /Dispatch|Credentials/.test(name))).toEqual([]);
    for (const name of readers) expect(statementsOf(name, asked)).toContainEqual(secret);
    expect(everything(asked)).toEqual([]);
  });
});

describe('the settings of the CMP', () => {
  const settingsIn = (env: Readonly<Record<string, string>>) => {
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
    return deployment.settings({ resolveConfigurationProperty: async () => 'usage-sync', options: {} });
  };
  afterEach(() => vi.unstubAllEnvs());

  it.each(['secretsmanager:a/b', 'secretsmanager:a/b#key', 'ssm:/a/b', ''])('refer: %s', async (text) => {
    expect((await settingsIn({ CMP_TOKEN: text })).cmp).toEqual(text === '' ? {} : { CMP_TOKEN: text });
  });

  it.each([
    ['cmp:', 1],
    ['dynamodb:usage-sync-dev', 0],
  ])('are read by dispatch as far as its state needs them: %s', async (state, statements) => {
    const settings = await settingsIn({
      USAGE_SYNC_STATE: state,
      CMP_KEY: 'ssm:/acme/cmp',
      CMP_SECRET: 'ssm:/acme/cmp',
    });
    const custom = { settings, providers: { acme: ['Metrics'] } };
    const { Resources } = await deployment.resources({
      resolveConfigurationProperty: async ([name]: string[]) => (name === 'custom' ? custom : null),
    });
    const reading = (role: string) =>
      statementsOf(role, Resources).filter(({ Resource }) =>
        JSON.stringify(Resource).includes('parameter/acme/cmp"'),
      );
    expect(reading('DispatchRole')).toHaveLength(statements);
    expect(reading('AcmeMetricsRole')).toHaveLength(1);
  });

  it('are refused in plain text, which is not repeated', async () => {
    const refused = settingsIn({ CMP_SECRET: 'canary' });
    await expect(refused).rejects.toThrow('CMP_SECRET: expected secretsmanager:NAME#key or ssm:NAME');
    await expect(refused).rejects.not.toThrow('canary');
  });
});

it('runs its bundle locally', async () => {
  const cloud = await startCloudStack({ seed: 1 });
  try {
    const event = { account_id: 'acme', provider: 'cloudstack', credentials: cloud.credentials };
    const stdout = await serverless(
      ['invoke', 'local', '-f', 'cloudstackCredentials', '--data', JSON.stringify(event)],
      {},
    );
    expect(JSON.parse(stdout.slice(stdout.lastIndexOf('\n{') + 1))).toEqual({ ok: true });
    expect(cloud.requests.length).toBeGreaterThan(0);
  } finally {
    await cloud.close();
  }
});

/** The resources of the packaged template. */
async function packaged(env: Readonly<Record<string, string>>): Promise<Resources> {
  await serverless(['package'], env);
  const template = join(folder, '.serverless/cloudformation-template-update-stack.json');
  return JSON.parse(readFileSync(template, 'utf8')).Resources;
}

/** Without any account, profile or setting of this machine. */
async function serverless(args: readonly string[], env: Readonly<Record<string, string>>): Promise<string> {
  const { PATH = '' } = process.env;
  const { stdout } = await promisify(execFile)(process.execPath, [framework, ...args], {
    cwd: folder,
    env: { PATH, HOME: folder, ...env },
  });
  return stdout;
}

function ofType(type: string, of: Resources = resources): Resource[] {
  return Object.values(of).filter(({ Type }) => Type === type);
}

function namesOf(type: string): string[] {
  return Object.keys(resources).filter((name) => resources[name]?.Type === type);
}

function arnOf(logical: string): unknown {
  return { 'Fn::GetAtt': [logical, 'Arn'] };
}

interface Statement {
  readonly Effect: string;
  readonly Action: readonly string[];
  readonly Resource: unknown;
}

function statementsOf(role: string, of: Resources = resources): Statement[] {
  const policies = of[role]?.Properties.Policies as {
    PolicyDocument: { Statement: readonly Statement[] };
  }[];
  return policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement);
}

function allowed(Action: readonly string[], Resource: unknown): Statement {
  return { Effect: 'Allow', Action, Resource };
}

/** Permissions for whatever there is. */
function everything(of: Resources): unknown[] {
  return allKeys(of).filter(
    ([key, value]) => key === 'Resource' && (value === '*' || (Array.isArray(value) && value.includes('*'))),
  );
}

/** The ways by which strangers could come to a bucket. */
function publicWays(bucket: Readonly<Record<string, unknown>>): string[] {
  const block = (bucket.PublicAccessBlockConfiguration ?? {}) as Readonly<Record<string, unknown>>;
  const ways = ['BlockPublicAcls', 'BlockPublicPolicy', 'IgnorePublicAcls', 'RestrictPublicBuckets'];
  return [
    ...ways.filter((way) => block[way] !== true),
    ...('AccessControl' in bucket ? ['AccessControl'] : []),
  ];
}

/** Every key of a tree with its value. */
function allKeys(tree: unknown): [string, unknown][] {
  if (typeof tree !== 'object' || tree === null) return [];
  return Object.entries(tree).flatMap((entry) => [entry, ...allKeys(entry[1])]);
}
