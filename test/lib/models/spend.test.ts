import { describe, expect, it } from 'vitest';
import { SpendError } from '../../../lib/errors.ts';
import { isCurrency } from '../../../lib/models/currency.ts';
import { type SpendFields, spend } from '../../../lib/models/spend.ts';

const item = { remote_id: 'vm-1', resource_type: 'server', amount: 1.25 };
const day = { currency: 'EUR', spend_date: '2026-11-18', items: [item] };
const loose = (fields: object) => spend({ ...day, ...fields } as SpendFields);

describe('spend', () => {
  it('keeps what it was given, exactly', () => {
    const accumulated = { remote_id: 'vol-1', resource_type: 'volume', amount_accumulative: -0.1 };
    expect(loose({ items: [item, accumulated], amount: 1.15, amount_accumulative: 30 })).toEqual({
      currency: 'EUR',
      spend_date: '2026-11-18',
      items: [item, accumulated],
      amount: 1.15,
      amount_accumulative: 30,
    });
  });

  it('leaves out a total that is not given, and keeps one of zero', () => {
    expect(loose({ amount: null })).toEqual(day);
    expect(loose({ amount: 0 })).toEqual({ ...day, amount: 0 });
  });

  it('takes totals by resource', () => {
    const amount = [{ remote_id: 'vm-1', amount: 1.25 }];
    expect(loose({ amount })).toEqual({ ...day, amount });
  });

  it.each([
    [{ currency: 'euro' }, 'currency is "euro", it must be an ISO 4217 code'],
    [{ currency: undefined }, 'currency is undefined, it must be an ISO 4217 code'],
    [
      { spend_date: '2026-11-18T00:00:00Z' },
      'spend_date is "2026-11-18T00:00:00Z", it must be a date YYYY-MM-DD',
    ],
    [{ spend_date: '2026-02-29' }, 'spend_date is "2026-02-29", it must be a date YYYY-MM-DD'],
    [{ items: null }, 'items is null, it must be a list'],
    [{ items: [{ ...item, remote_id: '' }] }, 'items[0].remote_id is "", it must be a text with a value'],
    [
      { items: [{ ...item, resource_type: 1 }] },
      'items[0].resource_type is 1, it must be a text with a value',
    ],
    [{ items: [{ ...item, amount: '1.25' }] }, 'items[0].amount is "1.25", it must be a finite number'],
    [
      { items: [item, { ...item, amount: 1 / 0 }] },
      'items[1].amount is "Infinity", it must be a finite number',
    ],
    [
      { items: [{ ...item, amount_accumulative: 2 }] },
      'items[0] must have exactly one of amount and amount_accumulative',
    ],
    [
      { items: [{ ...item, amount: null }] },
      'items[0] must have exactly one of amount and amount_accumulative',
    ],
    [{ amount: Number.NaN }, 'amount is "NaN", it must be a finite number'],
    [{ amount: [{ remote_id: 'vm-1' }] }, 'amount[0].amount is undefined, it must be a finite number'],
    [{ amount_accumulative: '3' }, 'amount_accumulative is "3", it must be a finite number'],
  ])('refuses %j', (fields, message) => {
    expect(() => loose(fields)).toThrow(new SpendError(`Spend: ${message}`));
  });
});

describe('isCurrency', () => {
  it.each(['GBP', 'EUR', 'USD', 'JPY', 'SGD', 'INR', 'AUD', 'CHF', 'CNY', 'KWD', 'XDR', 'CLF', 'XAU'])(
    'knows %s',
    (code) => expect(isCurrency(code)).toBe(true),
  );

  it.each(['', 'eur', 'EURO', 'EU', 'ABC', 'BTC', ' EUR'])('does not take %j for one', (code) =>
    expect(isCurrency(code)).toBe(false),
  );
});
