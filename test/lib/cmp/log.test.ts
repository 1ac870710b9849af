import { describe, expect, it, vi } from 'vitest';
import { type CmpLogOptions, cmpLogWriter } from '../../../lib/cmp/log.ts';
import type { CmpLogEntry } from '../../../lib/cmp.ts';
import { DeliveryError, InvalidCredentials } from '../../../lib/errors.ts';
import { createLog } from '../../../lib/log.ts';

const now = Date.UTC(2026, 10, 21);

/** A log that goes to a CMP in memory. */
function logged(options: Partial<CmpLogOptions> = {}, refuse?: () => Error) {
  const posts: { moduleId: string; entries: readonly CmpLogEntry[] }[] = [];
  const other: { level: string; message: string }[] = [];
  const cmp = {
    async postLogs(moduleId: string, entries: readonly CmpLogEntry[]) {
      posts.push({ moduleId, entries });
      if (refuse) throw refuse();
    },
  };
  const otherwise = (line: string) => void other.push(JSON.parse(line));
  const writer = cmpLogWriter({ cmp, moduleId: 'm-1', otherwise, ...options });
  const log = createLog({ write: writer.write, level: 'debug', redact: (text) => text, now: () => now });
  const messages = () => posts.map(({ entries }) => entries.map(({ message }) => message.split(': ').at(-1)));
  return { writer, log, posts, other, messages };
}

describe('cmpLogWriter', () => {
  it('writes lines as the CMP shows them', async () => {
    const { writer, log, posts } = logged();
    const target = log.with({ customer: 'c', account: 'a' });
    for (const level of ['debug', 'info', 'warn', 'error'] as const) target[level](level, { rows: 1 });
    await writer.flush();
    const head = 'Target(customer: c, account: a, resource: -)';
    const timestamp = '2026-11-21T00:00:00Z';
    expect(posts).toEqual([
      {
        moduleId: 'm-1',
        entries: [
          { message: `${head}: debug`, severity: 'DEBUG', timestamp },
          { message: `${head}: info`, severity: 'INFO', timestamp },
          { message: `${head}: warn`, severity: 'WARNING', timestamp },
          { message: `${head}: error`, severity: 'ERROR', timestamp },
        ],
      },
    ]);
  });

  it('sends full batches at once, and the rest at the end, in order', async () => {
    const { writer, log, messages } = logged({ max: 2 });
    for (let line = 0; line < 5; line += 1) log.info(String(line));
    expect(messages()).toEqual([['0', '1']]);
    await writer.flush();
    expect(messages()).toEqual([['0', '1'], ['2', '3'], ['4']]);
  });

  it('lets no line wait for longer than it may', async () => {
    vi.useFakeTimers();
    try {
      const { log, messages } = logged({ flushMs: 500 });
      log.info('a');
      await vi.advanceTimersByTimeAsync(499);
      expect(messages()).toEqual([]);
      await vi.advanceTimersByTimeAsync(1);
      expect(messages()).toEqual([['a']]);
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  it('makes no call without a line', async () => {
    const { writer, posts } = logged();
    await writer.flush();
    expect(posts).toEqual([]);
  });

  it('makes one call at a time, and keeps what a slow CMP leaves no room for', async () => {
    let end = () => {};
    let calls = 0;
    const cmp = {
      postLogs: () => {
        calls += 1;
        return new Promise<void>((resolve) => {
          end = resolve;
        });
      },
    };
    const { writer, log, other } = logged({ cmp, max: 1 });
    for (let line = 0; line < 25; line += 1) log.info(String(line));
    expect(calls).toBe(1);
    expect(other.map(({ message }) => message)).toEqual(['21', '22', '23', '24']);
    const flushed = writer.flush();
    for (let line = 0; line < 21; line += 1) {
      end();
      await new Promise((resolve) => setImmediate(resolve));
    }
    await flushed;
    expect(calls).toBe(21);
  });

  it('loses no line of a call that fails, and tells of the failure once', async () => {
    const { writer, log, other, posts } = logged({ max: 2 }, () => new DeliveryError('was 500'));
    for (const line of ['a', 'b', 'c']) log.info(line);
    await writer.flush();
    expect(posts).toHaveLength(2);
    expect(other.map(({ level, message }) => `${level} ${message}`)).toEqual([
      'warn The CMP did not take these log lines: was 500',
      'info a',
      'info b',
      'info c',
    ]);
  });

  it('does not ask again after refused credentials', async () => {
    const { writer, log, other, posts } = logged({ max: 1 }, () => new InvalidCredentials('no'));
    for (const line of ['a', 'b', 'c']) log.info(line);
    await writer.flush();
    expect(posts).toHaveLength(1);
    expect(other).toHaveLength(4);
  });

  it('passes on what is no line of a log', () => {
    const passed: string[] = [];
    const { writer } = logged({ otherwise: (line) => void passed.push(line) });
    for (const line of ['text', '{"level":"info"}', '[]']) writer.write(line);
    expect(passed).toEqual(['text', '{"level":"info"}', '[]']);
  });
});
