import { describe, it } from 'vitest';
import { type ContractSubject, contractCases } from './contract-cases.ts';

/** What every provider owes: one call in its test, and its own oddities beside it. */
export function describeContract(subject: ContractSubject): void {
  describe(`${subject.provider.name} keeps the contract`, () => {
    const applying = contractCases.filter(({ applies }) => applies?.(subject) ?? true);
    it.each(applying)('$name', async ({ run }) => {
      await run(subject);
    });
  });
}
