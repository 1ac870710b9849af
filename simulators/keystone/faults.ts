import { InvalidConfig } from '../../lib/errors.ts';

/** What can be made to go wrong, by name, with a line of help each. */
export const faults = {
  '5xx': 'one request in four is answered with 502 or 503 and a page of HTML',
  reset: 'one request in five has its connection broken',
  'html-200': 'one request in five is answered with 200 and a page of HTML',
  slow: 'one request in three waits for 100 to 400 ms',
  unscoped: 'every login gives a token without a scope',
  'no-subject-token': 'the answer to a login lacks its header with the token',
  'two-regions': 'every endpoint is there once more, in RegionTwo, at another address',
  'wrong-region': 'every endpoint is in RegionOther',
  'no-endpoint': 'the services of the catalog have no endpoints',
  'empty-catalog': 'the catalog holds no service',
  'public-url': 'interfaces are named publicURL, internalURL and adminURL',
} as const;

export type FaultName = keyof typeof faults;

/** @throws InvalidConfig for a name that is not known. */
export function parseFaults(names: readonly string[]): ReadonlySet<FaultName> {
  const unknown = names.filter((name) => !Object.hasOwn(faults, name));
  if (unknown.length === 0) return new Set(names as readonly FaultName[]);
  throw new InvalidConfig(`Unknown fault: ${unknown.join(', ')}`, {
    code: 'UNKNOWN_FAULT',
    hint: `Known are ${Object.keys(faults).join(', ')}.`,
  });
}
