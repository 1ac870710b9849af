import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DeliveryError, InvalidCredentials } from '../../lib/errors.ts';
import type { Fields, Log } from '../../lib/log.ts';
import { createProgress, type ProgressOptions } from '../../lib/progress.ts';

const T0 = Date.UTC(2026, 10, 21);

beforeEach(() => void vi.useFakeTimers({ now: T0 }));
afterEach(() => void vi.useRealTimers());

/** A progress whose calls can be held up, refused, and read. */
function watched(options: Partial<ProgressOptions> = {}) {
  const told: number[] = [];
  const warnings: { message: string; fields: Fields | undefined }[] = [];
  const log: Log = {
    ...{ debug() {}, info() {}, error() {}, with: () => log },
    warn: (message, fields) => void warnings.push({ message, fields }),
  };
  const update = async (percentage: number) => void told.push(percentage);
  const progress = createProgress({ update, now: () => Date.now(), log, ...options });
  return { progress, told, warnings };
}

/** An update whose calls end when they are told to. */
function held() {
  const started: number[] = [];
  const ends: { resolve: () => void; reject: (error: Error) => void }[] = [];
  const update = (percentage: number) => {
    started.push(percentage);
    return new Promise<void>((resolve, reject) => ends.push({ resolve, reject }));
  };
  return { started, ends, update };
}

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

describe('what is told', () => {
  it.each([
    [0, 10, 0],
    [1, 3, 33],
    [29, 100, 29],
    [199, 200, 99],
    [10, 10, 99],
    [12, 10, 99],
    [0.5, 4, 12],
  ])('%d of %d is %d per cent', (done, planned, percentage) => {
    const { progress, told } = watched();
    progress.report(done, planned);
    expect(told).toEqual([percentage]);
  });

  it.each([
    [0, 0],
    [1, 0],
    [-1, 5],
    [1, -5],
    [Number.NaN, 5],
    [5, Number.NaN],
  ])('%d of %d is ignored', (done, planned) => {
    const { progress, told } = watched();
    progress.report(done, planned);
    expect(told).toEqual([]);
    expect(progress.fraction()).toBe(0);
  });

  it('is 100 only at the end, and once', async () => {
    const { progress, told } = watched();
    progress.report(10, 10);
    await Promise.all([progress.finished(), progress.finished()]);
    progress.report(5, 10);
    await progress.stop();
    await pass(10_000);
    expect(told).toEqual([99, 100]);
    expect(progress.fraction()).toBe(1);
  });

  it('is 100 when nothing was due', async () => {
    const { progress, told } = watched();
    await progress.finished();
    expect(told).toEqual([100]);
  });

  it('never says 100 of a run that stopped before its end', async () => {
    const { progress, told } = watched();
    progress.report(1, 2);
    progress.report(2, 2);
    await progress.stop();
    await progress.finished();
    await pass(10_000);
    expect(told).toEqual([50]);
  });

  it('never goes back', async () => {
    const { progress, told } = watched();
    for (const [done, planned] of [
      [5, 10],
      [5, 20],
      [1, 10],
      [6, 10],
    ] as const) {
      progress.report(done, planned);
      await pass(2000);
    }
    expect(told).toEqual([50, 60]);
    expect(progress.fraction()).toBe(0.6);
  });

  it('is nothing without a task', async () => {
    const { progress, warnings } = watched({ update: null });
    progress.report(1, 2);
    await progress.finished();
    expect(warnings).toEqual([]);
    expect(progress.fraction()).toBe(1);
  });

  it('rises, keeps its distance and ends in 100, whatever is reported', async () => {
    const step = fc.record({ done: fc.nat(50), planned: fc.nat(50), wait: fc.nat(3000) });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        const calls: { percentage: number; at: number }[] = [];
        const update = async (percentage: number) => void calls.push({ percentage, at: Date.now() });
        const { progress } = watched({ update });
        for (const { done, planned, wait } of steps) {
          progress.report(done, planned);
          await pass(wait);
        }
        await progress.finished();
        const told = calls.map(({ percentage }) => percentage);
        expect(told).toEqual([...new Set(told)].sort((a, b) => a - b));
        expect(told.indexOf(100)).toBe(told.length - 1);
        expect(told.every((percentage) => Number.isInteger(percentage))).toBe(true);
        const gaps = calls.slice(1, -1).map(({ at }, before) => at - (calls[before]?.at ?? 0));
        expect(gaps.filter((gap) => gap < 2000)).toEqual([]);
      }),
      { numRuns: 50 },
    );
  });
});

describe('how it is told', () => {
  it('waits out the interval, and then tells the newest', async () => {
    const { progress, told } = watched();
    for (let done = 1; done <= 50; done += 1) progress.report(done, 100);
    expect(told).toEqual([1]);
    await pass(1999);
    expect(told).toEqual([1]);
    await pass(1);
    expect(told).toEqual([1, 50]);
    await pass(60_000);
    expect(told).toEqual([1, 50]);
  });

  it('goes on when the clock is set back', async () => {
    const { progress, told } = watched();
    progress.report(1, 10);
    await pass(0);
    vi.setSystemTime(T0 - 3_600_000);
    progress.report(2, 10);
    expect(told).toEqual([10, 20]);
  });

  it('has one call under way, and tells the newest after it', async () => {
    const { started, ends, update } = held();
    const { progress } = watched({ update, minimumIntervalMs: 0 });
    for (const done of [1, 2, 3]) progress.report(done, 10);
    expect(started).toEqual([10]);
    ends[0]?.resolve();
    await pass(0);
    expect(started).toEqual([10, 30]);
  });

  it('waits at the end for the call under way', async () => {
    const { started, ends, update } = held();
    const { progress } = watched({ update });
    progress.report(1, 10);
    progress.report(2, 10);
    let over = false;
    const finished = progress.finished().then(() => {
      over = true;
    });
    await pass(5000);
    expect(started).toEqual([10]);
    ends[0]?.resolve();
    await pass(0);
    expect([started, over]).toEqual([[10, 100], false]);
    ends[1]?.resolve();
    await finished;
  });

  it('does not wait for ever, and then no call begins any more', async () => {
    const { started, ends, update } = held();
    const { progress, warnings } = watched({ update, patienceMs: 3000 });
    progress.report(1, 10);
    const finished = progress.finished();
    await pass(3000);
    await finished;
    ends[0]?.resolve();
    await pass(60_000);
    expect(started).toEqual([10]);
    expect(warnings).toHaveLength(1);
  });

  it('leaves no timer behind', async () => {
    const { progress } = watched();
    progress.report(1, 10);
    progress.report(2, 10);
    await progress.stop();
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('a call that fails', () => {
  it('is logged once in a run, and the next ones are made', async () => {
    const calls: number[] = [];
    const update = async (percentage: number) => {
      calls.push(percentage);
      throw new DeliveryError(`no ${percentage}`);
    };
    const { progress, warnings } = watched({ update });
    for (const done of [1, 2, 3]) {
      progress.report(done, 10);
      await pass(2000);
    }
    await expect(progress.finished()).resolves.toBeUndefined();
    expect(calls).toEqual([10, 20, 30, 100]);
    expect(warnings).toEqual([
      {
        message: 'The progress of this run could not be told; the run goes on',
        fields: { error: new DeliveryError('no 10') },
      },
    ]);
  });

  it('may fail before it gives a promise', async () => {
    const update = () => {
      throw new TypeError('at once');
    };
    const { progress, warnings } = watched({ update });
    expect(() => progress.report(1, 2)).not.toThrow();
    await progress.finished();
    expect(warnings).toHaveLength(1);
  });

  it('is the last one when the credentials were refused', async () => {
    const calls: number[] = [];
    const update = async (percentage: number) => {
      calls.push(percentage);
      throw new InvalidCredentials('refused');
    };
    const { progress, warnings } = watched({ update });
    progress.report(1, 2);
    await pass(2000);
    progress.report(2, 2);
    await progress.finished();
    expect(calls).toEqual([50]);
    expect(warnings).toHaveLength(1);
  });
});

describe('estimatedEnd', () => {
  it('is not known before anything was done', () => {
    const { progress } = watched();
    progress.report(0, 10);
    expect(progress.estimatedEnd()).toBeNull();
  });

  it('is exact at an even pace, from the second report on', async () => {
    const { progress } = watched();
    const estimates: (number | null)[] = [];
    for (let done = 1; done <= 4; done += 1) {
      await pass(1000);
      progress.report(done, 10);
      estimates.push(progress.estimatedEnd());
    }
    expect(estimates).toEqual([null, T0 + 10_000, T0 + 10_000, T0 + 10_000]);
  });

  it('holds still through bursts of cells that come with one fetch', async () => {
    const { progress } = watched();
    const estimates: number[] = [];
    for (let done = 1; done <= 100; done += 1) {
      await pass(done % 10 === 1 ? 59_100 : 100);
      progress.report(done, 100);
      if (done > 10) estimates.push((progress.estimatedEnd() ?? 0) - T0);
    }
    expect([...new Set(estimates)]).toEqual([600_000]);
  });

  it.each([
    ['slower', 10, 1000, 30],
    ['faster', 1000, 100, 90],
  ])('notices that the work became %s', async (_, before, after, done) => {
    const { progress } = watched();
    for (let cell = 1; cell <= done; cell += 1) {
      await pass(cell <= 10 ? before : after);
      progress.report(cell, 100);
    }
    const truth = T0 + 10 * before + 90 * after;
    expect(Math.abs((progress.estimatedEnd() ?? 0) - truth)).toBeLessThanOrEqual(3 * after);
  });

  it('never lies in the past', async () => {
    const { progress } = watched();
    for (const done of [1, 2]) {
      await pass(1000);
      progress.report(done, 3);
    }
    await pass(60_000);
    expect(progress.estimatedEnd()).toBe(T0 + 62_000);
  });

  it('does not mind work that is done in no time', () => {
    const { progress } = watched();
    for (const done of [1, 2, 3]) progress.report(done, 4);
    expect(progress.estimatedEnd()).toBeNull();
  });
});
