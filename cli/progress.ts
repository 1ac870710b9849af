import type { Step } from '../lib/job.ts';
import { writeToStderr } from './platform.ts';

/** How often a reader is given a sign of life, in milliseconds. */
const QUIET = 1000;
const WIDTH = 24;

/** Where progress is shown: a terminal gets one line that moves, a file or a pipe whole lines. */
export interface ProgressView {
  report(account: string): (step: Step) => void;
  /** Before other text is written, and at the end. */
  clear(): void;
}

export function progressView(terminal: boolean = process.stderr.isTTY === true): ProgressView {
  return terminal ? movingLine((text) => process.stderr.write(text)) : plainLines(writeToStderr);
}

/** At the end of a plan, and at most once a second before. */
export function plainLines(write: (line: string) => void): ProgressView {
  return {
    report(account) {
      let spoken = performance.now();
      return (step) => {
        if (step.done < step.planned && performance.now() - spoken < QUIET) return;
        spoken = performance.now();
        write(`${placeOf(account, step)}: ${step.done} of ${step.planned} cells, up to ${step.window.end}`);
      };
    },
    clear() {},
  };
}

/** A bar over all accounts that are being read, and the last cell that was stored. */
export function movingLine(write: (text: string) => void): ProgressView {
  const steps = new Map<string, Step>();
  return {
    report: (account) => (step) => {
      steps.set(placeOf(account, step), step);
      const all = [...steps.values()];
      const done = all.reduce((sum, one) => sum + one.done, 0);
      const planned = all.reduce((sum, one) => sum + one.planned, 0);
      const filled = Math.floor((done / planned) * WIDTH);
      const bar = `${'█'.repeat(filled)}${'░'.repeat(WIDTH - filled)}`;
      write(`\r\u001b[K${bar} ${done}/${planned} cells  ${placeOf(account, step)} up to ${step.window.end}`);
    },
    clear: () => {
      if (steps.size > 0) write('\r\u001b[K');
    },
  };
}

function placeOf(account: string, { partition }: Step): string {
  return partition === 'all' ? account : `${account}/${partition}`;
}
