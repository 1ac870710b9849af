import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { referencesFrom } from '../../lib/accounts/references.ts';
import { type Destination, destinationFrom } from '../../lib/destination.ts';
import { BudgetTooSmall, InvalidConfig, InvalidEvent } from '../../lib/errors.ts';
import { answerCredentials, answerStream } from '../../lib/handler.ts';
import type { ContinuedReport } from '../../lib/lambda/answer.ts';
import type { StreamReport } from '../../lib/report.ts';
import { HOUR } from '../../lib/time.ts';
import { startCmp } from '../../simulators/cmp/server.ts';
import { heldPlatform, type MemoryCloud, memoryCloud } from '../support/memory-cloud.ts';

const T0 = Date.UTC(2026, 10, 1);
const mapping = 'THING: {name: thing-time, unit: s}\n';
const NAMED = { account_id: 'acme', last_update: '2026-11-01T00:00:00Z' };

let folder: string;
let cloud: MemoryCloud;
let stop: AbortController;
let proceeded: object[];
let reported: (StreamReport | null)[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'usage-sync-handler-'));
  cloud = memoryCloud();
  stop = new AbortController();
  proceeded = [];
  reported = [];
  writeFileSync(
    join(folder, 'accounts.yaml'),
    `accounts:
  - {id: acme, provider: memory, credentials: {token: "\${TOKEN}"}}
  - {id: other, provider: another, credentials: {}}
  - {id: broken, provider: memory, credentials: {token: "\${NOT_SET}"}}
`,
  );
});
afterEach(() => rmSync(folder, { recursive: true }));

function settings(env: Record<string, string> = {}): Destination {
  return destinationFrom({
    USAGE_SYNC_SINK: `file:${folder}`,
    USAGE_SYNC_STATE: `file:${folder}/state`,
    USAGE_SYNC_ACCOUNTS: join(folder, 'accounts.yaml'),
    TOKEN: 'from-the-environment',
    ...env,
  });
}

function run(event: object, env: Record<string, string> = {}) {
  const platform = heldPlatform(T0 + 6 * HOUR, stop.signal);
  return answerStream(cloud.provider, 'metrics', mapping, event, platform, settings(env), {
    reported: (_, report) => void reported.push(report),
    proceed: async (next) => void proceeded.push(next),
  });
}

/** As the deadline of an invocation does it, after so many spans; the first is a single cell. */
function outOfTimeAfter(spans: number): void {
  let seen = 0;
  cloud.onFetch = () => {
    seen += 1;
    if (seen > spans) stop.abort(new BudgetTooSmall('Nothing could be completed within 0.2 s'));
  };
}

describe('an event that names an account', () => {
  it("is run with what the operator's file says, its references resolved", async () => {
    const tokens: string[] = [];
    const { connect } = cloud.provider;
    const provider = {
      ...cloud.provider,
      connect: (context: Parameters<typeof connect>[0]) => {
        tokens.push(context.config.token);
        return connect(context);
      },
    };
    const platform = heldPlatform(T0 + 6 * HOUR);
    await answerStream(provider, 'metrics', mapping, NAMED, platform, settings());
    expect(await answerCredentials(provider, NAMED, platform, settings())).toEqual({ ok: true });
    const literal = { ...NAMED, credentials: { token: '${TOKEN}' } };
    await answerStream(provider, 'metrics', mapping, literal, platform, settings());
    expect(tokens).toEqual(['from-the-environment', 'from-the-environment', '${TOKEN}']);
  });

  it.each([
    ['of another provider', { account_id: 'other' }, {}, InvalidEvent, '"other" is an account of another'],
    ['that is not there', { account_id: 'nobody' }, {}, InvalidConfig, 'has no account "nobody"'],
    [
      'whose reference leads nowhere',
      { account_id: 'broken' },
      {},
      InvalidConfig,
      'variable NOT_SET is not set',
    ],
    [
      'without a file',
      NAMED,
      { USAGE_SYNC_ACCOUNTS: '' },
      InvalidEvent,
      'event.credentials: expected an object',
    ],
  ])('is refused for one %s, and counted as failed', async (_, event, env, kind, message) => {
    const failing = run(event, env);
    await expect(failing).rejects.toThrow(kind);
    await expect(failing).rejects.toThrow(message);
    expect(reported).toEqual([null]);
  });
});

describe('a CMP whose secret is in a store', () => {
  it('is spoken with by it, and it is asked for when there is something to say only', async () => {
    const cmp = await startCmp();
    const { key, secret } = cmp.credentials;
    const asked: string[] = [];
    const lines: string[] = [];
    const references = {
      ...referencesFrom({ TOKEN: 't' }),
      secret: async (name: string) => {
        asked.push(name);
        return JSON.stringify({ secret });
      },
    };
    const given = settings({
      CMP_URL: cmp.url,
      CMP_KEY: key,
      CMP_SECRET: 'secretsmanager:acme/cmp#secret',
      CMP_MODULE_ID: 'module-1',
    });
    const held = heldPlatform(T0 + 6 * HOUR);
    const platform = { ...held, log: { ...held.log, write: (line: string) => void lines.push(line) } };
    const destination = { ...given, references };
    try {
      await answerCredentials(cloud.provider, NAMED, platform, destination);
      expect(asked).toEqual([]);
      const event = { ...NAMED, task_id: 'task-1' };
      const answer = await answerStream(cloud.provider, 'metrics', mapping, event, platform, destination);
      expect(asked).toEqual(['acme/cmp']);
      expect(cmp.received().tasks.at(-1)).toMatchObject({ percentage: 100 });
      expect(JSON.stringify([answer, lines, cmp.received(), destination])).not.toContain(secret);
    } finally {
      await cmp.close();
    }
  });
});

describe('a run that is out of time', () => {
  it('keeps what is complete, and starts the next one without credentials', async () => {
    outOfTimeAfter(1);
    const answer = await run({ ...NAMED, task_id: 'task-1' });
    expect(answer).toMatchObject({
      status: 'continue',
      last_update: '2026-11-01T01:00:00Z',
      continuation: { v: 1, invocations: 1, cells: 1 },
    });
    const { continuation } = answer as { continuation: object };
    expect(proceeded).toEqual([
      {
        account_id: 'acme',
        provider: null,
        last_update: '2026-11-01T01:00:00Z',
        task_id: 'task-1',
        continuation,
      },
    ]);
    stop = new AbortController();
    cloud.onFetch = () => {};
    const [next = {}] = proceeded;
    expect(await run(next)).toMatchObject({ status: 'done', last_update: '2026-11-01T06:00:00Z' });
    expect(proceeded).toHaveLength(1);
    expect(reported.map((report) => report?.status)).toEqual(['continue', 'done']);
  });

  it('counts on over all that went before, and says when it will be caught up', async () => {
    outOfTimeAfter(1);
    const before = { v: 1, invocations: 4, cells: 10, since: new Date(Date.now() - HOUR).toISOString() };
    const answer = (await run({ ...NAMED, continuation: before })) as ContinuedReport;
    expect(answer.continuation).toMatchObject({ invocations: 5, cells: 11 });
    // Eleven cells took an hour; five are left.
    const left = Date.parse(answer.continuation?.estimated_end ?? '') - Date.now();
    expect(left / HOUR).toBeCloseTo(5 / 11, 1);
  });

  it.each([
    ['when that is how it is configured', NAMED, { USAGE_SYNC_CONTINUE: 'return' }],
    [
      'when the event brought credentials, which are not sent on',
      { ...NAMED, credentials: { token: 't' } },
      {},
    ],
    ['when there is no state', NAMED, { USAGE_SYNC_STATE: '' }],
  ])('only answers what is left %s', async (_, event, env) => {
    outOfTimeAfter(1);
    expect(await run(event, env)).toMatchObject({ status: 'continue', continuation: { cells: 1 } });
    expect(proceeded).toEqual([]);
  });

  it.each([['oldest-first'], ['fresh-first']])('has done the %s', async (order) => {
    outOfTimeAfter(1);
    const { windows } = (await run(NAMED, { USAGE_SYNC_ORDER: order })) as StreamReport;
    const first = order === 'fresh-first' ? '2026-11-01T05:00:00Z' : '2026-11-01T00:00:00Z';
    expect(windows.map(({ start }) => start)).toEqual([first]);
  });

  it.each([
    ['with a sink', {}],
    ['that returns what it reads', { USAGE_SYNC_SINK: '' }],
  ])('before a single cell %s is too small a budget, and not an endless loop', async (_, env) => {
    outOfTimeAfter(0);
    await expect(run(NAMED, env)).rejects.toThrow(BudgetTooSmall);
    expect(proceeded).toEqual([]);
    expect(reported).toEqual([null]);
  });

  it('by a signal is no error, however little it did', async () => {
    cloud.onFetch = () => stop.abort(new Error('Stopped by a signal'));
    expect(await run(NAMED)).toMatchObject({ status: 'continue', windows: [] });
  });
});

it('refuses settings that mean nothing', () => {
  expect(() => settings({ USAGE_SYNC_CONTINUE: 'later' })).toThrow(
    'USAGE_SYNC_CONTINUE: expected invoke or return',
  );
  expect(() => settings({ USAGE_SYNC_ORDER: 'random' })).toThrow('USAGE_SYNC_ORDER: expected oldest-first');
});
