import { knownFaults } from '../wire-faults.ts';

/** What can be made to go wrong, by name, with a line of help each. */
export const faults = {
  '401': 'every request is refused with 401, whatever its credentials',
  '403': 'every request is refused with 403',
  '429': 'every other request is refused with 429 and "Retry-After: 1"',
  '500': 'every request is answered with 500',
  '5xx': 'every other request is answered with 502 or 503 and a page of HTML',
  reset: 'every other request has its connection broken before it is obeyed',
  'html-200': 'every other request is answered with 200 and a page of HTML, and not obeyed',
  'not-200': 'every request is obeyed and answered with 202',
  slow: 'every answer waits for 300 ms',
  silent: 'no request is ever answered',
  'half-accepted': 'of metrics that are new the first half is kept, and the answer is 500',
  'lost-answer': 'metrics that are new are kept, and the connection breaks before the answer',
} as const;

export type FaultName = keyof typeof faults;

/** @throws InvalidConfig for a name that is not known. */
export function parseFaults(names: readonly string[]): ReadonlySet<FaultName> {
  return knownFaults(faults, names);
}
