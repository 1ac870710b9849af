import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Millis, SECOND } from '../lib/time.ts';
import type { Step } from './r06-scripts.ts';

/** What the server saw of one call, by its own clock. */
export interface Seen {
  /** When each request came. */
  readonly arrivals: Millis[];
  /** Before which moment the next request is not allowed, as the last answer said; null when it said nothing. */
  readonly allowed: (Millis | null)[];
}

/** A server that answers every call by its script. */
export interface ScriptedServer {
  readonly url: URL;
  /** By the number of the call. */
  readonly seen: readonly Seen[];
  close(): Promise<void>;
}

/** A client that asks more often than this has no limit: it is answered as if all were well. */
const ENOUGH = 20;

/** Starts a server on loopback; call number n is `GET /call/n`. */
export async function startScripted(scripts: readonly (readonly Step[])[]): Promise<ScriptedServer> {
  const seen = scripts.map((): Seen => ({ arrivals: [], allowed: [] }));
  const server = http.createServer((request, response) => {
    const number = Number(request.url?.split('/').at(-1));
    const call = seen[number];
    if (!call) return void response.writeHead(404).end();
    call.arrivals.push(Date.now());
    const steps = scripts[number] ?? [];
    const step = steps[Math.min(call.arrivals.length, steps.length) - 1];
    call.allowed.push(give(call.arrivals.length > ENOUGH ? { kind: 'ok' } : step, request, response));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: new URL(`http://127.0.0.1:${port}/`),
    seen,
    close: () => {
      server.closeAllConnections();
      return new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function give(
  step: Step | undefined,
  request: http.IncomingMessage,
  response: http.ServerResponse,
): Millis | null {
  if (step?.kind === 'reset') {
    request.socket.resetAndDestroy();
    return null;
  }
  if (step?.kind !== 'status') {
    response.end('{}');
    return null;
  }
  const now = Date.now();
  const until = step.told === 'date' ? Math.ceil(now / SECOND) * SECOND : now + Number(step.text) * SECOND;
  const text = step.told === 'date' ? new Date(until).toUTCString() : step.text;
  response.writeHead(step.status, text === '' ? {} : { 'retry-after': text }).end();
  if (step.told === 'none') return null;
  return step.told === 'too long' ? Number.POSITIVE_INFINITY : until;
}
