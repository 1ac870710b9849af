import type { IncomingMessage } from 'node:http';
import type { RequestNote } from '../simulator.ts';
import type { Parameters } from './signature.ts';

/** A note while its request is being answered. */
export type Note = { -readonly [Field in keyof RequestNote]: RequestNote[Field] };

/** Query and form together; of a name sent twice the last value counts (sheet 1.1). */
export function parametersOf(request: IncomingMessage, url: URL, body: string): Parameters {
  const isForm = request.headers['content-type']?.startsWith('application/x-www-form-urlencoded') ?? false;
  const form = request.method === 'POST' && isForm ? new URLSearchParams(body) : [];
  return Object.fromEntries([...url.searchParams, ...form]);
}

/** Names other than the few that are matched literally are read ignoring case. */
export function lowerCased(parameters: Parameters): Parameters {
  return Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name.toLowerCase(), value]));
}

/** Everything about a request that may be remembered. */
export function noteOf(request: IncomingMessage, url: URL, parameters: Parameters, number: number): Note {
  const hidden = /^(apikey|signature|signatureversion|expires|userapikey)$/i;
  const shown = Object.entries(parameters).filter(([name]) => !hidden.test(name));
  const page = Number(parameters.page);
  return {
    number,
    method: request.method ?? '',
    path: url.pathname,
    command: parameters.command ?? null,
    page: Number.isInteger(page) ? page : null,
    parameters: Object.fromEntries(shown),
    at: Date.now(),
    status: null,
    fault: null,
    retryAfterMs: null,
  };
}
