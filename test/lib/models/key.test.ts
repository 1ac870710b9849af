import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type KeyParts, type KeyScope, usageKey, usageKeys } from '../../../lib/models/key.ts';
import { formatInstant } from '../../../lib/time.ts';

const parts: KeyParts = {
  account: 'acme',
  provider: 'cloudstack',
  stream: 'metrics',
  partition: 'all',
  kind: 'RUNNING_VM',
  metric: 'vm-running-time',
  specialisation: '',
  resourceId: 'vm-1',
  period: { start: Date.UTC(2026, 10, 18), end: Date.UTC(2026, 10, 19) },
  identity: ['zone-1', 7, true, null],
  ordinal: 0,
};

/** The definition, word for word. */
const defined = (p: KeyParts) =>
  createHash('sha256')
    .update(
      JSON.stringify([
        ...[p.account, p.provider, p.stream, p.partition, p.kind, p.metric, p.specialisation, p.resourceId],
        `${formatInstant(p.period.start)}/${formatInstant(p.period.end)}`,
        ...p.identity,
        ...(p.ordinal > 0 ? [p.ordinal] : []),
      ]),
    )
    .digest('hex')
    .slice(0, 32);

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 6 }),
  fc.constantFrom('a', '"', '",', '],[', '\\'),
);
const instant = fc.integer({ min: 0, max: 4e12 });
/** Three attributes: the identities of one kind are of one length. */
const identity = fc.tuple(
  text,
  fc.oneof(text, fc.integer(), fc.boolean()),
  fc.constantFrom(null, 'null', 0, false),
);
const record = fc.record({
  kind: text,
  resource: fc.record({ id: text }),
  period: fc.record({ start: instant, end: instant }),
  identity,
});
const call = fc.record({ record, metric: text, specialisation: text, ordinal: fc.nat({ max: 3 }) });
const scopes: fc.Arbitrary<KeyScope> = fc.record({
  account: text,
  provider: text,
  stream: text,
  partition: text,
});
const anyParts = fc.tuple(scopes, call).map(
  ([
    scope,
    {
      record: { resource, ...rest },
      ...own
    },
  ]): KeyParts => ({
    ...scope,
    ...rest,
    ...own,
    resourceId: resource.id,
  }),
);

describe('usageKey', () => {
  it('is 32 hex digits that never change from version to version', () => {
    expect(usageKey(parts)).toBe('604ba0c81ad1603388ca1c5ba6174443');
    expect(usageKey({ ...parts, ordinal: 2 })).toBe('db37d19e6e7f3b466acb170d523207e8');
  });

  it('is what its definition says', () => {
    fc.assert(
      fc.property(anyParts, (some) => {
        expect(usageKey(some)).toBe(defined(some));
      }),
    );
  });

  it('differs whenever a part differs', () => {
    fc.assert(
      fc.property(anyParts, anyParts, (one, other) => {
        for (const name of Object.keys(one) as (keyof KeyParts)[]) {
          const changed = { ...one, [name]: other[name] };
          const same = JSON.stringify(changed) === JSON.stringify(one);
          expect(usageKey(changed) === usageKey(one)).toBe(same);
        }
      }),
    );
  });

  it('tells records apart whose texts run together', () => {
    expect(usageKey({ ...parts, metric: 'a', specialisation: 'bc' })).not.toBe(
      usageKey({ ...parts, metric: 'ab', specialisation: 'c' }),
    );
  });
});

describe('usageKeys', () => {
  it('gives the same keys in any order of records, metrics and periods', () => {
    fc.assert(
      fc.property(
        scopes,
        fc.array(call, { maxLength: 6 }),
        fc.array(fc.nat({ max: 5 })),
        (scope, calls, order) => {
          const keyOf = usageKeys(scope);
          for (const index of order) {
            const next = calls[index % Math.max(calls.length, 1)];
            if (!next) continue;
            const { resource, ...rest } = next.record;
            const whole = { ...scope, ...rest, ...next, resourceId: resource.id };
            expect(keyOf(next.record, next.metric, next.specialisation, next.ordinal)).toBe(defined(whole));
          }
        },
      ),
    );
  });

  it('tells periods apart of which only the start or only the end is the same', () => {
    const keyOf = usageKeys(parts);
    const { kind, identity } = parts;
    for (const [start, end] of [
      [0, 1],
      [0, 2],
      [1, 2],
    ] as const) {
      const usage = { kind, resource: { id: 'vm-1' }, period: { start, end }, identity };
      expect(keyOf(usage, parts.metric, '', 0)).toBe(defined({ ...parts, period: { start, end } }));
    }
  });

  it('never sees the amount', () => {
    const keyOf = usageKeys(parts);
    const { kind, period, identity } = parts;
    const usage = (value: number) => ({
      kind,
      resource: { id: 'vm-1' },
      period,
      identity,
      variables: { value },
    });
    expect(keyOf(usage(1), parts.metric, '', 0)).toBe(keyOf(usage(2), parts.metric, '', 0));
    expect(keyOf(usage(3), parts.metric, '', 0)).toBe(usageKey(parts));
  });
});
