import http from 'node:http';
import https from 'node:https';
import { pipeline } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate, createInflateRaw } from 'node:zlib';
import { MalformedResponse } from '../errors.ts';
import type { HttpRequest, HttpResponse, Transport } from '../http.ts';
import type { Agents } from './egress.ts';

type Incoming = http.IncomingMessage;

/** Method and path. The query, headers and body may hold credentials. */
export function callOf({ method, url }: HttpRequest): string {
  return `${method} ${url.pathname}`;
}

/** The default transport. The module object is called, not a copy of its function, so that tests can intercept. */
export function overSockets(agents: Agents, maxBytes: number): Transport {
  return (request, signal) =>
    new Promise((resolve, reject) => {
      const { method, url } = request;
      // Node frames the body of a DELETE only when it is told its length; unframed, it reads as another request.
      const length = request.body === undefined ? {} : { 'content-length': Buffer.byteLength(request.body) };
      const headers = { 'accept-encoding': 'gzip, deflate, br', ...length, ...request.headers };
      const [scheme, agent] = url.protocol === 'https:' ? [https, agents.https] : [http, agents.http];
      const outgoing = scheme.request(url, { method, headers, agent });
      signal.addEventListener('abort', () => outgoing.destroy());
      outgoing.on('error', reject);
      outgoing.on('response', (incoming) => {
        readAnswer(incoming, maxBytes, callOf(request)).then(resolve, reject);
      });
      outgoing.end(request.body);
    });
}

async function readAnswer(incoming: Incoming, maxBytes: number, call: string): Promise<HttpResponse> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of (await decoded(incoming, call)) as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes) throw tooLarge(call, maxBytes);
    chunks.push(chunk);
  }
  const body = Buffer.concat(chunks, size);
  const entries = Object.entries(incoming.headers).map(([name, value]) => [name, String(value)] as const);
  return {
    status: incoming.statusCode ?? 0,
    headers: Object.fromEntries(entries),
    body,
    text: () => body.toString('utf8').replace(/^\uFEFF/, ''),
  };
}

/** The body as a stream of plain bytes. An empty body has no encoding, whatever its headers say (HEAD, 204). */
async function decoded(incoming: Incoming, call: string): Promise<AsyncIterable<Buffer>> {
  const encoding = incoming.headers['content-encoding']?.trim().toLowerCase() || 'identity';
  if (encoding === 'identity') return incoming;
  const chunks: AsyncIterator<Buffer> = incoming[Symbol.asyncIterator]();
  const first = await chunks.next();
  if (first.done) return incoming;
  const decoder = decoderOf(encoding, first.value);
  if (!decoder) {
    incoming.destroy();
    throw new MalformedResponse(`${call}: the body has an unknown encoding`, { code: 'UNKNOWN_ENCODING' });
  }
  return pipeline(rejoined(first.value, chunks), decoder, () => {}); // failures reach the reader of the decoder
}

/** What calls itself deflate comes with the zlib header, as it should, or without. */
function decoderOf(encoding: string, first: Buffer) {
  if (encoding === 'gzip' || encoding === 'x-gzip') return createGunzip();
  if (encoding === 'br') return createBrotliDecompress();
  if (encoding !== 'deflate') return null;
  return ((first[0] ?? 0) & 15) === 8 ? createInflate() : createInflateRaw();
}

async function* rejoined(first: Buffer, rest: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  yield first;
  yield* { [Symbol.asyncIterator]: () => rest };
}

function tooLarge(call: string, maxBytes: number): MalformedResponse {
  const details = { code: 'BODY_TOO_LARGE', hint: 'Plan shorter windows or smaller pages.' };
  return new MalformedResponse(`${call}: the body is larger than ${maxBytes} bytes`, details);
}
