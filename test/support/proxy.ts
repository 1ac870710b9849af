import http from 'node:http';
import { startServer, type TestServer } from './http-server.ts';

/** A request on its way to a simulator. */
export interface Passing {
  readonly method: string;
  readonly url: URL;
  readonly body: string;
}

export interface PassingAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Answers in the simulator's place, changes its answer, or (null) lets it pass. */
export type Intercept = (
  request: Passing,
  pass: () => Promise<PassingAnswer>,
) => Promise<PassingAnswer> | null;

/** A server on loopback in front of another: what goes wrong on the way, goes wrong here. */
export async function startProxy(target: URL, intercept: Intercept): Promise<TestServer> {
  return startServer(async (response, { method, path, headers, body }) => {
    const pass = () => forward(new URL(path, target), method, headers, body);
    try {
      const answer = await (intercept({ method, url: new URL(path, target), body }, pass) ?? pass());
      response.writeHead(answer.status, answer.headers);
      response.end(answer.body);
    } catch {
      response.destroy(); // the simulator is gone, and whoever asked does not wait any more
    }
  });
}

function forward(
  url: URL,
  method: string,
  headers: http.IncomingHttpHeaders,
  body: string,
): Promise<PassingAnswer> {
  return new Promise((resolve, reject) => {
    const { host: _, connection: __, 'accept-encoding': ___, ...rest } = headers;
    const request = http.request(url, { method, headers: rest, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const kept = Object.entries(response.headers).filter(([name]) =>
          /^(content-type|date|retry-after)$/.test(name),
        );
        const body = Buffer.concat(chunks).toString('utf8');
        resolve({
          status: response.statusCode ?? 502,
          headers: Object.fromEntries(kept.map(([name, value]) => [name, String(value)])),
          body,
        });
      });
    });
    request.on('error', reject);
    request.end(body);
  });
}
