import { toWireError, type WireError } from './errors.ts';
import type { Mapped } from './map.ts';
import type { Settled } from './provider.ts';
import type { CellRead } from './read.ts';
import type { Receipt } from './sink/sink.ts';
import type { PartitionState } from './state/state.ts';
import { formatInstant, type Millis, SECOND } from './time.ts';

/** What became of one cell. Counts are of records unless they say metrics. */
export interface WindowReport {
  readonly start: string;
  readonly end: string;
  readonly partition: string;
  readonly records: number;
  readonly metrics: number;
  readonly dropped: {
    readonly null_result: number;
    readonly unmapped: Readonly<Record<string, number>>;
    readonly system: number;
  };
  /** Records that the provider repeats, dropped. */
  readonly duplicates: number;
  /** Records of equal identity that are no duplicates: kept, told apart by an ordinal. */
  readonly conflicting: number;
  readonly quarantined: number;
  readonly settled: boolean;
  /** It had been delivered before, and is different now. */
  readonly changed: boolean;
  readonly reasons: readonly string[];
}

/** Everything that one turn of the loop found out about its cell. */
export interface Turn {
  readonly read: CellRead;
  readonly settled: Settled;
  readonly mapped: Mapped;
  readonly receipt: Receipt;
}

/** The answer of one account's stream (contract: Handlers on Lambda). */
export interface StreamReport {
  readonly status: 'done' | 'nothing_due' | 'busy' | 'continue';
  readonly windows: readonly WindowReport[];
  readonly gaps: readonly { readonly start: string; readonly end: string; readonly why: string }[];
  readonly notes: readonly string[];
  /** The end of the last contiguous committed cell; null before the first. */
  readonly last_update: string | null;
  readonly next_due: string | null;
  /** Partitions that failed while others did not; absent when none did. */
  readonly failures?: readonly PartitionFailure[];
}

export interface PartitionFailure extends WireError {
  readonly partition: string;
}

/** What one partition came to, before the account's answer is put together. */
export interface PartitionReport {
  readonly partition: string;
  readonly status: StreamReport['status'];
  readonly windows: readonly WindowReport[];
  readonly notes: readonly string[];
  readonly checkpoint: Millis | null;
  readonly nextDue: Millis | null;
}

/** One turn of the loop as a report; `state` is what was committed of it. */
export function describeWindow(
  partition: string,
  { read, settled, mapped, receipt }: Turn,
  state: PartitionState,
): WindowReport {
  const { tally } = mapped;
  const { start, end, reasons } = read.cell;
  return {
    start: formatInstant(start),
    end: formatInstant(end),
    partition,
    records: settled.records.length,
    metrics: tally.metrics,
    dropped: { null_result: tally.nullResults, unmapped: tally.unmapped, system: 0 },
    duplicates: settled.duplicates,
    conflicting: tally.conflicting,
    quarantined: tally.bad.length,
    settled: state.cells.find((cell) => cell.start === start)?.settled ?? true,
    changed: receipt.previous !== null && receipt.previous !== receipt.digest,
    reasons,
  };
}

/** Puts the partitions' reports together; what holds for the account is what holds for its slowest partition. */
export function reportOf(
  partitions: readonly PartitionReport[],
  notes: readonly string[],
  failures: readonly { readonly partition: string; readonly error: unknown }[] = [],
): StreamReport {
  const statuses = new Set(partitions.map((report) => report.status));
  const checkpoints = partitions.map((report) => report.checkpoint);
  return {
    status: (['continue', 'busy', 'done'] as const).find((status) => statuses.has(status)) ?? 'nothing_due',
    windows: partitions.flatMap((report) => report.windows),
    gaps: [],
    notes: [...notes, ...partitions.flatMap((report) => report.notes)],
    last_update: printed(checkpoints.includes(null) ? null : earliest(checkpoints)),
    next_due: printed(earliest(partitions.map((report) => report.nextDue))),
    ...(failures.length === 0
      ? {}
      : { failures: failures.map(({ partition, error }) => ({ partition, ...toWireError(error) })) }),
  };
}

/** The answer of a stream that has no cells: what is true at a moment, or was told until then. @param poll seconds */
export function reportUntil(
  status: StreamReport['status'],
  until: Millis | null,
  poll: number,
  notes: readonly string[] = [],
): StreamReport {
  const nextDue = until === null ? null : until + poll * SECOND;
  return { status, windows: [], gaps: [], notes, last_update: printed(until), next_due: printed(nextDue) };
}

function earliest(instants: readonly (Millis | null)[]): Millis | null {
  const known = instants.filter((instant) => instant !== null);
  return known.length > 0 ? Math.min(...known) : null;
}

function printed(instant: Millis | null): string | null {
  return instant === null ? null : formatInstant(instant);
}
