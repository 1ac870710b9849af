import type { Metric } from '../models/metric.ts';
import type { Interval } from '../time.ts';

/** A record that could not be normalised or mapped, kept so that nothing is lost. */
export interface Quarantined {
  readonly exc_type: string;
  readonly exc_message: string;
  readonly code: string;
  /** Secrets are scrubbed. */
  readonly raw: unknown;
}

/** One cell, whole: a replace set. */
export interface Batch {
  readonly account: string;
  readonly partition: string;
  readonly cell: Interval;
  /** Evaluated while it is consumed, once: a large cell is never held as metrics and text at the same time. */
  readonly metrics: Iterable<Metric>;
  /** What was set aside; complete when `metrics` has been consumed. */
  readonly quarantined: () => readonly Quarantined[];
}

/** The sink's acknowledgement: the cell is safe. */
export interface Receipt {
  /** SHA-256 of what is stored, 64 hex digits. */
  readonly digest: string;
  /** The digest of what it replaced; null when the cell was not there. */
  readonly previous: string | null;
}

/**
 * Where cells go. Delivering a cell again replaces it: a retry never adds. Failures are `DeliveryError`.
 */
export interface Sink {
  deliver(batch: Batch): Promise<Receipt>;
  /** Moves a partition's cells out of what counts, without destroying them: their grid no longer holds. */
  setAside(account: string, partition: string): Promise<void>;
  /** Keeps what a run planned, why, and what happened; where a sink has a place for it. */
  recordRun?(id: string, run: unknown): Promise<void>;
  close(): Promise<void>;
}
