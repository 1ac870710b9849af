import { describe, expect, it } from 'vitest';
import { subject } from './functions/cloudstack/subject.ts';
import { broken } from './support/broken.ts';
import { contractCases } from './support/contract-cases.ts';

describe('every case of the contract can fail', () => {
  it('has a broken provider for each', () => {
    expect(Object.keys(broken).sort()).toEqual(contractCases.map(({ name }) => name).sort());
  });

  it.each(contractCases)('$name', async ({ name, run }) => {
    const sabotage = broken[name];
    if (!sabotage) throw new Error('no broken provider');
    await expect(run(sabotage(subject))).rejects.toThrow();
  });
});
