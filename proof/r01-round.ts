import type { Millis } from '../lib/time.ts';

/** Where cells and state are kept: a folder; a bucket and a table. */
export type Keeping = 'files' | 'cloud';

/** How work is made safe: ours, or in a way that is known to be bad. */
export type Safety = 'ours' | 'appends' | 'checkpoint first' | 'a lock without end';

/** What a run does to the world outside of it: pages it reads, and what it writes. */
export type Deed = 'page' | 'lease' | 'cell' | 'part' | 'state' | 'manifest';

/** Before a deed is seen, in the middle of its bytes, or after it and before anything else. */
export type When = 'before' | 'half' | 'after';

/** Where a process dies. */
export interface Moment {
  readonly deed: Deed;
  readonly when: When;
  /** Of this deed, from 1. */
  readonly nth: number;
}

/** One run, as a process gets it. */
export interface Round {
  readonly safety: Safety;
  readonly keeping: Keeping;
  /** The folder, or the address in the bucket. */
  readonly place: string;
  readonly table: string;
  /** Of the bucket. */
  readonly endpoint: string;
  readonly credentials: Readonly<Record<string, unknown>>;
  /** Where the history begins. */
  readonly since: Millis;
  /** The planning clock. */
  readonly now: Millis;
  /** The wire clock is so much ahead of the machine's. */
  readonly ahead: Millis;
  /** The longest span of a fetch, in seconds; 0 without limit. */
  readonly backfill: number;
  readonly moment: Moment | null;
}

/** What became of a run that was not killed: a status, or the error. */
export interface Done {
  readonly status: string;
}

/** What a process says. */
export type Said = 'ready' | 'working' | Done;
