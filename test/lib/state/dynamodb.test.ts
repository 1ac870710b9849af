import {
  DeleteItemCommand,
  DeleteTableCommand,
  type DynamoDBClient,
  GetItemCommand,
  paginateScan,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { dynamoState } from '../../../lib/state/dynamodb.ts';
import { clientOf, type DynamoServer, startDynamo } from '../../support/dynamo-table.ts';
import { startServer } from '../../support/http-server.ts';
import { committed, FULL, KEY, largeMemory, stateContract, taken } from '../../support/state-contract.ts';

let server: DynamoServer;
let client: DynamoDBClient;
let table: string;
let tables = 0;
beforeAll(async () => {
  server = await startDynamo();
});
afterAll(() => server.close());
beforeEach(async () => {
  tables += 1;
  table = `state-${tables}`;
  client = server.client();
  await server.createTable(table);
});

const now = () => Date.UTC(2026, 10, 21);
const opened = () => dynamoState(table, { client: server.client(), now });
const Key = { pk: { S: 'acme/metrics' }, sk: { S: 'all' } };
const item = async () => (await client.send(new GetItemCommand({ TableName: table, Key }))).Item ?? {};
const sortKeys = async () => {
  const found: string[] = [];
  for await (const { Items = [] } of paginateScan({ client }, { TableName: table })) {
    found.push(...Items.map(({ sk }) => sk?.S ?? ''));
  }
  return found;
};
const damage = (UpdateExpression: string, values: Record<string, { S: string } | { N: string }>) =>
  client.send(
    new UpdateItemCommand({ TableName: table, Key, UpdateExpression, ExpressionAttributeValues: values }),
  );

describe('dynamoState', () => {
  stateContract({ compareAndSet: true, durable: true }, async () => ({
    open: (clock) => dynamoState(table, { client: server.client(), now: clock }),
    signOfLife: async () => (await item()).lease_expires,
  }));

  it('keeps an item that a person can read', async () => {
    const lease = await taken(opened());
    await lease.commit(FULL);
    expect(await item()).toMatchObject({
      ...Key,
      v: { N: '1' },
      partition: { S: 'all' },
      version: { N: '1' },
      fence: { N: String(now()) },
      lease_expires: { S: '2026-11-21T00:02:00Z' },
      checkpoint: { S: '1970-01-01T02:00:00Z' },
      grid: { M: { minutes: { N: '60' }, zone: { S: 'Europe/Berlin' } } },
      cells: {
        L: [{ M: { digest: { S: 'abc' }, settled: { BOOL: false } } }, { M: { records: { N: '0' } } }],
      },
      memory: { S: JSON.stringify(FULL.memory) },
      failure: { M: { failures: { N: '2' } } },
    });
    await lease.release();
    expect(Object.keys(await item())).not.toContain('lease_owner');
  });

  it('lets one of two clients commit that read the same, round after round', async () => {
    for (let round = 1; round <= 20; round += 1) {
      const leases = await Promise.all([opened().acquire(KEY), opened().acquire(KEY)]);
      const [lease, ...others] = leases.filter((one) => one !== null);
      expect(others).toEqual([]);
      await lease?.commit({ ...FULL, checkpoint: round });
      await lease?.release();
    }
    expect((await item()).version).toEqual({ N: '20' });
  });

  it('packs what is large, lays out what is larger, and clears up behind it', async () => {
    const lease = await taken(opened());
    await lease.commit({ ...FULL, memory: largeMemory(300_000) });
    expect(await item()).toMatchObject({
      packed: { B: expect.anything() },
      checkpoint: { S: expect.anything() },
    });
    expect(await sortKeys()).toHaveLength(1);
    await lease.commit({ ...FULL, memory: largeMemory(3_000_000) });
    const first = await sortKeys();
    expect(first.length).toBeGreaterThan(3);
    await lease.commit({ ...FULL, memory: largeMemory(3_000_000) });
    const second = await sortKeys();
    expect(second).toHaveLength(first.length);
    expect(second.filter((name) => name !== 'all' && first.includes(name))).toEqual([]);
    await lease.commit(FULL);
    expect(await sortKeys()).toEqual(['all']);
  });

  it('leaves the parts of the holder that came after', async () => {
    let time = now();
    const state = dynamoState(table, { client, now: () => time });
    const stale = await taken(state);
    time += 3_600_000;
    const fresh = await taken(state);
    const memory = largeMemory(2_000_000);
    await fresh.commit({ ...FULL, memory });
    await expect(stale.commit({ ...FULL, memory: largeMemory(2_500_000) })).rejects.toThrow('took over');
    expect((await state.peek(KEY)).memory).toEqual(memory);
    await fresh.commit({ ...FULL, memory });
    expect((await state.peek(KEY)).memory).toEqual(memory);
    await fresh.commit(FULL);
    expect(await sortKeys()).toEqual(['all']);
  });

  it('refuses a memory that is too large, and keeps what it had', async () => {
    const lease = await taken(opened());
    await lease.commit(FULL);
    const commit = lease.commit({ ...FULL, memory: largeMemory(10_000_000) });
    await expect(commit).rejects.toMatchObject({ name: 'StateUnavailable', code: 'STATE_TOO_LARGE' });
    expect(await opened().peek(KEY)).toEqual(FULL);
  });

  it.each([
    ['a checkpoint that is none', 'SET checkpoint = :x', { ':x': { S: 'yesterday' } }, 'STATE_DAMAGED'],
    ['a memory cut short', 'SET memory = :x', { ':x': { S: '{"a"' } }, 'STATE_DAMAGED'],
    ['cells that are none', 'SET cells = :x', { ':x': { S: '[]' } }, 'STATE_DAMAGED'],
    ['no fence', 'SET fence = :x', { ':x': { S: '7' } }, 'STATE_DAMAGED'],
    ['parts that are none', 'SET parts = :x', { ':x': { S: '7' } }, 'STATE_DAMAGED'],
    ['a newer version', 'SET v = :x', { ':x': { N: '2' } }, 'STATE_NEWER'],
  ])('refuses an item with %s, and leaves it', async (_, change, values, code) => {
    await committed(opened(), FULL);
    await damage(change, values);
    const before = await item();
    for (const work of [opened().acquire, opened().peek]) {
      await expect(work(KEY)).rejects.toMatchObject({ name: 'StateUnavailable', code });
    }
    expect(await item()).toEqual(before);
  });

  it('refuses an item whose parts are gone', async () => {
    await committed(opened(), { ...FULL, memory: largeMemory(2_000_000) });
    const part = (await sortKeys()).find((name) => name.endsWith('/1')) ?? '';
    const at = { pk: { S: 'acme/metrics/parts' }, sk: { S: part } };
    await client.send(new DeleteItemCommand({ TableName: table, Key: at }));
    await expect(opened().acquire(KEY)).rejects.toMatchObject({ code: 'STATE_DAMAGED' });
  });

  it('says that its table is lost', async () => {
    const lease = await taken(opened());
    await client.send(new DeleteTableCommand({ TableName: table }));
    const lost = { name: 'StateUnavailable', code: 'STATE_TABLE_MISSING' };
    await expect(lease.commit(FULL)).rejects.toMatchObject(lost);
    await expect(opened().acquire(KEY)).rejects.toMatchObject(lost);
    await expect(opened().partitions(KEY)).rejects.toMatchObject(lost);
    await lease.release();
  });

  it('takes an answer that was lost for what it was', async () => {
    // Each write happens, and its first answer does not arrive: the SDK asks again, and is refused.
    const losing = server.client();
    let lost = 0;
    losing.middlewareStack.add(
      (next) => async (args) => {
        const answer = await next(args);
        if (!/Put|Update/.test(Object(args.request).headers['x-amz-target'])) return answer;
        lost += 1;
        if (lost % 2 === 1)
          throw Object.assign(new Error('socket hang up'), { code: 'ECONNRESET', name: 'TimeoutError' });
        return answer;
      },
      { step: 'deserialize', priority: 'low' },
    );
    const state = dynamoState(table, { client: losing, now });
    for (let round = 1; round <= 2; round += 1) {
      const lease = await taken(state);
      await lease.commit({ ...FULL, checkpoint: round });
      await lease.commit({ ...FULL, checkpoint: round + 10 });
      await lease.release();
    }
    expect(lost).toBeGreaterThan(10);
    expect((await opened().peek(KEY)).checkpoint).toBe(12);
  });

  it.each([
    [400, 'AccessDeniedException', 'STATE_FORBIDDEN', 1],
    [400, 'ProvisionedThroughputExceededException', 'STATE_THROTTLED', 3],
    [400, 'ThrottlingException', 'STATE_THROTTLED', 3],
    [400, 'UnrecognizedClientException', 'STATE_CREDENTIALS', 1],
    [400, 'ExpiredTokenException', 'STATE_CREDENTIALS', 1],
    [400, 'ValidationException', 'STATE_TABLE_KEYS', 1],
    [500, 'InternalServerError', 'STATE_UNREACHABLE', 3],
  ])('answers %i %s with a sentence to act on', async (status, type, code, calls) => {
    const refusing = await startServer((response) => {
      response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' });
      response.end(JSON.stringify({ __type: `com.amazonaws.dynamodb.v20120810#${type}`, message: 'no' }));
    });
    const refused = clientOf(refusing.url.href);
    try {
      const work = dynamoState(table, { client: refused, now }).acquire(KEY);
      await expect(work).rejects.toMatchObject({
        name: 'StateUnavailable',
        code,
        hint: expect.stringMatching(/\w\.$/),
      });
      expect(refusing.requests).toHaveLength(calls);
    } finally {
      refused.destroy();
      await refusing.close();
    }
  });

  it('says that nothing is there', async () => {
    const nowhere = clientOf('http://127.0.0.1:1', { maxAttempts: 1 });
    const work = dynamoState(table, { client: nowhere, now }).peek(KEY);
    await expect(work).rejects.toMatchObject({ code: 'STATE_UNREACHABLE' });
  });
});
