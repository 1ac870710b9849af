import type { Interval } from '../../lib/time.ts';
import { calendar } from './calendar.ts';
import { historyOf } from './history.ts';
import { kindOf } from './kinds.ts';
import { type CloudStackOptions, type Settings, settingsOf } from './options.ts';
import { syntheticTable } from './synthetic.ts';
import { rowsOf } from './usage-job.ts';
import type { Unit } from './use.ts';
import { callerOf, maySee, worldOf } from './world.ts';

/** A row that counts: what the cloud reports for its true history once nothing is late, repeated or missing. */
export interface TrueRow {
  /** The contract's name: `RUNNING_VM`, `BACKUP_BYTES`. */
  readonly kind: string;
  /** By the contract's rule where the row has no usageid. */
  readonly id: string;
  /** Half-open. */
  readonly period: Interval;
  /** Millionths of an hour, bytes or operations. */
  readonly amount: bigint;
  readonly unit: Unit;
  readonly tenant: string;
}

type Source = CloudStackOptions | { readonly options: CloudStackOptions };

/**
 * The rows whose start lies in the interval and that the role may see, in the order of their ids. Made from
 * the history; neither the answers nor the faults nor the clock have a part in it.
 */
export function oracle(source: Source, interval: Interval, kinds?: readonly string[]): TrueRow[] {
  return [...oracleRows(source, interval, kinds)];
}

/** {@link oracle}, row by row, for many. */
export function* oracleRows(
  source: Source,
  interval: Interval,
  kinds?: readonly string[],
): Generator<TrueRow> {
  const settings = settingsOf('options' in source ? source.options : source);
  const rows = settings.synthetic ? syntheticRows(settings, interval) : historicRows(settings, interval);
  for (const row of rows) if (kinds === undefined || kinds.includes(row.kind)) yield row;
}

/** Sums by kind, in the unit of each. */
export function totals(rows: Iterable<TrueRow>): Map<string, bigint> {
  const sums = new Map<string, bigint>();
  for (const { kind, amount } of rows) sums.set(kind, (sums.get(kind) ?? 0n) + amount);
  return sums;
}

function* historicRows(settings: Settings, { start, end }: Interval): Generator<TrueRow> {
  const world = worldOf(settings);
  const caller = callerOf(world, settings.role);
  const history = historyOf(world);
  const days = calendar(settings.zone, settings.rangeMinutes);
  for (let day = days.dayOf(start); day <= days.dayOf(end); day += 1) {
    for (const period of days.periodsOf(day)) {
      if (period.start < start || period.start >= end) continue;
      for (const { use, amount } of rowsOf(history, period)) {
        if (!maySee(caller, settings.role, use.owner)) continue;
        const kind = kindOf(use.type, use.unit);
        yield { kind, id: use.id, period, amount: BigInt(amount), unit: use.unit, tenant: use.owner.id };
      }
    }
  }
}

function* syntheticRows(settings: Settings, interval: Interval): Generator<TrueRow> {
  if (!settings.synthetic) return;
  const days = calendar(settings.zone, settings.rangeMinutes);
  const table = syntheticTable(settings.synthetic, settings, worldOf(settings), days);
  for (const { type, id, owner, period, amount } of table.rows(interval)) {
    yield {
      kind: kindOf(type, 'hours'),
      id,
      period,
      amount: BigInt(amount),
      unit: 'hours',
      tenant: owner.id,
    };
  }
}
