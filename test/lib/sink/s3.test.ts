import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
// @ts-expect-error: a package without types
import S3rver from 's3rver';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { createS3 } from '../../../lib/aws/s3.ts';
import { bucketStore } from '../../../lib/sink/bucket.ts';
import { layoutSink } from '../../../lib/sink/layout.ts';
import { openSink } from '../../../lib/sink/open.ts';
import { parseS3 } from '../../../lib/sink/s3.ts';
import type { Sink } from '../../../lib/sink/sink.ts';
import { contentOf } from '../../../lib/sink/store.ts';
import { HOUR } from '../../../lib/time.ts';
import { type S3Options, type S3Simulator, startS3 } from '../../../simulators/s3/index.ts';
import { startServer } from '../../support/http-server.ts';
import { heldPlatform } from '../../support/memory-cloud.ts';
import { addLines, batch, inventory, journal, sinkContract, T0 } from '../../support/sink-contract.ts';

const PREFIX = 'cmp/usage/';
const CELL = 'acme/all/20261118T000000Z_20261118T010000Z.ndjson';

function clientOf({ credentials }: Pick<S3Simulator, 'credentials'>, maxAttempts = 3) {
  const { endpoint, accessKeyId, secretAccessKey, region } = credentials;
  return createS3(endpoint, { region, maxAttempts, credentials: { accessKeyId, secretAccessKey } });
}

function storeOf(s3: Pick<S3Simulator, 'credentials'>, warn = (_: string) => {}) {
  return bucketStore({ client: clientOf(s3), name: s3.credentials.bucket, prefix: PREFIX, warn });
}

const open = (s3: Pick<S3Simulator, 'credentials'>, warn?: (message: string) => void): Sink =>
  layoutSink(storeOf(s3, warn));

async function running(options: S3Options = {}): Promise<S3Simulator> {
  const s3 = await startS3(options);
  onTestFinished(() => s3.close());
  return s3;
}

const puts = (s3: S3Simulator, room = '') =>
  s3.requests.filter(({ method, path, status }) => method === 'PUT' && status === 200 && path.includes(room));
const textOf = (s3: S3Simulator, name: string) => s3.objects.get(`${PREFIX}${name}`)?.body;

function heldBy(objects: Iterable<readonly [key: string, body: string]>): Map<string, number> {
  const held = new Map<string, number>();
  for (const [key, body] of objects) if (key.startsWith(`${PREFIX}metrics/`)) addLines(held, body);
  return held;
}

const capabilities = { replaces: 'whole', remembers: true, setsAside: true, otherStreams: true } as const;

sinkContract({
  name: 'a bucket that holds conditions',
  capabilities: { ...capabilities, fences: 'surely' },
  async place() {
    const s3 = await startS3({ pageSize: 2 });
    return {
      open: async () => open(s3),
      holds: () => heldBy([...s3.objects].map(([key, { body }]) => [key, body])),
      mark: () => puts(s3, `${PREFIX}metrics/`).length,
      fail() {
        s3.setFaults(['access-denied']);
        return () => s3.setFaults([]);
      },
      close: () => s3.close(),
    };
  },
});

sinkContract({
  name: 'a bucket that ignores conditions',
  capabilities: { ...capabilities, fences: 'by a look' },
  async place() {
    const s3 = await startS3({ faults: ['ignores-conditions'] });
    return {
      open: async () => open(s3),
      holds: () => heldBy([...s3.objects].map(([key, { body }]) => [key, body])),
      mark: () => puts(s3, `${PREFIX}metrics/`).length,
      close: () => s3.close(),
    };
  },
});

describe('an object', () => {
  it('is put once, with its checksum, its type and what its reader must know', async () => {
    const s3 = await running();
    const { digest } = await open(s3).deliver(batch({ a: 1 }, { fence: 3 }));
    const object = s3.objects.get(`${PREFIX}metrics/${CELL}`);
    expect(object).toMatchObject({ type: 'application/x-ndjson', metadata: { digest, fence: '3' } });
    expect(digest).toBe(
      createHash('sha256')
        .update(object?.body ?? '')
        .digest('hex'),
    );
    expect(puts(s3, `${PREFIX}metrics/`)).toHaveLength(1);
  });

  it('stands where a folder has its file', async () => {
    const s3 = await running();
    const sink = open(s3);
    const bad = [{ exc_type: 'MappingError', exc_message: 'm', code: 'C', raw: {} }];
    await sink.deliver(batch({ a: 1 }, { quarantined: () => bad }));
    await sink.deliverSnapshot(inventory(['1']));
    await sink.deliverSnapshot(inventory([], { stream: 'status' }));
    await sink.deliverJournal(journal(['m']));
    await sink.recordRun?.('r-1', { v: 1 });
    await sink.close();
    const names = [...s3.objects.keys()].map((key) => key.slice(PREFIX.length));
    expect(names.filter((name) => !name.startsWith('fences/')).sort()).toEqual([
      ...[
        'logs/acme/2026-11-18.ndjson',
        'manifest.json',
        'manifest/metrics/acme/all.json',
        `metrics/${CELL}`,
      ],
      ...[`quarantine/${CELL}`, 'resources/acme/all/latest.ndjson', 'resources/acme/all/removed.ndjson'],
      ...['runs/r-1.json', 'status/acme/latest.json'],
    ]);
    expect(JSON.parse(textOf(s3, 'manifest.json') ?? '')).toEqual({
      v: 1,
      cells: { [`metrics/${CELL}`]: s3.objects.get(`${PREFIX}metrics/${CELL}`)?.metadata.digest },
    });
  });

  it('of a quarantine is removed when the cell could be read, and asked for otherwise only', async () => {
    const s3 = await running();
    const bad = [{ exc_type: 'MappingError', exc_message: 'm', code: 'C', raw: {} }];
    await open(s3).deliver(batch({ a: 1 }, { quarantined: () => bad }));
    await open(s3).deliver(batch({ a: 1 }));
    await open(s3).deliver(batch({ a: 1 }));
    expect(textOf(s3, `quarantine/${CELL}`)).toBeUndefined();
    expect(s3.requests.filter(({ method }) => method === 'DELETE')).toHaveLength(1);
  });

  it('that did not change costs no PUT, whatever it is', async () => {
    const s3 = await running();
    const deliver = async () => {
      const sink = open(s3);
      await sink.deliver(batch({ a: 1 }));
      await sink.deliverSnapshot(inventory([]));
      await sink.deliverJournal(journal(['m']));
      await sink.close();
    };
    await deliver();
    const before = puts(s3).length;
    await deliver();
    expect(puts(s3)).toHaveLength(before);
  });

  it('costs the requests that docs/deploying.md names', async () => {
    const s3 = await running();
    const sink = open(s3);
    const costs = async (value: number) => {
      const before = s3.requests.length;
      await sink.deliver(batch({ a: value }));
      return s3.requests
        .slice(before)
        .map(({ method }) => method)
        .sort();
    };
    await costs(1);
    expect(await costs(2)).toEqual(['HEAD', 'HEAD', 'HEAD', 'HEAD', 'PUT', 'PUT']);
    expect(await costs(2)).toEqual(['HEAD', 'HEAD', 'HEAD']);
  });

  it('is corrected by what the store holds, not by what a manifest says', async () => {
    const s3 = await running();
    const { digest } = await open(s3).deliver(batch({ a: 1 }));
    const store = storeOf(s3);
    await store.write(`metrics/${CELL}`, contentOf('another\n'));
    const { previous } = await open(s3).deliver(batch({ a: 1 }));
    expect(previous).toBe(contentOf('another\n').digest);
    expect(s3.objects.get(`${PREFIX}metrics/${CELL}`)?.metadata.digest).toBe(digest);
  });

  it('that another writer put in between is looked at again', async () => {
    const s3 = await running();
    const store = storeOf(s3);
    const first = await store.write('x', contentOf('1'), { over: null, fence: 1 });
    await store.write('x', contentOf('2'), { over: first, fence: 2 });
    await expect(store.write('x', contentOf('3'), { over: first, fence: 1 })).rejects.toThrow('x');
    await expect(store.write('x', contentOf('3'), { over: null, fence: 1 })).rejects.toThrow('x');
    expect(textOf(s3, 'x')).toBe('2');
  });
});

describe('a store that cannot', () => {
  it.each([
    ['access-denied', 'S3_ACCESS_DENIED', 's3:PutObject'],
    ['read-only', 'S3_ACCESS_DENIED', 's3:PutObject'],
    ['no-bucket', 'S3_NO_SUCH_BUCKET', 'USAGE_SYNC_SINK'],
    ['bad-credentials', 'S3_CREDENTIALS', 'AWS_ACCESS_KEY_ID'],
    ['unavailable', 'S3_UNAVAILABLE', 'nothing was lost'],
  ])('for %s ends as a DeliveryError %s, and takes the cell later', async (fault, code, hint) => {
    const s3 = await running({ faults: [fault] });
    await expect(open(s3).deliver(batch({ a: 1 }))).rejects.toMatchObject({
      ...{ name: 'DeliveryError', code, retryable: true, hint: expect.stringContaining(hint) },
    });
    expect(s3.objects.size).toBe(0);
    s3.setFaults([]);
    await open(s3).deliver(batch({ a: 1 }));
    expect(textOf(s3, `metrics/${CELL}`)).toContain('"value":1');
  });

  it.each(['slow-down', '500', 'reset', 'lost-answer'])(
    'for %s, every other time, is asked again, and nothing is lost or doubled',
    async (fault) => {
      const s3 = await running({ faults: [fault] });
      const sink = open(s3);
      const first = await sink.deliver(batch({ a: 1 }));
      const cell = { start: T0 + HOUR, end: T0 + 2 * HOUR };
      await sink.deliver(batch({ b: 2 }, { cell }));
      const second = await sink.deliver(batch({ a: 3 }));
      expect(second.previous).toBe(first.digest);
      expect(heldBy([...s3.objects].map(([key, { body }]) => [key, body]))).toEqual(
        new Map(Object.entries({ a: 3, b: 2 })),
      );
    },
  );

  it('slows down for ever is told apart', async () => {
    const s3 = await running({ faults: ['slow-down'] });
    const sink = layoutSink(
      bucketStore({ client: clientOf(s3, 1), name: 'usage', prefix: '', warn: () => {} }),
    );
    await expect(sink.deliver(batch({ a: 1 }))).rejects.toMatchObject({ code: 'S3_SLOW_DOWN' });
  });

  it('be reached is told', async () => {
    const server = await startServer(() => {});
    await server.close();
    const sink = open({
      credentials: {
        ...{ endpoint: server.url.href, accessKeyId: 'a', secretAccessKey: 'b' },
        ...{ region: 'eu-central-1', bucket: 'usage' },
      },
    });
    await expect(sink.deliver(batch({ a: 1 }))).rejects.toMatchObject({
      ...{ name: 'DeliveryError', code: 'S3_UNAVAILABLE', message: expect.stringContaining('ECONNREFUSED') },
    });
  });

  it('answer in time is not waited for', async () => {
    const server = await startServer(() => {});
    onTestFinished(() => server.close());
    const client = createS3(server.url.href, {
      ...{ region: 'eu-central-1', maxAttempts: 1, credentials: { accessKeyId: 'a', secretAccessKey: 'b' } },
      requestHandler: { requestTimeout: 100, throwOnRequestTimeout: true },
    });
    const sink = layoutSink(bucketStore({ client, name: 'usage', prefix: '', warn: () => {} }));
    await expect(sink.deliver(batch({ a: 1 }))).rejects.toMatchObject({ code: 'S3_UNAVAILABLE' });
    await sink.close();
  });

  it('hold conditions is told once', async () => {
    const told: string[] = [];
    const [good, bad] = [await running(), await running({ faults: ['ignores-conditions'] })];
    for (const s3 of [good, bad]) {
      const sink = open(s3, (message) => told.push(message));
      for (const value of [1, 2, 3]) await sink.deliver(batch({ a: value }));
    }
    expect(told).toEqual([expect.stringContaining('If-None-Match')]);
  });

  it('shows no secret of ours in what it is told', async () => {
    const s3 = await running({ faults: ['bad-credentials'] });
    const error = await open(s3)
      .deliver(batch({ a: 1 }))
      .catch((failure: Error) => failure);
    expect(JSON.stringify(error) + String(error)).not.toContain(s3.credentials.secretAccessKey);
  });
});

describe('the address', () => {
  it.each([
    ['s3://usage', 'usage', ''],
    ['s3://usage/', 'usage', ''],
    ['s3://usage/a', 'usage', 'a/'],
    ['s3://my.usage-1/a/b_c/', 'my.usage-1', 'a/b_c/'],
  ])('%s is a bucket and a prefix', (address, name, prefix) => {
    expect(parseS3(address)).toEqual({ name, prefix });
  });

  it.each([
    's3:',
    's3://',
    's3://A',
    's3://a',
    's3:usage',
    's3://usage//a',
    's3://usage/../a',
    's3://usage/a b',
  ])('%s is refused', async (address) => {
    const settings = { platform: heldPlatform(T0), cmp: null, moduleId: null };
    await expect(openSink(address, settings)).rejects.toMatchObject({
      ...{ name: 'InvalidConfig', code: 'UNKNOWN_SINK' },
    });
  });
});

/** An implementation that is not ours, and knows neither conditions nor our checksum. */
describe('s3rver', () => {
  let folder: string;
  let server: { run(): Promise<{ port: number }>; close(): Promise<void> };
  let credentials: S3Simulator['credentials'];
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'usage-sync-s3rver-'));
    const configureBuckets = [{ name: 'usage' }];
    server = new S3rver({ address: '127.0.0.1', port: 0, silent: true, directory: folder, configureBuckets });
    const { port } = await server.run();
    const keys = { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER', region: 'us-east-1', bucket: 'usage' };
    credentials = { ...keys, endpoint: `http://127.0.0.1:${port}` };
  });
  afterAll(async () => {
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('takes, replaces, sets aside and lists', async () => {
    const told: string[] = [];
    const sink = open({ credentials }, (message) => told.push(message));
    const first = await sink.deliver(batch({ a: 1 }, { partition: 'ä/ö' }));
    const second = await sink.deliver(batch({ a: 2 }, { partition: 'ä/ö', fence: 2 }));
    expect([first.previous, second.previous]).toEqual([null, first.digest]);
    await expect(sink.deliver(batch({ a: 3 }, { partition: 'ä/ö' }))).rejects.toMatchObject({
      code: 'STALE_WRITER',
    });
    await sink.setAside('acme', 'ä/ö', 2);
    await sink.deliver(batch({ a: 4 }, { partition: 'ä/ö', fence: 2 }));
    expect(await sink.deliverSnapshot(inventory(['1', '2']))).toEqual({ gone: [] });
    expect(await sink.deliverSnapshot(inventory(['2']))).toEqual({ gone: ['server/1'] });
    await sink.recordRun?.('r-1', {});
    await sink.close();
    const cell = '%C3%A4%2F%C3%B6/20261118T000000Z_20261118T010000Z.ndjson';
    const texts = await everythingIn(credentials);
    expect(heldBy(texts)).toEqual(new Map([['a', 4]]));
    expect(texts.get(`${PREFIX}superseded/acme/%C3%A4%2F%C3%B6/001/${cell.split('/')[1]}`)).toContain(
      '"value":2',
    );
    expect(Object.keys(JSON.parse(texts.get(`${PREFIX}manifest.json`) ?? '').cells)).toEqual([
      `metrics/acme/${cell}`,
    ]);
    expect(told).toHaveLength(1);
  });

  it('has no bucket of another name', async () => {
    const sink = open({ credentials: { ...credentials, bucket: 'other' } });
    await expect(sink.deliver(batch({ a: 1 }))).rejects.toMatchObject({ code: 'S3_NO_SUCH_BUCKET' });
  });
});

async function everythingIn(credentials: S3Simulator['credentials']): Promise<Map<string, string>> {
  const client = clientOf({ credentials });
  const Bucket = credentials.bucket;
  const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket }));
  const texts = Contents.map(async ({ Key = '' }) => {
    const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }));
    return [Key, (await Body?.transformToString()) ?? ''] as const;
  });
  const all = new Map(await Promise.all(texts));
  client.destroy();
  return all;
}
