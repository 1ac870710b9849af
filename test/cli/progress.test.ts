import { describe, expect, it } from 'vitest';
import { movingLine, plainLines, timeLeft } from '../../cli/progress.ts';
import type { Step } from '../../lib/job.ts';

const step = (done: number, planned: number, partition = 'all') =>
  ({
    partition,
    partitions: { done: 0, all: 1 },
    done,
    planned,
    window: { end: `cell-${done}` },
  }) as unknown as Step;

describe('progress in a pipe', () => {
  it('is whole lines without codes, the last of them always', () => {
    const lines: string[] = [];
    const report = plainLines((line) => lines.push(line)).report('acme');
    for (let done = 1; done <= 50; done += 1) report(step(done, 50));
    expect(lines.at(-1)).toBe('acme: 50 of 50 cells, up to cell-50');
    expect(lines.length).toBeLessThan(5);
    expect(lines.join('').includes('\u001b')).toBe(false);
  });

  it('names the partition', () => {
    const lines: string[] = [];
    plainLines((line) => lines.push(line)).report('acme')(step(1, 1, 'project-1'));
    expect(lines).toEqual(['acme/project-1: 1 of 1 cells, up to cell-1']);
  });
});

describe('progress on a terminal', () => {
  it('is one line over all accounts, cleared at the end', () => {
    let text = '';
    const view = movingLine((more) => {
      text += more;
    });
    view.report('acme')(step(5, 10));
    view.report('globex')(step(5, 10));
    expect(text.split('\r').at(-1)).toContain(
      `${'█'.repeat(12)}${'░'.repeat(12)} 10/20 cells  globex up to cell-5`,
    );
    view.clear();
    expect(text.endsWith('\r\u001b[K')).toBe(true);
    expect(text.includes('\n')).toBe(false);
  });
});

describe('the time that is left', () => {
  it('follows from the pace, and is not said at the end', () => {
    let now = 0;
    const left = timeLeft(() => now);
    expect(left(0, 100)).toBe('');
    for (let done = 1; done <= 10; done += 1) {
      now = done * 1000;
      left(done, 100);
    }
    expect(left(10, 100)).toMatch(/^, about (8|9)\d s left$|^, about 2 min left$/);
    expect(left(100, 100)).toBe('');
  });
});
