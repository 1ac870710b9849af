import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { InconsistentListing, InvalidConfig, InvalidCredentials } from '../../lib/errors.ts';
import { logEntry } from '../../lib/models/log-entry.ts';
import { server } from '../../lib/models/server.ts';
import { statusItem } from '../../lib/models/status.ts';
import { volume } from '../../lib/models/volume.ts';
import type { Provider } from '../../lib/provider.ts';
import { runStream, type StreamName, type SyncOptions } from '../../lib/run.ts';
import { fileSink } from '../../lib/sink/file.ts';
import { valueSink } from '../../lib/sink/value.ts';
import { eventState } from '../../lib/state/event.ts';
import { fileState } from '../../lib/state/file.ts';
import { DAY, HOUR, type Interval, MINUTE } from '../../lib/time.ts';
import {
  heldPlatform,
  type MemoryCloud,
  memoryCloud,
  memoryMapping,
  memorySubject,
} from '../support/memory-cloud.ts';

const T0 = Date.UTC(2026, 10, 21, 10);
let folder: string;
let names: string[];
let walks: number;
let moved: number;
let events: number[];
let spans: Interval[];
let unseen: string[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'usage-sync-snapshot-'));
  names = ['a', 'b'];
  walks = 0;
  moved = 0;
  events = [];
  spans = [];
  unseen = [];
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const provider = (): Provider<{ token: string }, MemoryCloud> => ({
  ...memoryCloud().provider,
  streams: {
    resources: {
      collect: async () => {
        walks += 1;
        if (walks <= moved) throw new InconsistentListing('moved');
        const servers = names.map((id) => server({ id, name: id, region: { id: 'zone-1' } }));
        return {
          items: [...servers, volume({ id: 'a', name: 'a disk of the same id', size_b: 1 })],
          notes: ['hosts may not be listed'],
          unseen,
        };
      },
    },
    status: {
      collect: async (_, { now }) => ({
        items: [statusItem({ level: 1, time: new Date(now).toISOString() })],
        notes: [],
      }),
    },
    logs: {
      collect: async (_, { span }) => {
        spans.push(span);
        const within = events.filter((time) => time >= span.start && time < span.end);
        return {
          items: within.map((time) =>
            logEntry({ message: 'm', severity: 'INFO', time: new Date(time).toISOString() }),
          ),
          notes: [],
        };
      },
    },
  },
});

const run = (name: StreamName, at = 0, options: SyncOptions = {}, cloud = provider()) =>
  runStream(
    cloud,
    name,
    memorySubject,
    heldPlatform(T0 + at),
    { mapping: memoryMapping, sink: fileSink(folder), state: fileState(join(folder, 'state')), seed: null },
    options,
  );
const lines = (file: string) =>
  readFileSync(join(folder, file), 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));

describe('an inventory', () => {
  it('is delivered whole, with what may not be asked as a note', async () => {
    const { status, notes } = await run('resources');
    expect([status, notes]).toEqual(['done', ['3 resources', 'hosts may not be listed']]);
    expect(lines('resources/acme/all/latest.ndjson').map(({ type, id }) => `${type}/${id}`)).toEqual([
      'server/a',
      'server/b',
      'volume/a',
    ]);
    expect(lines('resources/acme/all/latest.ndjson')[0].base.last_seen_at).toBe('2026-11-21T10:00:00Z');
  });

  it('is due once a poll interval', async () => {
    await run('resources');
    await expect(run('resources', 59 * MINUTE)).resolves.toMatchObject({
      status: 'nothing_due',
      next_due: '2026-11-21T11:00:00Z',
    });
    await expect(run('resources', HOUR)).resolves.toMatchObject({ status: 'done' });
  });

  it('names what is gone since the one before', async () => {
    await run('resources');
    names = ['b', 'c'];
    const { notes } = await run('resources', HOUR);
    expect(notes).toContain('1 are gone since the last complete snapshot: server/a');
    expect(lines('resources/acme/all/removed.ndjson')).toMatchObject([{ type: 'server', id: 'a' }]);
    await run('resources', 2 * HOUR);
    expect(lines('resources/acme/all/removed.ndjson')).toEqual([]);
  });

  it('keeps what may not be asked for any more as it was last seen: it is not gone', async () => {
    await run('resources');
    names = [];
    unseen = ['server'];
    const { notes } = await run('resources', HOUR);
    expect(notes.join()).not.toContain('gone');
    const kept = lines('resources/acme/all/latest.ndjson').filter(({ type }) => type === 'server');
    expect(kept.map(({ base }) => base.last_seen_at)).toEqual([
      '2026-11-21T10:00:00Z',
      '2026-11-21T10:00:00Z',
    ]);
  });

  it('is walked once more when it moved, and given up the second time', async () => {
    moved = 1;
    await run('resources');
    expect(walks).toBe(2);
    moved = 9;
    await expect(run('resources', HOUR)).rejects.toThrow(InconsistentListing);
    expect(lines('resources/acme/all/latest.ndjson')).toHaveLength(3);
  });

  it('is given whole to a caller who keeps nothing, due or not', async () => {
    const sink = valueSink();
    const target = { mapping: memoryMapping, sink, state: eventState(T0), seed: T0 };
    await runStream(provider(), 'resources', memorySubject, heldPlatform(T0 + MINUTE), target);
    expect(sink.items).toHaveLength(3);
  });

  it('is not asked for again while refused credentials hold it back', async () => {
    const refusing = provider();
    const refused = {
      ...refusing,
      streams: {
        resources: {
          collect: async () => {
            walks += 1;
            throw new InvalidCredentials('no such key');
          },
        },
      },
    };
    await expect(run('resources', 0, {}, refused)).rejects.toThrow('no such key');
    await expect(run('resources', MINUTE, {}, refused)).rejects.toThrow('not asked again before');
    expect(walks).toBe(1);
    await expect(run('resources', MINUTE, { retryNow: true }, refused)).rejects.toThrow('no such key');
    expect(walks).toBe(2);
  });
});

describe('a status', () => {
  it('is one readable file', async () => {
    await run('status');
    expect(JSON.parse(readFileSync(join(folder, 'status/acme/latest.json'), 'utf8'))).toEqual({
      v: 1,
      last_update: '2026-11-21T10:00:00Z',
      status: [{ level: 1, time: '2026-11-21T10:00:00Z' }],
    });
  });
});

describe('a journal', () => {
  it('keeps whole days, and goes on where it ended', async () => {
    events = [T0 - 30 * MINUTE, T0 - 10 * HOUR - 1];
    await run('logs');
    expect(lines('logs/acme/2026-11-21.ndjson')).toHaveLength(1);
    events = [...events, T0 + 20 * MINUTE];
    await run('logs', HOUR);
    expect(lines('logs/acme/2026-11-21.ndjson')).toHaveLength(2);
    await run('logs', 20 * HOUR);
    expect(readdirSync(join(folder, 'logs/acme'))).toEqual(['2026-11-21.ndjson', '2026-11-22.ndjson']);
    expect(spans.map(({ start }) => start)).toEqual([T0 - 10 * HOUR, T0 - 10 * HOUR, T0 - 10 * HOUR]);
  });

  it('gives each entry once to a caller who keeps nothing', async () => {
    events = [T0 - HOUR, T0 - 1, T0];
    const sink = valueSink();
    const target = { mapping: memoryMapping, sink, state: eventState(T0 - HOUR), seed: T0 - HOUR };
    const { last_update } = await runStream(provider(), 'logs', memorySubject, heldPlatform(T0), target);
    expect([sink.items.length, last_update]).toEqual([2, '2026-11-21T10:00:00Z']);
    expect(spans).toEqual([{ start: T0 - HOUR, end: T0 }]);
  });
});

it('refuses a stream that the provider does not have', async () => {
  const bare = memoryCloud().provider;
  for (const name of ['resources', 'status', 'logs'] as const) {
    await expect(run(name, DAY, {}, bare)).rejects.toThrow(InvalidConfig);
  }
});
