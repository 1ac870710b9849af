import { SyncError } from './errors.ts';
import type { Log } from './log.ts';
import { type Millis, SECOND } from './time.ts';

export interface ProgressOptions {
  /** Tells a whole percentage to whoever waits, the CMP's task for instance; null when nobody does: no task id. */
  readonly update: ((percentage: number) => Promise<void>) | null;
  /** The wire clock. */
  readonly now: () => Millis;
  /** Between two calls. Default two seconds. */
  readonly minimumIntervalMs?: Millis;
  /** The longest that the end waits for calls. Default ten seconds. */
  readonly patienceMs?: Millis;
  readonly log: Log;
}

/**
 * How far a run has come. Telling it never fails, never waits and never goes back; the first failure is logged as
 * a warning and nothing else. Below 100 means that something may still be lost: 100 is said by `finished` alone.
 */
export interface Progress {
  /** Of one pace, whatever it counts; what is no share of anything is ignored. */
  report(done: number, planned: number): void;
  /** The last checkpoint is stored: tells 100, once. Resolves when it was told, or patience ended. */
  finished(): Promise<void>;
  /** Ends without 100, the rest is for the next run; resolves when no call is under way, or patience ended. */
  stop(): Promise<void>;
  /** The largest share that was reported, 0 to 1. */
  fraction(): number;
  /** When the whole will be done at the pace so far; null while nothing is known of it. */
  estimatedEnd(): Millis | null;
}

/** The most that may be told before everything is safe. */
const UNSAFE = 99;

export function createProgress(options: ProgressOptions): Progress {
  const { now, patienceMs = 10 * SECOND } = options;
  const teller = createTeller(options);
  const pace = createPace(now);
  let reached = 0;
  let ended: Promise<void> | null = null;
  return {
    report(done, planned) {
      const share = Math.min(1, done / planned);
      if (ended !== null || !(planned > 0) || !(share >= 0)) return;
      reached = Math.max(reached, share);
      pace.add(reached);
      teller.tell(Math.floor(Math.min(UNSAFE, (done * 100) / planned)));
    },
    finished() {
      if (ended === null) reached = 1;
      ended ??= teller.end(100, patienceMs);
      return ended;
    },
    stop() {
      ended ??= teller.end(null, patienceMs);
      return ended;
    },
    fraction: () => reached,
    estimatedEnd: pace.estimatedEnd,
  };
}

interface Teller {
  tell(percentage: number): void;
  /** Ends the telling, with a last word or without. */
  end(last: number | null, patienceMs: Millis): Promise<void>;
}

/** One call at a time, at most one in an interval; what cannot be told yet gives way to what is newer. */
function createTeller({ update, now, minimumIntervalMs = 2 * SECOND, log }: ProgressOptions): Teller {
  let told = -1;
  let newest = -1;
  let toldAt = Number.NEGATIVE_INFINITY;
  let calling: Promise<void> | null = null;
  let timer: NodeJS.Timeout | undefined;
  let open = update !== null;
  let warned = false;

  const warn = (error: unknown) => {
    if (!warned) log.warn('The progress of this run could not be told; the run goes on', { error });
    warned = true;
  };
  const call = async (percentage: number) => {
    told = percentage;
    toldAt = now();
    try {
      await update?.(percentage);
    } catch (error) {
      if (error instanceof SyncError && !error.retryable) open = false; // asking again could lock the key
      warn(error);
    }
  };
  const next = () => {
    clearTimeout(timer);
    if (!open || calling !== null || newest <= told) return;
    const since = now() - toldAt;
    const wait = since < 0 ? 0 : minimumIntervalMs - since; // a clock set back must not silence the run
    if (wait > 0) {
      timer = setTimeout(next, wait).unref();
      return;
    }
    calling = call(newest).finally(() => {
      calling = null;
      next();
    });
  };
  return {
    tell(percentage) {
      newest = Math.max(newest, percentage);
      next();
    },
    async end(last, patienceMs) {
      clearTimeout(timer);
      newest = told;
      const lastWord = async () => {
        await calling;
        if (open && last !== null) await call(last);
      };
      if (!(await settledWithin(lastWord(), patienceMs))) warn(new Error('No answer in time'));
      open = false;
    },
  };
}

async function settledWithin(work: Promise<void>, ms: Millis): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, ms, false);
  });
  const settled = await Promise.race([work.then(() => true), late]);
  clearTimeout(timer);
  return settled;
}

/** How much of the whole was done, so long after the start. */
interface Mark {
  readonly elapsed: Millis;
  readonly share: number;
}

/**
 * The pace of work that comes in bursts, as the cells of one fetch do: many at once, then none for long. Only
 * where a burst ends does what is done agree with the time it took, so the pace is measured from one such moment
 * to another, over the latter half of the time: work that became slower or faster is noticed.
 */
function createPace(now: () => Millis): { add(share: number): void; estimatedEnd(): Millis | null } {
  const start = now();
  const ends: Mark[] = [{ elapsed: 0, share: 0 }]; // of bursts
  let last: Mark = { elapsed: 0, share: 0 };
  let typicalGap: Millis | null = null;
  return {
    add(share) {
      const elapsed = now() - start;
      if (share <= last.share || elapsed < last.elapsed) return;
      const gap = elapsed - last.elapsed;
      if (typicalGap !== null && gap > typicalGap / 2) ends.push(last);
      typicalGap = typicalGap === null ? gap : typicalGap * 0.9 + gap * 0.1;
      last = { elapsed, share };
      const half = (ends.at(-1)?.elapsed ?? 0) / 2;
      while ((ends[1]?.elapsed ?? Number.POSITIVE_INFINITY) <= half) ends.shift();
    },
    estimatedEnd() {
      const [from, to] = [ends[0], ends.at(-1)];
      if (!from || !to || to.elapsed <= from.elapsed) return null;
      const rest = ((1 - to.share) * (to.elapsed - from.elapsed)) / (to.share - from.share);
      return Math.max(now(), Math.round(start + to.elapsed + rest));
    },
  };
}
