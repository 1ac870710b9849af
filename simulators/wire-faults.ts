import type { ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { InvalidConfig } from '../lib/errors.ts';
import { randomFor } from './seeded.ts';

/** @throws InvalidConfig for a name that is not known. */
export function knownFaults<Name extends string>(
  known: Readonly<Record<Name, string>>,
  names: readonly string[],
): ReadonlySet<Name> {
  const unknown = names.filter((name) => !Object.hasOwn(known, name));
  if (unknown.length === 0) return new Set(names as readonly Name[]);
  throw new InvalidConfig(`Unknown fault: ${unknown.join(', ')}`, {
    code: 'UNKNOWN_FAULT',
    hint: `Known are ${Object.keys(known).join(', ')}.`,
  });
}

/** How often in a row one and the same request may be struck, whatever faults are on. */
const MOST_STRIKES = 2;

/** Decides which requests are struck: by seed and number, but never one request for ever. */
export interface Strikes<Name extends string> {
  /** @param request what the request is, whoever signs it and when */
  strike(faults: ReadonlySet<string>, number: number, request: string): Name | null;
}

/** @param passing the faults that a client gets past by asking again; each strikes one request in so many */
export function strikes<Name extends string>(
  seed: number,
  passing: Readonly<Record<Name, number>>,
): Strikes<Name> {
  const inARow = new Map<string, number>();
  const struckBy = (faults: ReadonlySet<string>, number: number) =>
    (Object.keys(passing) as Name[]).find(
      (fault) => faults.has(fault) && isTurn(seed, fault, number, passing[fault]),
    );
  return {
    strike(faults, number, request) {
      const met = inARow.get(request) ?? 0;
      const fault = met >= MOST_STRIKES ? undefined : struckBy(faults, number);
      if (fault === undefined) inARow.delete(request);
      else inARow.set(request, met + 1);
      return fault ?? null;
    },
  };
}

/** One of each `oneIn` requests, at a place of its own in every such block. */
function isTurn(seed: number, fault: string, number: number, oneIn: number): boolean {
  const place = randomFor(seed, fault, Math.floor(number / oneIn)).int(0, oneIn - 1);
  return number % oneIn === place;
}

/** How long a request struck by `slow` waits, in milliseconds; 0 when it is not struck. */
export function slowness(seed: number, faults: ReadonlySet<string>, number: number): number {
  if (!faults.has('slow') || !isTurn(seed, 'slow', number, 3)) return 0;
  return randomFor(seed, 'slowness', number).int(100, 400);
}

/** Answers with a fault that any server may have. @returns the status, or null when there is none */
export function sendWireFault(
  fault: '5xx' | 'reset' | 'html-200',
  seed: number,
  number: number,
  response: ServerResponse,
): number | null {
  if (fault === 'reset') {
    response.socket?.resetAndDestroy();
    return null;
  }
  if (fault === 'html-200') return sendHtml(response, 200, 'Please wait');
  return randomFor(seed, 'answer', number).chance(0.5)
    ? sendHtml(response, 502, 'Bad Gateway')
    : sendHtml(response, 503, 'Service Unavailable');
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

/** JSON between whose ends 256 MiB of blanks unpack: gzip members can be strung together. */
export function sendGzipBomb(response: ServerResponse, before: string, after: string): void {
  const member = gzipSync(Buffer.alloc(1024 * 1024, ' '), { level: 9 });
  const members = Array.from({ length: 256 }, () => member);
  const body = Buffer.concat([gzipSync(before), ...members, gzipSync(after)]);
  response.writeHead(200, { 'content-type': 'application/json; charset=UTF-8', 'content-encoding': 'gzip' });
  response.end(body);
}

function sendHtml(response: ServerResponse, status: number, title: string): number {
  response.writeHead(status, { 'content-type': 'text/html' });
  response.end(`<html><head><title>${title}</title></head><body><h1>${title}</h1></body></html>\n`);
  return status;
}
