import type { CommittedCell } from '../cells.ts';
import type { Grid } from '../grid.ts';
import type { Millis } from '../time.ts';

/** The unit of planning, lease, delivery, checkpoint and failure. */
export interface PartitionKey {
  readonly account: string;
  readonly stream: string;
  readonly partition: string;
}

/** What survives to the next run. */
export interface PartitionState {
  readonly grid: Grid | null;
  /** Where the history of this partition begins: the start of its first cell. */
  readonly origin: Millis | null;
  /** The end of the last contiguous committed cell. */
  readonly checkpoint: Millis | null;
  /** Cells that may be read again, or that lie beyond the checkpoint. */
  readonly cells: readonly CommittedCell[];
  /** The provider's own small memory, committed with the checkpoint. */
  readonly memory: unknown;
  /** When what is there was last looked at, of a provider that keeps no history; planning clock. */
  readonly observedAt?: Millis | undefined;
  readonly failure: Failure | null;
}

/** Why the last run failed, and when the next may try. */
export interface Failure {
  /** In a row. */
  readonly failures: number;
  readonly lastError: { readonly exc_type: string; readonly exc_message: string; readonly code: string };
  readonly notBefore: Millis | null;
  /** Tells whether the credentials changed since, without telling what they are: see lib/backoff.ts. */
  readonly credentials: string;
}

/** In the place of a partition: what failed before the partitions were known. */
export const ACCOUNT_PARTITION = '_account';

export const NOTHING_STORED: PartitionState = {
  grid: null,
  origin: null,
  checkpoint: null,
  cells: [],
  memory: null,
  failure: null,
};

/** Of a state that cannot put its holders in an order: sinks take what carries it as it comes. */
export const UNFENCED = 0;

/** The right to work on a partition, held by one process at a time. */
export interface Lease {
  /**
   * Higher than that of every earlier holder of this partition; {@link UNFENCED} where the state cannot tell. It
   * goes with everything that is delivered, so that a sink can refuse a holder that was overtaken.
   */
  readonly fence: number;
  readonly state: PartitionState;
  /** Compare-and-set. @throws StateConflict when the lease was lost meanwhile. */
  commit(next: PartitionState): Promise<void>;
  release(): Promise<void>;
}

/** What a state promises beyond keeping what it was given. */
export interface Capabilities {
  /** Of many at once, one gets a partition, and only the latest holder can commit. */
  readonly compareAndSet: boolean;
  /** What is committed outlives the run. */
  readonly durable: boolean;
}

export interface State {
  readonly capabilities: Capabilities;
  /** @returns null when another process holds the partition. */
  acquire(key: PartitionKey): Promise<Lease | null>;
  /** The partitions of a stream of which something is stored. */
  partitions(key: Omit<PartitionKey, 'partition'>): Promise<readonly string[]>;
  /** Reads without a lease. */
  peek(key: PartitionKey): Promise<PartitionState>;
  /** Gives back what was opened: an instance that stays warm opens another for every run. */
  close?(): void;
}
