/** What can be made to go wrong, by name, with a line of help each. */
export const faults = {
  'slow-down': 'every other request is refused with 503 SlowDown',
  '500': 'every other request is answered with 500 InternalError',
  unavailable: 'every request is refused with 503 ServiceUnavailable',
  'access-denied': 'every request is refused with 403 AccessDenied',
  'read-only': 'every write is refused with 403 AccessDenied',
  'bad-credentials': 'every request is refused with 403 InvalidAccessKeyId',
  'no-bucket': 'every request is refused with 404 NoSuchBucket',
  reset: 'every other request has its connection broken before it is obeyed',
  'lost-answer': 'every other PUT is obeyed, and the connection breaks before the answer',
  'ignores-conditions': 'If-Match and If-None-Match are not looked at',
} as const;

export type FaultName = keyof typeof faults;
