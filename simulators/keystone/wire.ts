import type { ServerResponse } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { randomFor, uuidOf } from '../seeded.ts';
import type { FaultName } from './faults.ts';

/** Faults that pass: a client that asks again gets through. They strike one request in so many. */
const passing = { '5xx': 4, reset: 5, 'html-200': 5 } as const;

type PassingFault = keyof typeof passing;

/** The passing fault that strikes this request, decided by seed and number. */
export function struckBy(seed: number, faults: ReadonlySet<FaultName>, number: number): PassingFault | null {
  for (const [fault, oneIn] of Object.entries(passing) as [PassingFault, number][]) {
    if (faults.has(fault) && isTurn(seed, fault, number, oneIn)) return fault;
  }
  return null;
}

/** One of each `oneIn` requests, at a place of its own in every such block. */
function isTurn(seed: number, fault: FaultName, number: number, oneIn: number): boolean {
  return number % oneIn === randomFor(seed, fault, Math.floor(number / oneIn)).int(0, oneIn - 1);
}

/** Waits where the fault `slow` strikes. @returns whether it did */
export async function pauseWhenSlow(
  seed: number,
  faults: ReadonlySet<FaultName>,
  number: number,
): Promise<boolean> {
  if (!faults.has('slow') || !isTurn(seed, 'slow', number, 3)) return false;
  await wait(randomFor(seed, 'slowness', number).int(100, 400));
  return true;
}

/** @returns the status; null for a connection that was broken */
export function sendFault(
  fault: PassingFault,
  seed: number,
  number: number,
  to: ServerResponse,
): number | null {
  if (fault === 'reset') {
    to.socket?.resetAndDestroy();
    return null;
  }
  const status = fault === 'html-200' ? 200 : randomFor(seed, 'answer', number).pick([502, 503]);
  to.writeHead(status, { 'Content-Type': 'text/html' });
  to.end('<html><head><title>Please wait</title></head><body><h1>Please wait</h1></body></html>\n');
  return status;
}

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
