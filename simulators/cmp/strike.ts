import type { ServerResponse } from 'node:http';
import { sendJson } from '../serve.ts';
import type { FaultName } from './faults.ts';

/** Faults that keep a request from being obeyed; of several the first counts. */
const blocking = ['silent', 'reset', '401', '403', '429', '500', '5xx', 'html-200'] as const;

export type Blocking = (typeof blocking)[number];

/** These strike every other request, beginning with the first: a client that asks again gets through. */
const everyOther: ReadonlySet<FaultName> = new Set(['reset', '429', '5xx', 'html-200']);

const RETRY_AFTER_SECONDS = 1;

/** The fault that a request meets before it is read. */
export function blockedBy(faults: ReadonlySet<FaultName>, number: number): Blocking | null {
  const meets = (fault: FaultName) => faults.has(fault) && !(everyOther.has(fault) && number % 2 === 1);
  return blocking.find(meets) ?? null;
}

/** What became of the exchange. */
export interface Struck {
  /** Null when nothing was answered. */
  readonly status: number | null;
  readonly retryAfterMs: number | null;
}

/** Answers, or does not, as the fault has it. */
export function strike(fault: Blocking, number: number, response: ServerResponse): Struck {
  if (fault === 'silent') return { status: null, retryAfterMs: null };
  if (fault === 'reset') return breakConnection(response);
  if (fault === '5xx') return sendPage(response, number % 4 === 0 ? 502 : 503);
  if (fault === 'html-200') return sendPage(response, 200);
  const status = Number(fault);
  const slowedDown = status === 429;
  if (slowedDown) response.setHeader('Retry-After', RETRY_AFTER_SECONDS);
  sendJson(response, status, { error: `The fault ${fault} is on` });
  return { status, retryAfterMs: slowedDown ? RETRY_AFTER_SECONDS * 1000 : null };
}

export function breakConnection(response: ServerResponse): Struck {
  response.socket?.resetAndDestroy();
  return { status: null, retryAfterMs: null };
}

function sendPage(response: ServerResponse, status: number): Struck {
  response.writeHead(status, { 'content-type': 'text/html' });
  response.end(`<html><body><h1>${status === 200 ? 'Please wait' : 'Bad Gateway'}</h1></body></html>\n`);
  return { status, retryAfterMs: null };
}
