import Big from 'big.js';
import { newTally, type Tally } from '../map.ts';
import type { ExactSpend, ExactSpendItem } from '../models/spend.ts';
import type { SpendRecord } from '../models/spend-record.ts';
import type { CellRead } from '../read.ts';
import { formatInstant } from '../time.ts';

/** One day's money, and what was counted on the way. */
export interface MappedSpend {
  readonly spend: ExactSpend;
  readonly tally: Tally;
}

/**
 * Adds one day's records up by resource and type, in decimals: no amount passes through a double, and nothing is
 * rounded. What cost nothing is listed with 0.
 * @throws SyncError of the first bad row when `strict`
 */
export function mapSpend(
  records: readonly SpendRecord[],
  { bad, cell }: Pick<CellRead<SpendRecord>, 'bad' | 'cell'>,
  { currency, strict }: { readonly currency: string; readonly strict: boolean },
): MappedSpend {
  const [first] = bad;
  if (strict && first) throw first.error;
  const sums = new Map<string, { record: SpendRecord; amount: Big }>();
  for (const record of records) {
    const key = JSON.stringify([record.resource.id, record.kind]);
    const before = sums.get(key)?.amount ?? new Big(0);
    sums.set(key, { record, amount: before.plus(record.amount) });
  }
  const items = [...sums].sort(byKey).map(([, sum]) => itemOf(sum));
  const amount = [...sums.values()].reduce((total, sum) => total.plus(sum.amount), new Big(0)).toFixed();
  const tally = { ...newTally(bad), metrics: items.length };
  const spend_date = formatInstant(cell.start).slice(0, 10);
  return { spend: { currency, spend_date, items, amount }, tally };
}

function itemOf({ record, amount }: { record: SpendRecord; amount: Big }): ExactSpendItem {
  return { remote_id: record.resource.id, resource_type: record.kind, amount: amount.toFixed() };
}

function byKey([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
