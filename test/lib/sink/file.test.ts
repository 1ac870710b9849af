import { createHash } from 'node:crypto';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Metric } from '../../../lib/models/metric.ts';
import { fileSink } from '../../../lib/sink/file.ts';
import { HOUR } from '../../../lib/time.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'usage-sync-sink-'));
});
afterEach(() => {
  chmodSync(folder, 0o700);
  rmSync(folder, { recursive: true, force: true });
});

const T0 = Date.UTC(2026, 10, 18);
const metric = (value: number): Metric => ({
  metric: 'vm-running-time',
  specialisation: '',
  value,
  unit: 's',
  counter: false,
  time: T0,
  end: T0 + HOUR,
  kind: 'RUNNING_VM',
  provider_id: 'vm-1',
  tenant: null,
  location: null,
  account_id: 'acme',
  customer_id: null,
  provider: 'cloud',
  key: String(value),
  attributes: {},
});
const batch = (values: number[], start = T0, partition = 'all') => ({
  account: 'acme',
  partition,
  fence: 1,
  known: null,
  cell: { start, end: start + HOUR },
  metrics: values.map(metric),
  quarantined: () => [],
});
const cellFile = (partition = 'all') =>
  join(folder, 'metrics/acme', partition, '20261118T000000Z_20261118T010000Z.ndjson');
const manifest = () => JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'));

describe('fileSink', () => {
  it('writes a cell as lines that end in a newline, for its owner only', async () => {
    await fileSink(folder).deliver(batch([1, 2]));
    const text = readFileSync(cellFile(), 'utf8');
    expect(text.endsWith('}\n')).toBe(true);
    expect(text.trim().split('\n')).toHaveLength(2);
    expect(statSync(cellFile()).mode & 0o777).toBe(0o600);
  });

  it('writes an empty cell as an empty file', async () => {
    await fileSink(folder).deliver(batch([]));
    expect(readFileSync(cellFile(), 'utf8')).toBe('');
  });

  it('replaces a cell, and tells what was there before', async () => {
    const sink = fileSink(folder);
    const first = await sink.deliver(batch([1]));
    const second = await sink.deliver(batch([2]));
    expect(first.previous).toBeNull();
    expect(second.previous).toBe(first.digest);
    expect(readFileSync(cellFile(), 'utf8')).toContain('"value":2');
  });

  it('gives digests that sha256sum agrees with', async () => {
    const sink = fileSink(folder);
    const { digest } = await sink.deliver(batch([1]));
    await sink.close();
    expect(digest).toBe(createHash('sha256').update(readFileSync(cellFile())).digest('hex'));
    expect(manifest()).toEqual({
      v: 1,
      cells: { 'metrics/acme/all/20261118T000000Z_20261118T010000Z.ndjson': digest },
    });
  });

  it('knows in another process what was delivered', async () => {
    const { digest } = await fileSink(folder).deliver(batch([1]));
    expect(await fileSink(folder).deliver(batch([1]))).toEqual({ digest, previous: digest });
  });

  it('keeps the manifests of processes that work side by side', async () => {
    const sinks = Array.from({ length: 6 }, () => fileSink(folder));
    await Promise.all(sinks.map((sink, at) => sink.deliver(batch([at], T0, `p${at}`))));
    await Promise.all(sinks.map((sink) => sink.close()));
    expect(Object.keys(manifest().cells)).toHaveLength(6);
  });

  it('removes what a killed process left half-written', async () => {
    mkdirSync(join(folder, 'metrics/acme/all'), { recursive: true });
    writeFileSync(`${cellFile()}.1-1.tmp`, 'half a li');
    await fileSink(folder).deliver(batch([1]));
    expect(readdirSync(join(folder, 'metrics/acme/all'))).toHaveLength(1);
  });

  it('leaves the former cell when the metrics cannot be evaluated to their end', async () => {
    const sink = fileSink(folder);
    await sink.deliver(batch([1]));
    const metrics = (function* () {
      yield metric(2);
      throw new Error('the mapping failed');
    })();
    await expect(sink.deliver({ ...batch([]), metrics })).rejects.toThrow('the mapping failed');
    expect(readFileSync(cellFile(), 'utf8')).toContain('"value":1');
  });

  it('names accounts and partitions so that no id leaves the folder', async () => {
    for (const partition of ['../../etc', '..', 'a/b', 'ä ö', 'x'.repeat(400)]) {
      await fileSink(folder).deliver(batch([1], T0, partition));
    }
    expect(readdirSync(join(folder, 'metrics/acme')).sort()).toEqual([
      '%2E%2E',
      '%2E%2E%2F..%2Fetc',
      '%C3%A4%20%C3%B6',
      'a%2Fb',
      expect.stringMatching(/^x{100}~[0-9a-f]{32}$/),
    ]);
  });

  it('refuses a damaged manifest and leaves it', async () => {
    await fileSink(folder).deliver(batch([1]));
    const part = join(folder, 'manifest/metrics/acme/all.json');
    writeFileSync(part, '{"v":');
    await expect(fileSink(folder).deliver(batch([2]))).rejects.toMatchObject({
      name: 'DeliveryError',
      code: 'MANIFEST_DAMAGED',
    });
    expect(readFileSync(part, 'utf8')).toBe('{"v":');
  });

  it('says that it could not write', async () => {
    writeFileSync(join(folder, 'metrics'), 'a file where a folder belongs');
    await expect(fileSink(folder).deliver(batch([1]))).rejects.toMatchObject({
      name: 'DeliveryError',
      code: 'DELIVERY_FAILED',
    });
  });
});
