import * as z from 'zod';
import type { Cmp, CmpLogEntry } from '../cmp.ts';
import { SyncError } from '../errors.ts';
import { headline, type Level } from '../log.ts';
import type { Severity } from '../models/log-entry.ts';
import { type Millis, SECOND } from '../time.ts';

export interface CmpLogOptions {
  readonly cmp: Pick<Cmp, 'postLogs'>;
  readonly moduleId: string;
  /** The longest that a line waits for company. Default two seconds. */
  readonly flushMs?: Millis;
  /** The most lines of one call. Default 100. */
  readonly max?: number;
  /** Gets the lines that the CMP does not take; what the platform keeps by itself, standard output for instance. */
  readonly otherwise: (line: string) => void;
}

/** Lines of a log (see `createLog`) on their way to the CMP. */
export interface CmpLogWriter {
  /** Never waits, never fails. */
  write(line: string): void;
  /** Sends what is left; resolves when every line was taken or given to `otherwise`. Never fails. */
  flush(): Promise<void>;
}

const severities: Readonly<Record<Level, Severity>> = {
  debug: 'DEBUG',
  info: 'INFO',
  warn: 'WARNING',
  error: 'ERROR',
};

/** Full calls that may wait for a slow CMP; lines beyond them go the other way instead of filling the memory. */
const MOST_CALLS = 20;

/**
 * A log's `write` that goes to the log of a module at the CMP: in batches, in order, one call at a time. After
 * a refusal that will not pass by itself no more calls are made.
 */
export function cmpLogWriter(options: CmpLogOptions): CmpLogWriter {
  const { flushMs = 2 * SECOND, max = 100, otherwise } = options;
  const waiting: string[] = [];
  const post = poster(options);
  let timer: NodeJS.Timeout | undefined;
  let sending: Promise<void> | null = null;

  const drain = async () => {
    while (waiting.length > 0) await post(waiting.splice(0, max));
  };
  const send = (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    sending ??= drain().finally(() => {
      sending = null;
    });
    return sending;
  };
  return {
    write(line) {
      if (waiting.length >= MOST_CALLS * max || entryOf(line) === null) return otherwise(line);
      waiting.push(line);
      if (waiting.length >= max) void send();
      else timer ??= setTimeout(send, flushMs).unref();
    },
    async flush() {
      while (waiting.length > 0 || sending !== null) await send();
    },
  };
}

/** Posts one batch. The first failure is told once; lines that were not taken go the other way. */
function poster({ cmp, moduleId, otherwise }: CmpLogOptions): (lines: readonly string[]) => Promise<void> {
  let told = false;
  let refused = false;
  return async (lines) => {
    const entries = lines.map(entryOf).filter((entry) => entry !== null);
    try {
      if (!refused) return await cmp.postLogs(moduleId, entries);
    } catch (error) {
      refused = error instanceof SyncError && !error.retryable;
      if (!told) otherwise(failureLine(error, entries));
      told = true;
    }
    for (const line of lines) otherwise(line);
  };
}

const lineSchema = z.looseObject({
  time: z.string(),
  level: z.enum(['debug', 'info', 'warn', 'error']),
  message: z.string(),
});

function entryOf(line: string): CmpLogEntry | null {
  try {
    const { time, level, message, ...fields } = lineSchema.parse(JSON.parse(line));
    return { message: headline(fields, message), severity: severities[level], timestamp: time };
  } catch {
    return null; // no line of our own log
  }
}

function failureLine(error: unknown, [first]: readonly CmpLogEntry[]): string {
  const why = error instanceof Error ? error.message : String(error);
  const message = `The CMP did not take these log lines: ${why}`;
  return JSON.stringify({ time: first?.timestamp, level: 'warn', message });
}
