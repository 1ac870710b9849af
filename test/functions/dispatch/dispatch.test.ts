import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import {
  type DispatchFailure,
  type DispatchJob,
  dispatchAccounts,
} from '../../../functions/dispatch/dispatch.ts';
import { createGate } from '../../../functions/dispatch/gate.ts';
import type { Listed } from '../../../lib/accounts/list.ts';
import { InvalidConfig, StateUnavailable } from '../../../lib/errors.ts';
import type { Invoker } from '../../../lib/lambda/invoke.ts';
import { NOTHING_STORED, type PartitionState, type State } from '../../../lib/state/state.ts';
import { DAY, HOUR } from '../../../lib/time.ts';

const NOW = Date.UTC(2026, 10, 21, 10);

const providers = {
  acme: { skew: 3600, lookback: 0, streams: ['metrics', 'resources', 'logs'] },
  slow: { skew: 0, lookback: 0, streams: ['metrics'] },
};

function account(id: string, more: object = {}): Listed {
  return {
    account: { id, provider: 'slow', credentials: { url: 'https://one.example', key: '${KEY}' }, ...more },
  };
}

async function* list(accounts: readonly Listed[]): AsyncGenerator<Listed> {
  yield* accounts;
}

/** Keeps what is given, by account and stream. */
function stateOf(stored: Readonly<Record<string, Partial<PartitionState>>> = {}): State {
  const at = ({ account, stream }: { account: string; stream: string }) => stored[`${account}/${stream}`];
  return {
    capabilities: { compareAndSet: true, durable: true },
    acquire: async () => null,
    partitions: async (key) => (at(key) ? ['all'] : []),
    async peek(key) {
      const found = at(key);
      if (found && 'unreadable' in found) throw new StateUnavailable('damaged');
      return key.partition === 'all' ? { ...NOTHING_STORED, ...found } : NOTHING_STORED;
    },
  };
}

interface Started {
  readonly name: string;
  readonly event: { readonly account_id: string };
}

/** Accepts every start after a while; `refuse` says which it does not. */
function invoker(refuse: (started: Started, attempt: number) => Error | null = () => null) {
  const started: Started[] = [];
  const attempts = new Map<string, number>();
  let running = 0;
  let peak = 0;
  const made: Invoker = {
    async start(name, event) {
      const one = { name, event: event as Started['event'] };
      const at = `${name} ${one.event.account_id}`;
      attempts.set(at, (attempts.get(at) ?? 0) + 1);
      running += 1;
      peak = Math.max(peak, running);
      await turn();
      await turn();
      running -= 1;
      const refusal = refuse(one, attempts.get(at) ?? 1);
      if (refusal) throw refusal;
      started.push(one);
    },
    close() {},
  };
  return { ...made, started, peak: () => peak };
}

async function dispatch(job: Partial<DispatchJob> & { readonly invoker: Invoker }) {
  const failures: DispatchFailure[] = [];
  const report = await dispatchAccounts({
    accounts: list([]),
    providers,
    state: stateOf(),
    limits: { global: 8, perHost: 4, hold: 0 },
    functionName: (name) => `usage-sync-test-${name}`,
    clock: { plan: () => NOW, wire: () => NOW },
    signal: new AbortController().signal,
    random: () => 0,
    failed: (failure) => failures.push(failure),
    ...job,
  });
  return { report, failures };
}

describe('dispatching accounts', () => {
  it('starts a function for each stream, by the account and without its credentials', async () => {
    const lambda = invoker();
    const accounts = list([
      account('a', { provider: 'acme' }),
      account('b', { provider: 'acme', streams: ['logs'] }),
    ]);
    const { report } = await dispatch({ accounts, invoker: lambda });
    expect(lambda.started.map(({ event, name }) => [name, event]).sort()).toEqual([
      ['usage-sync-test-acmeLogs', { account_id: 'b', provider: 'acme' }],
      ['usage-sync-test-acmeMetrics', { account_id: 'a', provider: 'acme' }],
      ['usage-sync-test-acmeResources', { account_id: 'a', provider: 'acme' }],
    ]);
    expect(report).toMatchObject({ status: 'done', accounts: 2, started: 3, failed: 0 });
  });

  it('lets one in ten be broken, and starts the others', async () => {
    const ways = [
      (id: string): Listed => ({ id, error: new InvalidConfig('unreadable') }),
      (id: string) => account(id, { provider: 'nobody' }),
      (id: string) => account(id, { streams: ['spend'] }),
      (id: string) => account(id, { credentials: {}, id: `damaged-${id}` }),
      (id: string) => account(id, { id: `refused-${id}` }),
    ];
    const accounts = Array.from({ length: 500 }, (_, number) =>
      number % 10 === 3 ? (ways[((number / 10) % 5) | 0] ?? account)(`a${number}`) : account(`a${number}`),
    );
    const damaged = accounts.flatMap((one) =>
      'account' in one && one.account.id.startsWith('damaged')
        ? [[`${one.account.id}/metrics`, { unreadable: true }]]
        : [],
    );
    const lambda = invoker(({ event }) =>
      event.account_id.startsWith('refused') ? refusal('AccessDeniedException', 403) : null,
    );
    const { failures, report } = await dispatch({
      accounts: list(accounts),
      state: stateOf(Object.fromEntries(damaged)),
      invoker: lambda,
    });
    expect(report).toMatchObject({ status: 'done', accounts: 500, started: 450, failed: 50 });
    expect(new Set(failures.map(({ code }) => code))).toEqual(
      new Set([
        'INVALID_CONFIG',
        'UNKNOWN_PROVIDER',
        'UNKNOWN_STREAM',
        'STATE_UNAVAILABLE',
        'INVOKE_REFUSED',
      ]),
    );
    expect(new Set(lambda.started.map(({ event }) => event.account_id)).size).toBe(450);
  });

  it('keeps its limits, of all and of each host', async () => {
    const lambda = invoker();
    const byHost = new Map<string, number>();
    let most = 0;
    const counting: Invoker = {
      ...lambda,
      async start(name, event, signal) {
        const host = (event as Started['event']).account_id.split('-')[0] ?? '';
        byHost.set(host, (byHost.get(host) ?? 0) + 1);
        most = Math.max(most, byHost.get(host) ?? 0);
        await lambda.start(name, event, signal);
        byHost.set(host, (byHost.get(host) ?? 0) - 1);
      },
    };
    const accounts = Array.from({ length: 200 }, (_, number) =>
      account(`${number % 4}-${number}`, { credentials: { url: `https://${number % 4}.example` } }),
    );
    await dispatch({
      accounts: list(accounts),
      invoker: counting,
      limits: { global: 7, perHost: 2, hold: 0 },
    });
    expect([lambda.started.length, lambda.peak(), most]).toEqual([200, 7, 2]);
  });

  it("keeps a host's place for a while, since a start is over at once", async () => {
    const stop = new AbortController();
    const gate = createGate({ global: 8, perHost: 1, hold: 600_000 }, stop.signal);
    const passed: string[] = [];
    const pass = (host: string, name: string) => gate.through(host, async () => void passed.push(name));
    await pass('one', 'a');
    const waiting = pass('one', 'b');
    await pass('two', 'c');
    expect(passed).toEqual(['a', 'c']);
    stop.abort();
    await waiting;
    expect(passed).toEqual(['a', 'c', 'b']);
  });

  it('holds no more accounts than it works on', async () => {
    const lambda = invoker();
    let given = 0;
    let held = 0;
    async function* endless(): AsyncGenerator<Listed> {
      for (; given < 5000; given += 1) {
        held = Math.max(held, given - lambda.started.length);
        yield account(`a${given}`);
      }
    }
    const { report } = await dispatch({
      accounts: endless(),
      invoker: lambda,
      limits: { global: 8, perHost: 8, hold: 0 },
    });
    expect(report.started).toBe(5000);
    expect(held).toBeLessThanOrEqual(16);
  });

  it('waits out throttling', async () => {
    const lambda = invoker((_, attempt) => (attempt < 3 ? refusal('TooManyRequestsException', 429) : null));
    const { report } = await dispatch({ accounts: list([account('a')]), invoker: lambda });
    expect(report).toMatchObject({ started: 1, failed: 0, throttled: 2 });
  });

  it('throws when nothing could be started at all', async () => {
    const lambda = invoker(() => refusal('ResourceNotFoundException', 404));
    const work = dispatch({ accounts: list([account('a'), account('b')]), invoker: lambda });
    await expect(work).rejects.toThrow(
      'usage-sync-test-slowMetrics cannot be started (ResourceNotFoundException)',
    );
  });

  it('stops between two accounts when time is up', async () => {
    const stop = new AbortController();
    const lambda = invoker(({ event }) => {
      if (event.account_id === 'a40') stop.abort();
      return null;
    });
    const accounts = Array.from({ length: 1000 }, (_, number) => account(`a${number}`));
    const { report } = await dispatch({ accounts: list(accounts), invoker: lambda, signal: stop.signal });
    expect(report).toMatchObject({ status: 'continue', failed: 0 });
    expect(report.accounts).toBeLessThan(100);
  });
});

describe('who is due', () => {
  const hourly = { minutes: 60, zone: 'UTC' };
  const failure = {
    failures: 2,
    lastError: { exc_type: 'InvalidCredentials', exc_message: '', code: '' },
    credentials: '',
  };
  const cell = {
    start: NOW - 2 * HOUR,
    end: NOW - HOUR,
    digest: '',
    records: 1,
    quarantined: 0,
    readAt: NOW - HOUR,
    settled: true,
  };

  it.each<[string, Partial<PartitionState> | null, object, string]>([
    ['an account that never ran', null, {}, 'started'],
    ['one whose next cell is complete', { grid: hourly, checkpoint: NOW - 3 * HOUR }, {}, 'started'],
    ['one whose next cell is not', { grid: hourly, checkpoint: NOW - HOUR }, {}, 'not_due'],
    ['one with a shorter skew of its own', { grid: hourly, checkpoint: NOW - HOUR }, { skew: 0 }, 'started'],
    [
      'one whose cells are read again',
      { grid: hourly, checkpoint: NOW - HOUR, cells: [cell] },
      { lookback: DAY / 1000, poll_interval: 600 },
      'started',
    ],
    [
      'one whose cells were read just now',
      { grid: hourly, checkpoint: NOW - HOUR, cells: [cell] },
      { lookback: DAY / 1000, poll_interval: 7200 },
      'not_due',
    ],
    ['a failure that asks to wait', { failure: { ...failure, notBefore: NOW + 1 } }, {}, 'held'],
    ['a failure that has waited', { failure: { ...failure, notBefore: NOW } }, {}, 'started'],
  ])('%s', async (_, stored, more, outcome) => {
    const lambda = invoker();
    const state = stateOf(stored === null ? {} : { 'a/metrics': stored });
    const accounts = list([account('a', { provider: 'acme', streams: ['metrics'], ...more })]);
    const { report } = await dispatch({ accounts, invoker: lambda, state });
    expect(report).toMatchObject({ started: 0, not_due: 0, held: 0, [outcome]: 1 });
  });

  it.each([
    ['an inventory that is older than a poll interval', NOW - 2 * HOUR, 'started'],
    ['one that is younger', NOW - HOUR / 2, 'not_due'],
    ['one from the future', NOW + HOUR, 'started'],
  ])('%s', async (_, checkpoint, outcome) => {
    const state = stateOf({ 'a/resources': { checkpoint } });
    const accounts = list([account('a', { provider: 'acme', streams: ['resources'], poll_interval: 3600 })]);
    const { report } = await dispatch({ accounts, invoker: invoker(), state });
    expect(report).toMatchObject({ [outcome]: 1 });
  });

  it('says how far the last of them stands behind', async () => {
    const state = stateOf({
      'a/metrics': { grid: hourly, checkpoint: NOW - 3 * HOUR },
      'b/metrics': { grid: hourly, checkpoint: NOW - 5 * HOUR },
    });
    const { report } = await dispatch({
      accounts: list([account('a'), account('b')]),
      invoker: invoker(),
      state,
    });
    expect(report.lag).toEqual({ 'slow.metrics': 5 * 3600 });
  });
});

/** As the SDK throws it. */
function refusal(name: string, httpStatusCode: number): Error {
  return Object.assign(new Error(name), { name, $metadata: { httpStatusCode } });
}
