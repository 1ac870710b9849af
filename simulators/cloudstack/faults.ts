import { knownFaults } from '../wire-faults.ts';

/** What can be made to go wrong, by name, with a line of help each. */
export const faults = {
  '429-storm': 'one request in three is refused with 429 and a wait in its text',
  '5xx': 'one request in four is answered with 502 or 503 and a page of HTML',
  reset: 'one request in five has its connection broken',
  'html-200': 'one request in five is answered with 200 and a page of HTML',
  'truncated-json': 'one answer in five ends in the middle of its JSON',
  slow: 'one request in three waits for 100 to 400 ms',
  slowloris: 'every answer drips in, a byte at a time, and never ends',
  'gzip-bomb': 'usage is answered with 256 MiB of blanks in 256 KiB of gzip',
  'clock-skew': "the server's clock is 20 minutes ahead",
  'no-permission': 'the role may not call listUsageRecords',
  'late-rows': '5 % of the rows appear 1 to 72 hours late, with later ids',
  'duplicate-rows': '3 % of the rows are stored again by the job of one of the next three days',
  'usage-server-stopped': 'the usage job has not run for 7 days, and listUsageServerMetrics says so',
  'suspect-empty-day': 'one day of the last week has no rows',
  'rewritten-rows': '1 % of the rows are stored with another amount and corrected 1 to 48 hours later',
  'skipped-days': 'the job leaves one day in seven out, and makes up for it after five days',
  'bad-row': 'one row of a day of the last week has the rawusage "NaN"',
  'page-drift': 'every other walk over several pages has a row appear or vanish after its first page',
  'restless-listing': 'every walk over several pages has a row appear or vanish after its first page',
  'page-swap': 'every other walk has a row of its first page vanish and another appear at its end',
  'page-reorder': 'every other walk finds its rows in another order after its first page',
  'short-page': 'every other walk over several pages has a first page with a row too few',
  'page-counts': 'the count is that of the rows of the page, as with some releases',
  'low-count': 'the count is smaller than the rows are many',
  'repeat-page': 'every page is page one',
  'lying-count': 'the count is larger than the rows are many',
  'missing-array': 'page one has a count but no array',
} as const;

export type FaultName = keyof typeof faults;

/** @throws InvalidConfig for a name that is not known. */
export function parseFaults(names: readonly string[]): ReadonlySet<FaultName> {
  return knownFaults(faults, names);
}
