import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sharedTexts } from '../../../lib/read/texts.ts';

describe('sharedTexts', () => {
  it('changes nothing that a reader could see', () => {
    fc.assert(
      fc.property(fc.array(fc.dictionary(fc.string(), fc.jsonValue())), (rows) => {
        const before = structuredClone(rows);
        const share = sharedTexts();
        for (const row of rows) share(row);
        expect(rows).toEqual(before);
      }),
    );
  });

  it('leaves what may not be written to, and what is no row', () => {
    const share = sharedTexts();
    for (const row of [Object.freeze({ a: 'x' }), null, 'text', 7, ['x']])
      expect(() => share(row)).not.toThrow();
  });
});
