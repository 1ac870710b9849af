import { knownFaults } from '../wire-faults.ts';

/** What can be made to go wrong, by name, with a line of help each. */
export const faults = {
  throttle: 'every other request is refused with 429 TooManyRequestsException',
  '500': 'every other request is answered with 500 ServiceException',
  reset: 'every other request has its connection broken before it is obeyed',
} as const;

export type FaultName = keyof typeof faults;

/** @throws InvalidConfig for a name that is not known. */
export function parseFaults(names: readonly string[]): ReadonlySet<FaultName> {
  return knownFaults(faults, names);
}

/** The fault that a request meets: the first of every two, so that a client that asks again gets through. */
export function faultOf(chosen: ReadonlySet<FaultName>, number: number): FaultName | null {
  if (number % 2 === 1) return null;
  return (Object.keys(faults) as FaultName[]).find((name) => chosen.has(name)) ?? null;
}
