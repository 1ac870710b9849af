import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fileSink } from '../../../lib/sink/file.ts';
import { folderStore } from '../../../lib/sink/folder.ts';
import { layoutSink } from '../../../lib/sink/layout.ts';
import { HOUR } from '../../../lib/time.ts';
import { addLines, batch, metric, sinkContract, T0 } from '../../support/sink-contract.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'usage-sync-sink-'));
});
afterEach(() => {
  chmodSync(folder, 0o700);
  rmSync(folder, { recursive: true, force: true });
});

const cells = (values: number[], start = T0, partition = 'all') => ({
  ...batch({}, { cell: { start, end: start + HOUR }, partition }),
  metrics: values.map((value) => metric(String(value), value)),
});

sinkContract({
  name: 'a folder',
  capabilities: {
    ...{ replaces: 'whole', remembers: true, setsAside: true, otherStreams: true },
    fences: 'by a look',
  },
  place() {
    const place = mkdtempSync(join(tmpdir(), 'usage-sync-sink-'));
    const metrics = join(place, 'metrics');
    const files = () => {
      const names = existsSync(metrics) ? readdirSync(metrics, { recursive: true, encoding: 'utf8' }) : [];
      return names.map((name) => join(metrics, name)).filter((path) => path.endsWith('.ndjson'));
    };
    return {
      open: async () => fileSink(place),
      holds() {
        const held = new Map<string, number>();
        for (const file of files()) addLines(held, readFileSync(file, 'utf8'));
        return held;
      },
      mark: () => files().map((path) => [path, statSync(path).ino, statSync(path).mtimeMs]),
      fail() {
        renameSync(metrics, `${metrics}.away`);
        writeFileSync(metrics, 'a file where a folder belongs');
        return () => {
          rmSync(metrics);
          renameSync(`${metrics}.away`, metrics);
        };
      },
      close: () => rmSync(place, { recursive: true, force: true }),
    };
  },
});

const cellFile = (partition = 'all') =>
  join(folder, 'metrics/acme', partition, '20261118T000000Z_20261118T010000Z.ndjson');
const manifest = () => JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'));

describe('fileSink', () => {
  it('writes a cell as lines that end in a newline, for its owner only', async () => {
    await fileSink(folder).deliver(cells([1, 2]));
    const text = readFileSync(cellFile(), 'utf8');
    expect(text.endsWith('}\n')).toBe(true);
    expect(text.trim().split('\n')).toHaveLength(2);
    expect(statSync(cellFile()).mode & 0o777).toBe(0o600);
  });

  it('writes an empty cell as an empty file', async () => {
    await fileSink(folder).deliver(cells([]));
    expect(readFileSync(cellFile(), 'utf8')).toBe('');
  });

  it('replaces a cell, and tells what was there before', async () => {
    const sink = fileSink(folder);
    const first = await sink.deliver(cells([1]));
    const second = await sink.deliver(cells([2]));
    expect(first.previous).toBeNull();
    expect(second.previous).toBe(first.digest);
    expect(readFileSync(cellFile(), 'utf8')).toContain('"value":2');
  });

  it('gives digests that sha256sum agrees with', async () => {
    const sink = fileSink(folder);
    const { digest } = await sink.deliver(cells([1]));
    await sink.close();
    expect(digest).toBe(createHash('sha256').update(readFileSync(cellFile())).digest('hex'));
    expect(manifest()).toEqual({
      v: 1,
      cells: { 'metrics/acme/all/20261118T000000Z_20261118T010000Z.ndjson': digest },
    });
  });

  it('knows in another process what was delivered', async () => {
    const { digest } = await fileSink(folder).deliver(cells([1]));
    expect(await fileSink(folder).deliver(cells([1]))).toEqual({ digest, previous: digest });
  });

  it('keeps the manifests of processes that work side by side', async () => {
    const sinks = Array.from({ length: 6 }, () => fileSink(folder));
    await Promise.all(sinks.map((sink, at) => sink.deliver(cells([at], T0, `p${at}`))));
    await Promise.all(sinks.map((sink) => sink.close()));
    expect(Object.keys(manifest().cells)).toHaveLength(6);
  });

  it('removes what a killed process left half-written', async () => {
    mkdirSync(join(folder, 'metrics/acme/all'), { recursive: true });
    writeFileSync(`${cellFile()}.1-1.tmp`, 'half a li');
    await fileSink(folder).deliver(cells([1]));
    expect(readdirSync(join(folder, 'metrics/acme/all'))).toHaveLength(1);
  });

  it('removes the half-written manifests and runs of killed processes, when no writer can be left', async () => {
    const left = ['manifest.json', 'manifest/metrics/acme/all.json', 'runs/one.json', 'runs/two.json'];
    const temporary = left.map((name) => join(folder, `${name}.1-1.tmp`));
    const young = join(folder, 'manifest.json.2-1.tmp');
    for (const name of ['manifest/metrics/acme', 'runs']) mkdirSync(join(folder, name), { recursive: true });
    for (const path of [...temporary, young]) writeFileSync(path, 'half a li');
    for (const path of temporary) utimesSync(path, Date.now() / 1000 - 7200, Date.now() / 1000 - 7200);
    const sink = fileSink(folder);
    await sink.deliver(cells([1]));
    await sink.recordRun?.('three', {});
    await sink.close();
    expect(temporary.filter((path) => existsSync(path))).toEqual([]);
    expect(existsSync(young)).toBe(true);
  });

  it('does not trust what a killed process did not come to record', async () => {
    await fileSink(folder).deliver(cells([1]));
    const part = join(folder, 'manifest/metrics/acme/all.json');
    const before = readFileSync(part);
    const { mtime } = statSync(part);
    await fileSink(folder).deliver(cells([2]));
    writeFileSync(part, before); // as if it had been killed before it wrote its part
    utimesSync(part, mtime, new Date(mtime.getTime() - 1000)); // ticks of a file system are coarse
    expect((await fileSink(folder).deliver(cells([1]))).previous).toBeNull();
    expect(readFileSync(cellFile(), 'utf8')).toContain('"value":1');
  });

  it('trusts nothing that an overtaken process wrote until the very moment', async () => {
    const fenced = (fence: number) => ({ ...cells([1]), fence });
    await fileSink(folder).deliver(fenced(1));
    const store = folderStore(folder);
    let isLate = true;
    const write: typeof store.write = (name, content, condition) => {
      if (name.startsWith('manifest/') && isLate) {
        isLate = false;
        writeFileSync(`${cellFile()}.1-1.tmp`, 'half a li');
        writeFileSync(cellFile(), 'late\n');
        utimesSync(cellFile(), Date.now() / 1000 + 60, Date.now() / 1000 + 60);
      }
      return store.write(name, content, condition);
    };
    await layoutSink({ ...store, write }).deliver(fenced(2));
    expect(readFileSync(cellFile(), 'utf8')).toContain('"value":1');
    expect(readdirSync(join(folder, 'metrics/acme/all'))).toHaveLength(1);
  });

  it('leaves the former cell when the metrics cannot be evaluated to their end', async () => {
    const sink = fileSink(folder);
    await sink.deliver(cells([1]));
    const metrics = (function* () {
      yield metric('2', 2);
      throw new Error('the mapping failed');
    })();
    await expect(sink.deliver({ ...cells([]), metrics })).rejects.toThrow('the mapping failed');
    expect(readFileSync(cellFile(), 'utf8')).toContain('"value":1');
  });

  it('names accounts and partitions so that no id leaves the folder', async () => {
    for (const partition of ['../../etc', '..', 'a/b', 'ä ö', 'x'.repeat(400)]) {
      await fileSink(folder).deliver(cells([1], T0, partition));
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
    await fileSink(folder).deliver(cells([1]));
    const part = join(folder, 'manifest/metrics/acme/all.json');
    writeFileSync(part, '{"v":');
    await expect(fileSink(folder).deliver(cells([2]))).rejects.toMatchObject({
      name: 'DeliveryError',
      code: 'MANIFEST_DAMAGED',
    });
    expect(readFileSync(part, 'utf8')).toBe('{"v":');
  });

  it('says that it could not write', async () => {
    writeFileSync(join(folder, 'metrics'), 'a file where a folder belongs');
    await expect(fileSink(folder).deliver(cells([1]))).rejects.toMatchObject({
      name: 'DeliveryError',
      code: 'DELIVERY_FAILED',
    });
  });
});
