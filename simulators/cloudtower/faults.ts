import { knownFaults } from '../wire-faults.ts';

/** What can be made to go wrong, by name, with a line of help each. */
export const faults = {
  '5xx': 'one request in four is answered with 502 or 503 and a page of HTML',
  reset: 'one request in five has its connection broken',
  'html-200': 'one request in five is answered with 200 and a page of HTML',
  'truncated-json': 'one answer in five ends in the middle of its JSON',
  slow: 'one request in three waits for 100 to 400 ms',
  slowloris: 'every answer drips in, a byte at a time, and never ends',
  'gzip-bomb': 'machines are answered with 256 MiB of blanks in 256 KiB of gzip',
  'no-permission': 'the user may call nothing but get-version',
  'no-audit': 'the user may not read the audit of users',
  'no-metrics': 'the user may not read measurements',
  'token-loss': 'every token dies after five uses',
  'frozen-cluster': 'the second cluster has been disconnected for the last six hours',
  'dropped-metrics': 'measurements of more than two machines, or of more than two hours, are cut off',
  'empty-metrics': 'the tower knows none of the names of measurements',
  'no-rates': 'network rates have no points, their counters do',
  'lost-cursor': 'the row of every cursor vanishes before the next page: the tower then shows nothing',
  'ignored-cursor': 'every page is the first',
  'missing-array': 'listings are answered with an object',
  'bad-row': 'one measured value is a text',
} as const;

export type FaultName = keyof typeof faults;

/** @throws InvalidConfig for a name that is not known. */
export function parseFaults(names: readonly string[]): ReadonlySet<FaultName> {
  return knownFaults<FaultName>(faults, names);
}
