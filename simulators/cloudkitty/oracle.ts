import Big from 'big.js';
import { DAY, type Millis } from '../../lib/time.ts';
import { type Happened, ratedIn } from './rating.ts';

/** What one thing came to on one UTC day, in exact decimals. */
export interface OracleItem {
  readonly type: string;
  readonly id: string;
  /** Decimal text. */
  readonly quantity: string;
  readonly amount: string;
  readonly hours: number;
}

/** The truth about a project's day, from the world alone: no answer of the server plays a part in it. */
export function oracleDay(happened: Happened, project: string, day: Millis): OracleItem[] {
  const sums = new Map<string, { type: string; id: string; quantity: Big; amount: Big; hours: number }>();
  for (const { type, id, quantity, price } of ratedIn(happened, project, { start: day, end: day + DAY })) {
    const key = `${type} ${id}`;
    const sum = sums.get(key) ?? { type, id, quantity: new Big(0), amount: new Big(0), hours: 0 };
    sums.set(key, {
      ...sum,
      quantity: sum.quantity.plus(quantity),
      amount: sum.amount.plus(price),
      hours: sum.hours + 1,
    });
  }
  return [...sums]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, { quantity, amount, ...rest }]) => ({
      ...rest,
      quantity: quantity.toFixed(),
      amount: amount.toFixed(),
    }));
}

/** What a project's day cost. */
export function oracleTotal(happened: Happened, project: string, day: Millis): string {
  return oracleDay(happened, project, day)
    .reduce((sum, { amount }) => sum.plus(amount), new Big(0))
    .toFixed();
}
