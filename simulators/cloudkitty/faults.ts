import { knownFaults } from '../wire-faults.ts';

/** What can be made to go wrong, by name, with a line of help each. */
export const faults = {
  '5xx': 'one request in four is answered with 502 or 503 and a page of HTML',
  reset: 'one request in five has its connection broken',
  'html-200': 'one request in five is answered with 200 and a page of HTML',
  'truncated-json': 'one answer in five ends in the middle of its JSON',
  slow: 'one request in three waits for 100 to 400 ms',
  slowloris: 'every answer drips in, a byte at a time, and never ends',
  'gzip-bomb': 'usage is answered with 256 MiB of blanks in 256 KiB of gzip',
  'keystone-down': 'tokens cannot be checked: 503',
  'storage-down': 'the database of usage does not answer: 500',
  'no-metrics': 'metrics.yml is empty',
  'no-permission': 'the policy lets nobody read',
  'late-processing': 'rating is 30 hours behind',
  're-rated': 'm1.small costs 0.06 instead of 0.05 in the last three days, rated again',
  'reset-scope': 'the state of every project was set back by two days: its data are gone from there on',
  reprocessing: 'a task rates the last two days again, and has not come to its end',
  'lost-ids': 'summaries by id leave out what has none, as some storages do',
  'ignored-offset': 'every page is page one, as with Loki',
  'moving-total': 'every other page of a walk counts one row more',
  'missing-array': 'page one has a total but no array',
  'bad-row': 'one point of every day has the quantity "NaN"',
  'null-rates': 'a summary has rows without quantity and rate, as time series have them',
} as const;

export type FaultName = keyof typeof faults;

/** @throws InvalidConfig for a name that is not known. */
export function parseFaults(names: readonly string[]): ReadonlySet<FaultName> {
  return knownFaults(faults, names);
}

/** Those that a client gets past by asking again; each strikes one request in so many. */
export const passing = { '5xx': 4, reset: 5, 'html-200': 5, 'truncated-json': 5 } as const;
