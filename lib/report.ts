import type { Mapped } from './deliver.ts';
import { toWireError, type WireError } from './errors.ts';
import type { ExactSpend } from './models/spend.ts';
import type { Dated, Finding, Gap, Settled } from './provider.ts';
import type { CellRead } from './read.ts';
import { findingNotes } from './report/findings.ts';
import type { Receipt } from './sink/sink.ts';
import type { PartitionState } from './state/state.ts';
import { formatInstant, type Millis } from './time.ts';

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
  /** What was odd in it, and dealt with by a rule; absent when nothing was. */
  readonly findings?: readonly Finding[];
  /** Of spend: exact decimal text, what it comes to and, when that changed, what it came to before. */
  readonly amount?: string;
  readonly amount_before?: string;
  /** ISO 4217. */
  readonly currency?: string;
}

/** Everything that one turn of the loop found out about its cell. */
export interface Turn<Model extends Dated = Dated> {
  readonly read: CellRead<Model>;
  readonly settled: Settled<Model>;
  readonly mapped: Mapped;
  readonly receipt: Receipt;
}

/** The answer of one account's stream (contract: Handlers on Lambda). */
export interface StreamReport {
  readonly status: 'done' | 'nothing_due' | 'busy' | 'continue';
  readonly windows: readonly WindowReport[];
  /** Time of which nothing is known: neither usage nor zero. */
  readonly gaps: readonly ReportedGap[];
  readonly notes: readonly string[];
  /** The end of the last contiguous committed cell; null before the first. */
  readonly last_update: string | null;
  readonly next_due: string | null;
  /** Partitions that failed while others did not; absent when none did. */
  readonly failures?: readonly PartitionFailure[];
}

export interface ReportedGap {
  readonly start: string;
  readonly end: string;
  readonly why: string;
}

export interface PartitionFailure extends WireError {
  readonly partition: string;
}

/** What one partition came to, before the account's answer is put together. */
export interface PartitionReport {
  readonly partition: string;
  readonly status: StreamReport['status'];
  readonly windows: readonly WindowReport[];
  readonly gaps: readonly ReportedGap[];
  readonly notes: readonly string[];
  readonly checkpoint: Millis | null;
  readonly nextDue: Millis | null;
}

/** A partition that failed, and how far it had come: the account's answer must not pass it. */
export interface FailedPartition {
  readonly partition: string;
  readonly error: unknown;
  readonly checkpoint: Millis | null;
}

/** One turn of the loop as a report; `before` and `after` are what was stored of the partition around it. */
export function describeWindow(
  partition: string,
  { read, settled, mapped, receipt }: Turn,
  before: PartitionState,
  after: PartitionState,
): WindowReport {
  const { tally } = mapped;
  const { start, end, reasons } = read.cell;
  const stored = (state: PartitionState) => state.cells.find((cell) => cell.start === start);
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
    settled: stored(after)?.settled ?? true,
    changed: receipt.previous !== null && receipt.previous !== receipt.digest,
    reasons,
    ...(settled.findings?.length ? { findings: settled.findings } : {}),
    ...('spend' in mapped ? amountsOf(mapped.spend, stored(before)?.amount) : {}),
  };
}

function amountsOf({ amount, currency }: ExactSpend, before: string | undefined) {
  return {
    amount,
    currency,
    ...(before === undefined || before === amount ? {} : { amount_before: before }),
  };
}

/** A gap as it is reported. */
export function reportGap({ start, end, why }: Gap): ReportedGap {
  return { start: formatInstant(start), end: formatInstant(end), why };
}

/** Puts the partitions' reports together; what holds for the account is what holds for its slowest partition. */
export function reportOf(
  partitions: readonly PartitionReport[],
  notes: readonly string[],
  failures: readonly FailedPartition[] = [],
): StreamReport {
  const statuses = new Set(partitions.map((report) => report.status));
  const windows = partitions.flatMap((report) => report.windows);
  const checkpoints = [...partitions, ...failures].map(({ checkpoint }) => checkpoint);
  return {
    status: (['continue', 'busy', 'done'] as const).find((status) => statuses.has(status)) ?? 'nothing_due',
    windows,
    gaps: partitions.flatMap((report) => report.gaps),
    notes: [...notes, ...partitions.flatMap(notesOf), ...findingNotes(windows)],
    last_update: printed(checkpoints.includes(null) ? null : earliest(checkpoints)),
    next_due: printed(earliest(partitions.map((report) => report.nextDue))),
    ...(failures.length === 0
      ? {}
      : { failures: failures.map(({ partition, error }) => ({ partition, ...toWireError(error) })) }),
  };
}

/** Whose notes they are, where there are several. */
function notesOf({ partition, notes }: PartitionReport): string[] {
  return notes.map((note) => (partition === 'all' ? note : `${partition}: ${note}`));
}

/** Nothing was done, and `last_update` stays as it came. */
export function idle(
  partition: string,
  status: PartitionReport['status'],
  checkpoint: Millis | null,
): PartitionReport {
  return { partition, status, windows: [], gaps: [], notes: [], checkpoint, nextDue: null };
}

function earliest(instants: readonly (Millis | null)[]): Millis | null {
  const known = instants.filter((instant) => instant !== null);
  return known.length > 0 ? Math.min(...known) : null;
}

function printed(instant: Millis | null): string | null {
  return instant === null ? null : formatInstant(instant);
}
