import { gzipSync } from 'node:zlib';
import { SyncError } from '../lib/errors.ts';
import { createHttp, type HttpRequest, type HttpResponse, type Transport } from '../lib/http.ts';
import { createLog } from '../lib/log.ts';
import type { Mapping } from '../lib/mapping/load.ts';
import type { Metric } from '../lib/models/metric.ts';
import type { Provider } from '../lib/provider.ts';
import type { StreamReport } from '../lib/report.ts';
import type { Platform, Target } from '../lib/run.ts';
import type { Interval, Millis } from '../lib/time.ts';
import type { Random } from '../simulators/random.ts';
import { startServer } from '../test/support/http-server.ts';
import { memorySink, memoryState } from './memory.ts';
import type { Mutation } from './r05-mutations.ts';
import { syncOnce } from './sync-once.ts';

type Whole = Provider<unknown, unknown>;

/** An answer of the provider's, as it was served. */
export interface Served {
  /** See {@link AnswerSubject.keyOf}. */
  readonly key: string;
  readonly status: number;
  text(): string;
}

/** A provider whose answers are mutated. */
export interface AnswerSubject {
  /** How it is told from another of the same provider; its name when absent. */
  readonly called?: string;
  readonly room: Whole;
  readonly mapping: Mapping;
  /** What is read: whole cells, complete at `now`. */
  readonly cells: Interval;
  /** The only partition of the account. */
  readonly partition: string;
  readonly now: Millis;
  /** A small cloud, with more than one page of usage where there are pages. */
  start(seed: number): Promise<{
    readonly credentials: Readonly<Record<string, unknown>>;
    close(): Promise<void>;
  }>;
  /** What a request is known by: nothing that changes from run to run. */
  keyOf(request: HttpRequest): string;
  /** Whether the answer to such a request holds usage. */
  isUsage(key: string): boolean;
  readonly mutations: readonly Mutation[];
  /**
   * Holds what was delivered against a second, naive reading of what was served; null when it agrees.
   * @param counted records, duplicates and quarantined rows of all cells; findings, where `tellsOfRows`
   */
  falsehoodIn(metrics: readonly Metric[], counted: number, pages: readonly Served[]): string | null;
  /** Whether usage is asked for by an inventory: of an empty one there is nothing to ask. */
  readonly asksByInventory?: boolean;
  /** Whether rows that are passed over are told of as findings. */
  readonly tellsOfRows?: boolean;
  /** A bad design: it takes every amount as it parses. */
  readonly unchecked: Whole;
}

/** Bytes; the largest body in the case of the bomb. */
const LARGEST = 1024 * 1024;

/** Good answers by what asked for them: all that one run is told. */
export interface Answers {
  readonly bodies: ReadonlyMap<string, HttpResponse>;
  readonly credentials: Readonly<Record<string, unknown>>;
}

/** Listens to one run against a small cloud. */
export async function goodAnswers(subject: AnswerSubject, seed: number): Promise<Answers> {
  const cloud = await subject.start(seed);
  const bodies = new Map<string, HttpResponse>();
  const recorder =
    (transport: Transport): Transport =>
    async (request, signal) => {
      const response = await transport(request, signal);
      bodies.set(subject.keyOf(request), response);
      return response;
    };
  try {
    const target = { sink: memorySink(), state: memoryState() };
    await runWith(subject, subject.room, cloud.credentials, target, recorder);
  } finally {
    await cloud.close();
  }
  return { bodies, credentials: cloud.credentials };
}

/** One run over the subject's cells. */
export function runWith(
  { cells, mapping, now }: AnswerSubject,
  provider: Whole,
  credentials: Answers['credentials'],
  target: Pick<Target, 'sink' | 'state'>,
  recorder?: Platform['recorder'],
): Promise<StreamReport> {
  return syncOnce(provider, {
    ...{ mapping, credentials, now, options: { range: cells } },
    target: { ...target, seed: cells.start },
    ...(recorder ? { recorder } : {}),
  });
}

/** Instead of the network; each request is sent once, since what fails here fails for ever. */
export function answering(provider: Whole, transport: Transport): Whole {
  return {
    ...provider,
    connect(context) {
      const { clock, config, log, signal } = context;
      const tls = { verify: true };
      const redact = (text: string) => text;
      const rules = { origins: provider.origins(config), tls, clock, log, signal, redact };
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

/** An answer with another body, and whatever else the mutation makes of it. */
export function mutate(response: HttpResponse, { of, status, type }: Mutation, chance: Random): HttpResponse {
  const body = Buffer.from(of(response.text(), chance));
  return {
    status: status ?? response.status,
    headers: type === undefined ? response.headers : { ...response.headers, 'content-type': type },
    body,
    text: () => body.toString('utf8'),
  };
}
