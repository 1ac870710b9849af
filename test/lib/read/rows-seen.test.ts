import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rowsSeen } from '../../../lib/read/rows-seen.ts';

/** What is told of pages. */
function told(...pages: unknown[][]): string | null {
  const seen = rowsSeen();
  for (const page of pages) seen.add(page);
  return seen.repeated();
}

describe('rowsSeen', () => {
  it('says nothing of different rows, nor of the rows of one page', () => {
    expect(told([{ a: 1 }], [{ a: 2 }])).toBeNull();
    expect(told([{ a: 1 }, { a: 1 }])).toBeNull();
  });

  it('says the same of walks that gave the same rows, in whatever order', () => {
    const once = told([{ a: 1 }, { b: 'x' }], [{ a: 1 }]);
    expect(once).toMatch(/^[0-9a-f]{64}$/);
    expect(told([{ b: 'x' }, { a: 1 }], [{ a: 1 }])).toBe(once);
    expect(told([{ b: 'y' }, { a: 1 }], [{ a: 1 }])).not.toBe(once);
  });

  it.each([
    [{ a: '1' }, { a: '2' }],
    [{ a: 'bc' }, { ab: 'c' }],
    [{ a: ['b', 'c'] }, { a: ['bc'] }],
    [{ a: { b: 'c' } }, { a: {}, b: 'c' }],
    [{ a: [] }, { a: [[]] }],
    ['text', 'texts'],
    [null, 0],
  ])('tells %j from %j', (one, other) => {
    expect(told([one], [other])).toBeNull();
    expect(told([one], [structuredClone(one)])).not.toBeNull();
  });

  it('tells any two rows apart whose JSON differs', () => {
    const json = fc.jsonValue({ maxDepth: 3, noUnicodeString: false });
    fc.assert(
      fc.property(json, json, (one, other) => {
        fc.pre(JSON.stringify(one) !== JSON.stringify(other) && !hidesTypes(one, other));
        expect(told([one], [other])).toBeNull();
      }),
    );
  });

  it('is not hurt by a row that nothing can print', () => {
    const deep = JSON.parse(`${'['.repeat(5000)}${']'.repeat(5000)}`);
    expect(told([deep], [deep])).not.toBeNull();
  });
});

/** A number and its text, an empty list and an empty object: told apart by nothing that a provider sends. */
function hidesTypes(one: unknown, other: unknown): boolean {
  const plain = (value: unknown) =>
    JSON.stringify(value, (_, inner) => {
      if (typeof inner !== 'object' || inner === null) return String(inner);
      return Object.fromEntries(Object.entries(inner));
    });
  return plain(one) === plain(other);
}
