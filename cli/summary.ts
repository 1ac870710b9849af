import type { WindowReport } from '../lib/report.ts';
import type { AccountOutcome } from './outcome.ts';
import { table } from './table.ts';

const headings = [
  'account',
  'status',
  'cells',
  'records',
  'metrics',
  'dropped',
  'quarantined',
  'spend',
  'duration',
  'next due',
];

/** One line for each account, and what a reader should know beside the numbers. */
export function summary(outcomes: readonly AccountOutcome[]): string {
  const notes = outcomes.flatMap((outcome) => notesOf(outcome).map((note) => `${outcome.account}: ${note}`));
  return [table(headings, outcomes.map(row)), ...notes.map((note) => `${note}\n`)].join('');
}

function row({ account, report, error, seconds }: AccountOutcome): string[] {
  const windows = report?.windows ?? [];
  const sum = (count: (window: WindowReport) => number) =>
    String(windows.reduce((total, window) => total + count(window), 0));
  return [
    account,
    error?.exc_type ?? (report?.status ?? '').replace('_', ' '),
    String(windows.length),
    sum((window) => window.records),
    sum((window) => window.metrics),
    sum(dropped),
    sum((window) => window.quarantined),
    '–',
    `${seconds.toFixed(1)} s`,
    report?.next_due ?? '–',
  ];
}

function dropped({ dropped }: WindowReport): number {
  const unmapped = Object.values(dropped.unmapped).reduce((sum, count) => sum + count, 0);
  return dropped.null_result + dropped.system + unmapped;
}

function notesOf({ report, error }: AccountOutcome): string[] {
  if (error) return [`${error.exc_message} — ${error.hint}`];
  const windows = report?.windows ?? [];
  const changed = windows.filter((window) => window.changed);
  const open = windows.filter((window) => !window.settled);
  return [
    ...(report?.notes ?? []),
    ...repeated(windows),
    ...(changed.length > 0
      ? [`changed since they were delivered: ${changed.map(({ start }) => start).join(', ')}`]
      : []),
    ...(open.length > 0
      ? [`${open.length} of ${windows.length} cells are not settled yet and will be read again`]
      : []),
  ];
}

function repeated(windows: readonly WindowReport[]): string[] {
  const duplicates = windows.reduce((sum, window) => sum + window.duplicates, 0);
  const conflicting = windows.reduce((sum, window) => sum + window.conflicting, 0);
  return [
    ...(duplicates > 0 ? [`${duplicates} records were repeated by the provider and count once`] : []),
    ...(conflicting > 0
      ? [`${conflicting} records look like others but differ in amount or description; all were kept`]
      : []),
  ];
}
