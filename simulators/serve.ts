import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

export interface Served {
  /** `http://127.0.0.1:<port>`. */
  readonly origin: string;
  close(): Promise<void>;
}

type Listener = (request: IncomingMessage, body: string, response: ServerResponse) => Promise<void> | void;

/**
 * Serves on loopback; the listener gets whole requests. Port 0 takes a free one.
 * @param connected sees every connection before a request of it
 */
export async function serve(
  port: number,
  listener: Listener,
  connected: (socket: Socket) => void = () => {},
): Promise<Served> {
  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    readBody(request)
      .then((body) => listener(request, body, response))
      .catch((error: unknown) => response.destroy(error instanceof Error ? error : new Error(String(error))));
  });
  server.on('connection', connected);
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=UTF-8' });
  response.end(JSON.stringify(body));
}

/** What a person or another process can ask of a running simulator. */
export interface Controlled {
  readonly requests: readonly unknown[];
  readonly seed: number;
  faults(): readonly string[];
  setFaults(names: readonly string[]): void;
}

/** `/__simulator`, without a signature: GET says how it stands, POST `{"faults": […]}` replaces the faults. */
export function control(
  request: IncomingMessage,
  body: string,
  response: ServerResponse,
  controlled: Controlled,
): void {
  if (request.method === 'POST') {
    try {
      controlled.setFaults(faultsIn(body));
    } catch (error) {
      sendJson(response, 400, { error: error instanceof Error ? error.message : String(error) });
      return;
    }
  }
  const { requests, seed } = controlled;
  sendJson(response, 200, { requests: requests.length, faults: controlled.faults(), seed });
}

function faultsIn(body: string): string[] {
  const { faults } = JSON.parse(body) as { faults?: unknown };
  if (Array.isArray(faults) && faults.every((name) => typeof name === 'string')) return faults;
  throw new Error('Expected {"faults": ["name", …]}');
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
