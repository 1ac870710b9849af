import type { CommittedCell } from '../cells.ts';
import type { LogEntry } from '../models/log-entry.ts';
import type { Metric } from '../models/metric.ts';
import type { ExactSpend } from '../models/spend.ts';
import type { Interval, Millis } from '../time.ts';

/** A record that could not be normalised or mapped, kept so that nothing is lost. */
export interface Quarantined {
  readonly exc_type: string;
  readonly exc_message: string;
  readonly code: string;
  /** Secrets are scrubbed. */
  readonly raw: unknown;
}

/** One cell, whole: a replace set. What it holds follows. */
export interface Cell {
  readonly account: string;
  readonly partition: string;
  /** Of the lease under which it was read: a sink that knows a higher one refuses it (`STALE_WRITER`). */
  readonly fence: number;
  readonly cell: Interval;
  /** What the state knows of the cell's last acknowledgement; null when there was none. */
  readonly known: Known | null;
  /** What was set aside; complete when what the cell holds has been consumed. */
  readonly quarantined: () => readonly Quarantined[];
}

export interface Batch extends Cell {
  /** Evaluated while it is consumed, once: a large cell is never held as metrics and text at the same time. */
  readonly metrics: Iterable<Metric>;
}

export interface SpendBatch extends Cell {
  readonly spend: ExactSpend;
}

/** Of a sink that cannot be read back, all that is known of what it holds. */
export type Known = Pick<CommittedCell, 'digest' | 'readAt'>;

/** The sink's acknowledgement: the cell is safe. */
export interface Receipt {
  /** SHA-256 of what is stored, 64 hex digits. */
  readonly digest: string;
  /** The digest of what it replaced; null when the cell was not there. */
  readonly previous: string | null;
}

/** One thing of a snapshot, with what tells it from the others. */
export interface SnapshotItem {
  readonly id: string;
  readonly value: object;
}

/** Everything there is at one time: what is not in it is gone. */
export interface SnapshotBatch {
  readonly account: string;
  readonly stream: 'resources' | 'status';
  readonly partition: string;
  /** As that of {@link Cell}. */
  readonly fence: number;
  readonly takenAt: Millis;
  readonly items: readonly SnapshotItem[];
  /** Types that could not be asked for: what the snapshot before had of them stays. */
  readonly unseen: readonly string[];
}

/** The events of a day, or of the part of it that has passed: a replace set as well. */
export interface JournalBatch {
  readonly account: string;
  /** As that of {@link Cell}. */
  readonly fence: number;
  readonly day: Interval;
  readonly entries: readonly LogEntry[];
}

/**
 * Where cells go. Delivering a cell again replaces it: a retry never adds. Failures are `DeliveryError`.
 */
export interface Sink {
  deliver(batch: Batch): Promise<Receipt>;
  /** A day's money: one document for each day and partition. */
  deliverSpend(batch: SpendBatch): Promise<Receipt>;
  /** Whether what is delivered again replaces; else each thing may be given once only. */
  readonly replaces: boolean;
  /** @returns the ids that the snapshot before had, and this one has not. */
  deliverSnapshot(batch: SnapshotBatch): Promise<{ readonly gone: readonly string[] }>;
  deliverJournal(batch: JournalBatch): Promise<void>;
  /** Moves a partition's metrics out of what counts, without destroying them: their grid no longer holds. */
  setAside(account: string, partition: string, fence: number): Promise<void>;
  /** Keeps what a run planned, why, and what happened; where a sink has a place for it. */
  recordRun?(id: string, run: unknown): Promise<void>;
  close(): Promise<void>;
}
