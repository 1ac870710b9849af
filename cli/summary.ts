import Big from 'big.js';
import type { WindowReport } from '../lib/report.ts';
import type { StreamOutcome } from './outcome.ts';
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
export function summary(outcomes: readonly StreamOutcome[]): string {
  const accounts = [...new Set(outcomes.map(({ account }) => account))];
  const rows = accounts.map((account) =>
    row(
      account,
      outcomes.filter((outcome) => outcome.account === account),
    ),
  );
  const notes = outcomes.flatMap((outcome) =>
    notesOf(outcome).map((note) => `${outcome.account}: ${note}\n`),
  );
  return [table(headings, rows), ...new Set(notes)].join('');
}

function row(account: string, outcomes: readonly StreamOutcome[]): string[] {
  const windows = outcomes.flatMap(({ report }) => report?.windows ?? []);
  const sum = (count: (window: WindowReport) => number) =>
    String(windows.reduce((total, window) => total + count(window), 0));
  const due = outcomes.flatMap(({ report }) => report?.next_due ?? []).sort();
  return [
    account,
    statusOf(outcomes),
    String(windows.length),
    sum((window) => window.records),
    sum((window) => window.metrics),
    sum(dropped),
    sum((window) => window.quarantined),
    spent(windows),
    `${outcomes.reduce((total, { seconds }) => total + seconds, 0).toFixed(1)} s`,
    due[0] ?? '–',
  ];
}

/** The money of all cells of spend, exactly; what is not final yet is marked. */
function spent(windows: readonly WindowReport[]): string {
  const days = windows.filter((window) => window.amount !== undefined);
  if (days.length === 0) return '–';
  const total = days.reduce((sum, { amount = '0' }) => sum.plus(amount), new Big(0));
  return `${total.toFixed()} ${days[0]?.currency ?? ''}${days.every(({ settled }) => settled) ? '' : ' (provisional)'}`;
}

/** The worst of an account's streams: a failure, that of a project, then what has to go on. */
function statusOf(outcomes: readonly StreamOutcome[]): string {
  const failed = outcomes.find(({ error }) => error !== null)?.error?.exc_type;
  const partly =
    outcomes.flatMap(({ report }) => report?.failures ?? []).length > 0 ? 'partly failed' : undefined;
  const statuses = outcomes.map(({ report }) => report?.status);
  const worst = (['continue', 'busy', 'done'] as const).find((status) => statuses.includes(status));
  return failed ?? partly ?? (worst ?? 'nothing_due').replace('_', ' ');
}

function dropped({ dropped }: WindowReport): number {
  const unmapped = Object.values(dropped.unmapped).reduce((sum, count) => sum + count, 0);
  return dropped.null_result + dropped.system + unmapped;
}

function notesOf({ report, error, stream }: StreamOutcome): string[] {
  if (error) return [`${stream}: ${error.exc_message} — ${error.hint}`];
  const windows = report?.windows ?? [];
  const changed = windows.filter((window) => window.changed);
  const open = windows.filter((window) => !window.settled);
  const days = windows.filter((window) => window.amount !== undefined);
  return [
    ...(report?.notes ?? []),
    ...days.map(dayOf),
    ...(report?.gaps ?? []).map(({ start, end, why }) => `nothing is known of ${start}/${end}: ${why}`),
    ...(report?.failures ?? []).map(
      (failure) => `partition ${failure.partition} failed: ${failure.exc_message}`,
    ),
    ...repeated(windows),
    ...(changed.length > 0
      ? [`changed since they were delivered: ${changed.map(({ start }) => start).join(', ')}`]
      : []),
    ...(open.length > 0
      ? [`${open.length} of ${windows.length} cells are not settled yet and will be read again`]
      : []),
  ];
}

/** A day's money with its finality, and what it came to before when that was something else. */
function dayOf({ partition, start, amount, amount_before, currency, settled }: WindowReport): string {
  const before = amount_before === undefined ? '' : `, ${amount_before} before`;
  return `spend of ${partition} on ${start.slice(0, 10)}: ${amount} ${currency}${before}, ${settled ? 'final' : 'provisional'}`;
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
