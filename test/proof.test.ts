import { describe, expect, it } from 'vitest';
import { proofs } from '../proof/proofs.ts';

describe.each(proofs)('$id $name', (proof) => {
  it('holds on its quick count', async () => {
    const { violations } = await proof.run({ seed: 20_261_121, count: proof.quick });
    expect(violations).toEqual([]);
  });

  it.each(proof.bad)('catches: $name', async (design) => {
    const { violated } = await design.run({ seed: 20_261_121, count: proof.quick, enough: 1 });
    expect(violated).toBeGreaterThan(0);
  });
});
