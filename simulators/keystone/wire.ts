import type { ServerResponse } from 'node:http';
import { uuidOf } from '../seeded.ts';

/**
 * Sends as the recorded server does: no Content-Length, the body ends with the connection, an id with every
 * answer (sheet 2.1).
 * @param body undefined for none, a text as it is, anything else as JSON with ASCII only
 */
export function send(
  to: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>>,
  body: unknown,
  request: readonly [seed: number, number: number],
): void {
  to.shouldKeepAlive = false;
  for (const name of ['Content-Length', 'Transfer-Encoding']) to.removeHeader(name);
  if (body !== undefined) to.setHeader('Content-Type', 'application/json');
  for (const [name, value] of Object.entries(headers)) to.setHeader(name, value);
  if (status !== 413) {
    // That one never reaches Keystone itself.
    to.setHeader('Vary', 'X-Auth-Token');
    to.setHeader('x-openstack-request-id', `req-${uuidOf('request', ...request)}`);
  }
  to.writeHead(status);
  to.end(body === undefined ? undefined : textOf(body));
}

function textOf(body: unknown): string {
  if (typeof body === 'string') return body;
  const escaped = (unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return JSON.stringify(body).replace(/[\u0080-\uffff]/g, escaped);
}
