import { knownFaults } from '../wire-faults.ts';

/** What can be made to go wrong, by name, with a line of help each. */
export const faults = {
  '5xx': 'one request in four is answered with 502 or 503 and a page of HTML',
  reset: 'one request in five has its connection broken',
  'html-200': 'one request in five is answered with 200 and a page of HTML',
  'truncated-json': 'one answer in five ends in the middle of its JSON',
  slow: 'one request in three waits for 100 to 400 ms',
  slowloris: 'every answer drips in, a byte at a time, and never ends',
  'gzip-bomb': 'listings are answered with 256 MiB of blanks in 256 KiB of gzip',
  'missing-array': 'listings are answered with {} instead of an array',
  'single-threaded': 'connections are served one after the other; an idle one blocks all that came later',
  'keystone-unreachable': 'the server cannot reach Keystone: 500 with a page of HTML',
  'service-account-refused': "the server's own account is refused by Keystone: 401 for everybody",
  'token-expiry': 'a token of Keystone is good for three calls, then it is refused with 401',
  'old-release': 'a server before 4.0.9: no /v1, no processed, os without image_meta',
  'end-missing-local-clock': 'the clock that stands in for a missing end is five hours behind UTC',
  'unknown-entity-type': 'the first project holds a row of type network: entities answers 500',
  'nan-size': 'one volume in five has the size "NaN"',
  'string-dates-garbage': 'one row in ten has a start that is no date',
  'late-rows': 'one row in ten appears 1 to 48 hours late',
  'late-ends': 'one row in ten is shown open until 1 to 48 hours after its end',
  'rewritten-rows': 'one closed row in ten is shown ending too early, and corrected 1 to 48 hours later',
  'rewritten-starts': 'one row in ten is shown starting too late, and corrected 1 to 48 hours later',
  'ghost-rows': 'beside one row in ten stands another, until 1 to 48 hours after its start',
} as const;

export type FaultName = keyof typeof faults;

/** @throws InvalidConfig for a name that is not known. */
export function parseFaults(names: readonly string[]): ReadonlySet<FaultName> {
  return knownFaults(faults, names);
}
