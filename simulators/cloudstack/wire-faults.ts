import type { ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { randomFor } from '../seeded.ts';
import type { FaultName } from './faults.ts';
import { throttled } from './refusal.ts';

/** Faults that pass: a client that asks again gets through. They strike one request in so many. */
const passing = { '429-storm': 3, '5xx': 4, reset: 5, 'html-200': 5, 'truncated-json': 5 } as const;

export type PassingFault = keyof typeof passing;

/** How often in a row one and the same request may be struck, whatever faults are on. */
const MOST_STRIKES = 2;

/** Decides which requests are struck: by seed and number, but never one request for ever. */
export interface Strikes {
  /** @param request what the request is, whoever signs it and when */
  strike(faults: ReadonlySet<FaultName>, number: number, request: string): PassingFault | null;
}

export function strikes(seed: number): Strikes {
  const inARow = new Map<string, number>();
  return {
    strike(faults, number, request) {
      const met = inARow.get(request) ?? 0;
      const fault = met >= MOST_STRIKES ? null : struckBy(seed, faults, number);
      if (fault === null) inARow.delete(request);
      else inARow.set(request, met + 1);
      return fault;
    },
  };
}

function struckBy(seed: number, faults: ReadonlySet<FaultName>, number: number): PassingFault | null {
  for (const [fault, oneIn] of Object.entries(passing) as [PassingFault, number][]) {
    if (faults.has(fault) && isTurn(seed, fault, number, oneIn)) return fault;
  }
  return null;
}

/** One of each `oneIn` requests, at a place of its own in every such block. */
export function isTurn(seed: number, fault: FaultName, number: number, oneIn: number): boolean {
  const place = randomFor(seed, fault, Math.floor(number / oneIn)).int(0, oneIn - 1);
  return number % oneIn === place;
}

/** How long a struck request waits; 0 when it does not. */
export function slowness(seed: number, faults: ReadonlySet<FaultName>, number: number): number {
  if (!faults.has('slow') || !isTurn(seed, 'slow', number, 3)) return 0;
  return randomFor(seed, 'slowness', number).int(100, 400);
}

/** Answers with a fault that needs no command to run; `truncated-json` needs one. @throws Refusal 429 */
export function sendPassingFault(
  fault: Exclude<PassingFault, 'truncated-json'>,
  seed: number,
  number: number,
  response: ServerResponse,
): void {
  const chance = randomFor(seed, 'answer', number);
  if (fault === '429-storm') throw throttled(chance.int(50, 400));
  if (fault === 'reset') response.socket?.resetAndDestroy();
  else if (fault === 'html-200') sendHtml(response, 200, 'Please wait');
  else if (chance.chance(0.5)) sendHtml(response, 502, 'Bad Gateway');
  else sendHtml(response, 503, 'Service Unavailable');
}

/** A head that never ends. Stops when the connection does. */
export function drip(response: ServerResponse): void {
  const { socket } = response;
  if (!socket) return;
  const text = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n';
  let sent = 0;
  const timer = setInterval(() => {
    socket.write(text[sent] ?? (sent % 8 === 0 ? '\r\nX: ' : 'x'));
    sent += 1;
  }, 50);
  socket.once('close', () => clearInterval(timer));
}

/** A JSON answer whose blanks unpack to 256 MiB: gzip members can be strung together. */
export function sendGzipBomb(response: ServerResponse): void {
  const member = gzipSync(Buffer.alloc(1024 * 1024, ' '), { level: 9 });
  const members = Array.from({ length: 256 }, () => member);
  const body = Buffer.concat([gzipSync('{"listusagerecordsresponse":'), ...members, gzipSync('{}}')]);
  response.writeHead(200, { 'content-type': 'application/json; charset=UTF-8', 'content-encoding': 'gzip' });
  response.end(body);
}

function sendHtml(response: ServerResponse, status: number, title: string): void {
  response.writeHead(status, { 'content-type': 'text/html' });
  response.end(`<html><head><title>${title}</title></head><body><h1>${title}</h1></body></html>\n`);
}
