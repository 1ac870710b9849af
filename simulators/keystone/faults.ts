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

/** The faults that a client gets past by asking again; each strikes one request in so many. */
export const passing = { '5xx': 4, reset: 5, 'html-200': 5 } as const;
