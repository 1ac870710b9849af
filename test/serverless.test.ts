import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
// @ts-expect-error: a build script without types
import { shared } from '../build/esbuild.mjs';
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
  await Promise.all(rooms.map(bundle));
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

  it('may write its own log and its own queue, and nothing else', () => {
    for (const name of namesOf('AWS::Lambda::Function')) {
      const own = name.replace(/LambdaFunction$/, '');
      expect(resources[name]?.Properties.Role).toEqual(arnOf(`${own}Role`));
      expect(resources[`${own}Role`]?.Properties).toMatchObject({ Policies: [expect.anything()] });
      expect(resources[`${own}Role`]?.Properties).not.toHaveProperty('ManagedPolicyArns');
      expect(statementsOf(`${own}Role`)).toEqual([
        {
          Effect: 'Allow',
          Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
          Resource: arnOf(`${own}LogGroup`),
        },
        { Effect: 'Allow', Action: ['sqs:SendMessage'], Resource: arnOf(`${own}Failures`) },
      ]);
    }
    expect(allKeys(resources).filter(([key, value]) => key === 'Resource' && value === '*')).toEqual([]);
    expect(namesOf('AWS::IAM::Role')).toHaveLength(namesOf('AWS::Lambda::Function').length);
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
      USAGE_SYNC_VPC: 'own',
      USAGE_SYNC_SECURITY_GROUPS: 'sg-1',
      USAGE_SYNC_SUBNETS: 'subnet-1,subnet-2',
    });
    const [first] = ofType('AWS::Lambda::Function', asked);
    expect(first?.Properties).toMatchObject({
      Environment: {
        Variables: { USAGE_SYNC_SINK: 'file:/mnt/usage', USAGE_SYNC_STATE: 'file:/mnt/state' },
      },
      VpcConfig: {
        SecurityGroupIds: { 'Fn::Split': [',', 'sg-1'] },
        SubnetIds: { 'Fn::Split': [',', 'subnet-1,subnet-2'] },
      },
    });
    for (const { Properties } of ofType('AWS::IAM::Role', asked))
      expect(Properties.ManagedPolicyArns).toHaveLength(1);
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

async function bundle(room: string): Promise<void> {
  await build({
    ...shared,
    format: 'cjs',
    absWorkingDir: root,
    entryPoints: [`functions/${room}/index.ts`],
    outfile: join(folder, `dist/functions/${room}.cjs`),
  });
}

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

function statementsOf(role: string): unknown {
  const policies = resources[role]?.Properties.Policies as { PolicyDocument: { Statement: unknown } }[];
  return policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement);
}

/** Every key of a tree with its value. */
function allKeys(tree: unknown): [string, unknown][] {
  if (typeof tree !== 'object' || tree === null) return [];
  return Object.entries(tree).flatMap((entry) => [entry, ...allKeys(entry[1])]);
}
