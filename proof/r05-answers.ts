import { gzipSync } from 'node:zlib';
import { SyncError } from '../lib/errors.ts';
import { createHttp, type HttpResponse, type Transport } from '../lib/http.ts';
import { createLog } from '../lib/log.ts';
import type { Interval } from '../lib/time.ts';
import { startCloudStack } from '../simulators/cloudstack/server.ts';
import { startServer } from '../test/support/http-server.ts';
import { type CloudStackProvider, memorySink, memoryState, syncOnce } from './cloudstack-run.ts';

/** Bytes; the largest body in the case of the bomb. */
const LARGEST = 1024 * 1024;

/** Good answers by command and page: all that one run is told. */
export interface Answers {
  readonly bodies: ReadonlyMap<string, HttpResponse>;
  readonly credentials: Readonly<Record<string, unknown>>;
}

/** Listens to one run against a small cloud. */
export async function goodAnswers(provider: CloudStackProvider, { start, end }: Interval, seed: number) {
  const now = end + 10 * 3_600_000;
  const cloud = await startCloudStack({
    seed,
    vms: 1,
    since: start,
    maxPageSize: 25,
    wireNow: Date.now,
    planNow: () => now,
  });
  const bodies = new Map<string, HttpResponse>();
  const recorder =
    (transport: Transport): Transport =>
    async (request, signal) => {
      const response = await transport(request, signal);
      bodies.set(keyOf(request.url), response);
      return response;
    };
  try {
    const target = { sink: memorySink(), state: memoryState(), seed: start };
    await syncOnce({ provider, credentials: cloud.credentials, now, target, recorder });
  } finally {
    await cloud.close();
  }
  return { bodies, credentials: cloud.credentials } satisfies Answers;
}

/** Instead of the network; each request is sent once, since what fails here fails for ever. */
export function answering(provider: CloudStackProvider, transport: Transport): CloudStackProvider {
  return {
    ...provider,
    connect(context) {
      const { clock, config, log, signal } = context;
      const tls = { verify: true };
      const rules = { origins: [config.url], tls, clock, log, signal, redact: (text: string) => text };
      const http = createHttp({ ...rules, attempts: 1, transport });
      const { close } = context.http;
      Object.assign(context.http, {
        close() {
          http.close();
          close();
        },
      });
      return provider.connect({ ...context, http });
    },
  };
}

/**
 * A small answer that unpacks to many times the largest body a client accepts.
 * @returns what is wrong with how it ended; null when it was refused by its size.
 */
export async function bombed(): Promise<string | null> {
  const bomb = gzipSync(Buffer.alloc(32 * LARGEST, ' '));
  const headers = { 'content-encoding': 'gzip' };
  const server = await startServer((response) => response.writeHead(200, headers).end(bomb));
  const rules = { origins: [server.url], tls: { verify: true }, redact: (text: string) => text };
  const clock = { plan: Date.now, wire: Date.now };
  const log = createLog({
    write: () => {},
    level: 'error',
    redact: rules.redact,
    now: clock.wire,
    fields: {},
  });
  const { signal } = new AbortController();
  const http = createHttp({ ...rules, clock, log, signal, attempts: 1, maxBytes: LARGEST });
  try {
    await http.send({ method: 'GET', url: server.url });
    return 'a bomb was unpacked';
  } catch (error) {
    return error instanceof SyncError && error.code === 'BODY_TOO_LARGE' ? null : `a bomb: ${error}`;
  } finally {
    http.close();
    await server.close();
  }
}

export function keyOf({ searchParams }: URL): string {
  return ['command', 'page', 'pagesize', 'name'].map((name) => searchParams.get(name) ?? '').join(' ');
}

/** An answer with another body. */
export function withBody(response: HttpResponse, body: Buffer): HttpResponse {
  return { ...response, body, text: () => body.toString('utf8') };
}
