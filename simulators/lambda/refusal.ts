import type { ServerResponse } from 'node:http';
import { sendJson } from '../serve.ts';

/** How Lambda refuses a request: the exception's name in a header, the rest in the body. */
interface Refusal {
  readonly status: number;
  readonly type: string;
  readonly body: Readonly<Record<string, string>>;
}

export const refusals = {
  throttled: {
    status: 429,
    type: 'TooManyRequestsException',
    body: { Reason: 'ConcurrentInvocationLimitExceeded', Type: 'User', message: 'Rate Exceeded.' },
  },
  broken: {
    status: 500,
    type: 'ServiceException',
    body: { Type: 'Service', message: 'An error occurred and the request cannot be processed.' },
  },
  notJson: {
    status: 400,
    type: 'InvalidRequestContentException',
    body: { Type: 'User', message: 'Could not parse request body into json' },
  },
  endless: {
    status: 400,
    type: 'RecursiveInvocationException',
    body: {
      Type: 'User',
      Message: 'Lambda has detected your function being invoked in a recursive loop with other services.',
    },
  },
  notFound: (name: string): Refusal => ({
    status: 404,
    type: 'ResourceNotFoundException',
    body: { Type: 'User', Message: `Function not found: ${name}` },
  }),
  badType: (type: string): Refusal => ({
    status: 400,
    type: 'InvalidParameterValueException',
    body: { Type: 'User', message: `${type} is no invocation type` },
  }),
  tooLarge: (most: number): Refusal => ({
    status: 413,
    type: 'RequestTooLargeException',
    body: {
      Type: 'User',
      message: `Request must be smaller than ${most} bytes for the InvokeFunction operation`,
    },
  }),
} as const;

export function refuse(response: ServerResponse, { status, type, body }: Refusal): void {
  response.setHeader('x-amzn-ErrorType', type);
  sendJson(response, status, body);
}
