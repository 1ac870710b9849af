import type { Step } from '../lib/job.ts';
import type { Log } from '../lib/log.ts';
import { createProgress } from '../lib/progress.ts';
import { type Millis, SECOND } from '../lib/time.ts';
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
  const left = () => timeLeft(Date.now);
  return terminal
    ? movingLine((text) => process.stderr.write(text), left())
    : plainLines(writeToStderr, left);
}

/** How long it will still take, in words; empty while nothing is known of it. */
export type TimeLeft = (done: number, planned: number) => string;

export function timeLeft(now: () => Millis): TimeLeft {
  const pace = createProgress({ update: null, now, log: silent });
  return (done, planned) => {
    pace.report(done, planned);
    const end = pace.estimatedEnd();
    if (end === null || done >= planned) return '';
    const seconds = Math.max(1, Math.round((end - now()) / SECOND));
    return seconds < 90 ? `, about ${seconds} s left` : `, about ${Math.round(seconds / 60)} min left`;
  };
}

const silent: Log = { debug() {}, info() {}, warn() {}, error() {}, with: () => silent };

/** At the end of a plan, and at most once a second before. */
export function plainLines(
  write: (line: string) => void,
  newLeft: () => TimeLeft = () => () => '',
): ProgressView {
  return {
    report(account) {
      const left = newLeft();
      let spoken = performance.now();
      return (step) => {
        if (step.done < step.planned && performance.now() - spoken < QUIET) return;
        spoken = performance.now();
        write(
          `${placeOf(account, step)}: ${step.done} of ${step.planned} cells, up to ${step.window.end}${left(step.done, step.planned)}`,
        );
      };
    },
    clear() {},
  };
}

/** A bar over all accounts that are being read, and the last cell that was stored. */
export function movingLine(write: (text: string) => void, left: TimeLeft = () => ''): ProgressView {
  const steps = new Map<string, Step>();
  return {
    report: (account) => (step) => {
      steps.set(placeOf(account, step), step);
      const all = [...steps.values()];
      const done = all.reduce((sum, one) => sum + one.done, 0);
      const planned = all.reduce((sum, one) => sum + one.planned, 0);
      const filled = Math.floor((done / planned) * WIDTH);
      const bar = `${'█'.repeat(filled)}${'░'.repeat(WIDTH - filled)}`;
      write(
        `\r\u001b[K${bar} ${done}/${planned} cells  ${placeOf(account, step)} up to ${step.window.end}${left(done, planned)}`,
      );
    },
    clear: () => {
      if (steps.size > 0) write('\r\u001b[K');
    },
  };
}

function placeOf(account: string, { partition }: Step): string {
  return partition === 'all' ? account : `${account}/${partition}`;
}
