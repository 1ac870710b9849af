import Big from 'big.js';
import { SpendError } from '../errors.ts';
import { parseTimestamp } from '../time.ts';
import { isCurrency } from './currency.ts';
import { given, type Maybe, quote } from './fields.ts';

/** Money of one resource on one day: exactly one of the two amounts. */
export interface SpendItem {
  /** The provider's id of the resource. */
  readonly remote_id: string;
  readonly resource_type: string;
  /** What this day alone cost, in `currency`. */
  readonly amount?: number;
  /** What the month cost up to this day. */
  readonly amount_accumulative?: number;
}

/** What an account cost on one day. */
export interface Spend {
  /** ISO 4217. */
  readonly currency: string;
  /** `YYYY-MM-DD`, UTC. */
  readonly spend_date: string;
  readonly items: readonly SpendItem[];
  /** The total, or totals by resource. */
  readonly amount?: number | readonly SpendTotal[];
  readonly amount_accumulative?: number;
}

export interface SpendTotal {
  readonly remote_id: string;
  readonly amount: number;
}

export interface SpendFields {
  readonly currency: string;
  readonly spend_date: string;
  readonly items: readonly SpendItem[];
  readonly amount?: Maybe<number | readonly SpendTotal[]>;
  readonly amount_accumulative?: Maybe<number>;
}

/** @throws SpendError naming the field that is wrong; money is never guessed, rounded or left out. */
export function spend(fields: SpendFields): Spend {
  const { currency, spend_date, items, amount, amount_accumulative } = fields;
  if (!isCurrency(currency)) throw wrong('currency', currency, 'an ISO 4217 code');
  if (!isDate(spend_date)) throw wrong('spend_date', spend_date, 'a date YYYY-MM-DD');
  if (!Array.isArray(items)) throw wrong('items', items, 'a list');
  return {
    currency,
    spend_date,
    items: items.map((item, index) => spendItem(item, `items[${index}]`)),
    ...given({ amount: typeof amount === 'object' ? amount?.map(total) : optionalMoney(amount, 'amount') }),
    ...given({ amount_accumulative: optionalMoney(amount_accumulative, 'amount_accumulative') }),
  };
}

function spendItem(item: SpendItem, place: string): SpendItem {
  const amounts = given({ amount: item.amount, amount_accumulative: item.amount_accumulative });
  const [first, second] = Object.entries(amounts);
  if (!first || second) {
    throw new SpendError(`Spend: ${place} must have exactly one of amount and amount_accumulative`);
  }
  const [name, value] = first;
  return {
    remote_id: text(item.remote_id, `${place}.remote_id`),
    resource_type: text(item.resource_type, `${place}.resource_type`),
    [name]: money(value, `${place}.${name}`),
  };
}

function total({ remote_id, amount }: SpendTotal, index: number): SpendTotal {
  const place = `amount[${index}]`;
  return { remote_id: text(remote_id, `${place}.remote_id`), amount: money(amount, `${place}.amount`) };
}

function optionalMoney(value: Maybe<number>, field: string): number | null {
  return value === null || value === undefined ? null : money(value, field);
}

function money(value: unknown, field: string): number {
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw wrong(field, typeof value === 'number' ? String(value) : value, 'a finite number');
}

function text(value: unknown, field: string): string {
  if (typeof value === 'string' && value !== '') return value;
  throw wrong(field, value, 'a text with a value');
}

function isDate(value: unknown): boolean {
  return typeof value === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(value) && parseTimestamp(value) !== null;
}

function wrong(field: string, value: unknown, expected: string): SpendError {
  return new SpendError(`Spend: ${field} is ${quote(value)}, it must be ${expected}`);
}

/** {@link SpendItem} with its digits: decimal text, as the provider's numbers added up to. */
export interface ExactSpendItem {
  readonly remote_id: string;
  readonly resource_type: string;
  readonly amount: string;
}

/** {@link Spend} before its numbers become doubles. */
export interface ExactSpend {
  readonly currency: string;
  readonly spend_date: string;
  readonly items: readonly ExactSpendItem[];
  readonly amount: string;
}

/**
 * The spend of two partitions on one day as one document.
 * @throws SpendError for different days or currencies
 */
export function addSpend(a: ExactSpend, b: ExactSpend): ExactSpend {
  if (a.spend_date !== b.spend_date || a.currency !== b.currency) {
    throw new SpendError(
      `Spend of ${a.spend_date} in ${a.currency} and of ${b.spend_date} in ${b.currency} cannot be one answer`,
      { hint: 'Configure a sink: it takes one document for each day and project.' },
    );
  }
  return { ...a, items: [...a.items, ...b.items], amount: new Big(a.amount).plus(b.amount).toFixed() };
}

/** nflex's shape as JSON text, whose numbers keep all their digits. */
export function printSpend({ currency, spend_date, items, amount }: ExactSpend): string {
  const lines = items.map(
    (item) =>
      `\n{"remote_id":${JSON.stringify(item.remote_id)},"resource_type":${JSON.stringify(item.resource_type)},"amount":${item.amount}}`,
  );
  const head = JSON.stringify({ currency, spend_date }).slice(0, -1);
  return `${head},"items":[${lines.join(',')}${lines.length > 0 ? '\n' : ''}],"amount":${amount}}\n`;
}

/** nflex's shape as a value: its numbers are the doubles nearest to the exact amounts. */
export function nflexSpend({ items, amount, ...rest }: ExactSpend): Spend {
  const numbers = items.map((item) => ({ ...item, amount: Number(item.amount) }));
  return spend({ ...rest, items: numbers, amount: Number(amount) });
}
