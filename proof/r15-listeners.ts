import http from 'node:http';
import type { AddressInfo } from 'node:net';

/** The machines of this proof: the account's own server, and one that must never hear anything. */
export interface Listeners {
  readonly port: number;
  /** Answers the account's own server with this from now on. */
  answer(status: number, headers: Readonly<Record<string, string>>): void;
  /** What was heard since the last time it was asked. */
  heard(): Heard;
  close(): Promise<void>;
}

export interface Heard {
  /** Requests at the account's own server. */
  readonly own: number;
  /** Connections and requests anywhere else, with what they carried. */
  readonly elsewhere: readonly string[];
}

/** Where the account's server listens; and the place that stands for every other. */
export const OWN = '127.0.0.1';
export const ELSEWHERE = '127.0.0.2';

/** Starts both on loopback, on one port: only the address tells them apart. */
export async function startListeners(): Promise<Listeners> {
  let own = 0;
  let elsewhere: string[] = [];
  let status = 200;
  let headers: Readonly<Record<string, string>> = {};
  const ours = http.createServer((_, response) => {
    own += 1;
    response.writeHead(status, headers).end('{}');
  });
  const theirs = http.createServer(({ url, headers: got }, response) => {
    elsewhere.push(`${url} with the token ${got['x-auth-token']}`);
    response.end('{}');
  });
  theirs.on('connection', () => elsewhere.push('a connection'));
  await listen(ours, 0, OWN);
  const { port } = ours.address() as AddressInfo;
  await listen(theirs, port, ELSEWHERE);
  return {
    port,
    answer: (code, given) => {
      status = code;
      headers = given;
    },
    heard: () => {
      const heard = { own, elsewhere };
      own = 0;
      elsewhere = [];
      return heard;
    },
    close: async () => {
      for (const server of [ours, theirs]) {
        server.closeAllConnections();
        await new Promise<void>((resolve) => server.close(() => resolve()));
      }
    },
  };
}

function listen(server: http.Server, port: number, address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject).listen(port, address, resolve);
  });
}
