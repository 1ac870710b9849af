import type { Millis } from '../lib/time.ts';

/** Where the state of a round is kept. */
export type Keeping = 'file' | 'dynamodb';

/** How work is shared out: ours, or in a way that is known to be bad. */
export type Sharing = 'ours' | 'no lease' | 'no fence' | 'a sink that asks nobody';

/**
 * Where whoever gets the partition stops, until it is told to go on: with its rows in hand; before it delivers; in
 * the write, when its name was checked and the file is not yet in its place; before and after its commit.
 */
export const stops = ['fetched', 'deliver', 'write', 'commit', 'committed'] as const;
export type Stop = (typeof stops)[number];

/** One event, as each process gets it. */
export interface Round {
  readonly sharing: Sharing;
  readonly keeping: Keeping;
  /** Of this run of the proof: sink, and states that are files. */
  readonly folder: string;
  readonly table: string;
  /** The cloud's rows: one for each of these hours. */
  readonly cells: readonly Millis[];
  /** What each row says, as of now. */
  readonly amount: number;
  /** The planning clock. */
  readonly now: Millis;
  /** The wire clock is so much ahead of the machine's. */
  readonly ahead: Millis;
  readonly stop: Stop | null;
}

/** What became of it. */
export interface Done {
  /** Of the event. */
  readonly amount: number;
  /** Starts of the cells whose commit was acknowledged. */
  readonly committed: readonly Millis[];
  readonly status: string | null;
  readonly error: { readonly name: string; readonly code: string; readonly message: string } | null;
}

/** What a process says: that it stops here, or what it did. */
export type Said = 'ready' | 'stopping' | Done;

/** The first cell of every history. */
export const FIRST: Millis = Date.UTC(2026, 9, 1);
