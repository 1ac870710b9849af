import { systemClock } from '../lib/clock.ts';
import { deadlineWithin } from '../lib/deadline.ts';
import { InvalidConfig } from '../lib/errors.ts';
import { proxyFrom } from '../lib/http/proxy.ts';
import type { Level } from '../lib/log.ts';
import type { Platform } from '../lib/run.ts';
import { type Interval, type Millis, parseInstant, SECOND } from '../lib/time.ts';

/** The command line as a platform: a signal ends the run between two cells, and what is complete is kept. */
export function commandPlatform(options: {
  now?: string | undefined;
  write: (line: string) => void;
  level: Level;
  /** Seconds for the whole run; without end when absent. */
  budget?: string | undefined;
}): Platform {
  return {
    clock: systemClock(options.now === undefined ? undefined : instantOption('--now', options.now)),
    signal: AbortSignal.any([interrupted(), ...budgeted(options.budget)]),
    log: { write: options.write, level: options.level },
    loopback: true,
    random: Math.random,
    proxyFor: proxyFrom(process.env),
  };
}

/** Log lines go to stderr: stdout carries the result alone. */
export function writeToStderr(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** `--from/--to`, half-open; undefined when neither is given. */
export function rangeOption(from: string | undefined, to: string | undefined): Interval | undefined {
  if (from === undefined && to === undefined) return undefined;
  if (from === undefined || to === undefined) throw new InvalidConfig('--from and --to go together');
  const range = { start: instantOption('--from', from), end: instantOption('--to', to) };
  if (range.start >= range.end) throw new InvalidConfig('--from must lie before --to');
  return range;
}

/** The signals that end a run when its time is up: none, or one. */
function budgeted(text: string | undefined): AbortSignal[] {
  if (text === undefined) return [];
  if (!/^\d{1,6}(\.\d+)?$/.test(text) || Number(text) === 0)
    throw new InvalidConfig('--budget: expected a number of seconds');
  return [deadlineWithin(Number(text) * SECOND).signal];
}

function instantOption(name: string, text: string): Millis {
  const instant = parseInstant(text);
  if (instant === null)
    throw new InvalidConfig(`${name}: expected an RFC 3339 timestamp such as 2026-11-21T00:00:00Z`);
  return instant;
}

function interrupted(): AbortSignal {
  const controller = new AbortController();
  const stop = () => controller.abort(new Error('Stopped by a signal'));
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  return controller.signal;
}
