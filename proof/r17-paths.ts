import type { ServerResponse } from 'node:http';
import { InvalidCredentials, MalformedResponse, ProviderUnavailable } from '../lib/errors.ts';
import type { Mapping } from '../lib/mapping/load.ts';
import type { Provider } from '../lib/provider.ts';
import { type Platform, runMetrics, type Subject } from '../lib/run.ts';
import { secret } from '../lib/secret.ts';
import { fileSink } from '../lib/sink/file.ts';
import { fileState } from '../lib/state/file.ts';
import { HOUR, type Millis } from '../lib/time.ts';
import { type Received, startServer } from '../test/support/http-server.ts';
import { heldPlatform, memoryCloud, memoryMapping, memorySubject } from '../test/support/memory-cloud.ts';

const NOW = Date.UTC(2026, 10, 21, 10);

/** One run on which a secret could get out. */
export interface Run {
  readonly canary: string;
  /** The secret in all its forms, as a provider would repeat it. */
  readonly echo: string;
  /** Where files go. */
  readonly folder: string;
  readonly write: (line: string) => void;
  /** False: the redactor is told of no secret. */
  readonly declared: boolean;
}

export interface Path {
  readonly name: string;
  /** How the run ends, so that none passes for another reason: `report`, or the name of the error. */
  ends(canary: string): string;
  /** What becomes the secret; the canary itself when absent. */
  secretOf?(canary: string): string;
  run(run: Run): Promise<unknown>;
}

/** Every way by which a text of a provider's reaches somebody, whoever it is. */
export const sharedPaths: readonly Path[] = [
  failing(
    'a typed error',
    (echo) => new MalformedResponse(`cannot read ${echo}`, { hint: `Look at ${echo}` }),
  ),
  failing('an error that may pass', (echo) => new ProviderUnavailable(`down: ${echo}`)),
  failing('refused credentials', (echo) => new InvalidCredentials(`who is ${echo}?`)),
  failing('a defect', (echo) => new TypeError(`undefined is not ${echo}`)),
  failing(
    'an error with its causes',
    (echo) =>
      new MalformedResponse('cannot read', { cause: new Error(`inner ${echo}`, { cause: new Error(echo) }) }),
  ),
  { name: 'one record that cannot be read', ends: () => 'report', run: (run) => inMemory(run, { bad: 1 }) },
  {
    name: 'records that cannot be read',
    ends: () => 'MalformedResponse',
    run: (run) => inMemory(run, { bad: 5 }),
  },
];

function failing(name: string, make: (echo: string) => Error): Path {
  const { name: error } = make('');
  return { name, ends: () => error, run: (run) => inMemory(run, { error: make(run.echo) }) };
}

async function inMemory(run: Run, { error, bad = 0 }: { error?: Error; bad?: number }): Promise<unknown> {
  const cloud = memoryCloud();
  const times = { start: NOW - HOUR, end: NOW };
  cloud.rows = Array.from({ length: 8 }, (_, index) =>
    index < bad
      ? { id: `${index} ${run.echo}`, ...times, amount: null }
      : { id: `${index}`, ...times, amount: 1 },
  );
  if (error)
    cloud.onFetch = () => {
      throw error;
    };
  const provider = {
    ...cloud.provider,
    secrets: () => (run.declared ? [secret(run.canary)] : []),
    connect: (context: Parameters<typeof cloud.provider.connect>[0]) => {
      const { log } = context;
      const told = { echo: run.echo, list: [run.echo], cause: new Error(run.echo), [run.echo]: 1 };
      for (const level of ['debug', 'info', 'warn', 'error'] as const) log[level](run.echo, told);
      log.with(told).info('with fields');
      return cloud;
    },
  };
  return runMetrics(provider, memorySubject, platformOf(run), targetOf(run));
}

/** A provider's own client, and what a server may say to it that repeats what it was sent. */
export interface EchoSubject {
  readonly room: Provider<unknown, unknown>;
  readonly mapping?: Mapping;
  /** Where a run begins; an hour before it when absent, which is no whole cell of a longer grid. */
  readonly seed?: Millis;
  /** Credentials that have the secret in every place for one. */
  credentials(url: URL, canary: string): Readonly<Record<string, unknown>>;
  /** The name of the error with which a secret is refused that cannot be sent at all; null when it can. */
  refusal?(canary: string): string | null;
  /** See {@link Path.secretOf}. */
  secretOf?(canary: string): string;
  readonly cases: readonly EchoCase[];
}

export interface EchoCase {
  readonly name: string;
  /** `report`, or the name of the error. */
  readonly ends: string;
  answer(response: ServerResponse, request: Received, echo: string, canary: string): unknown;
}

export function echoed(name: string, ends: string, answer: EchoCase['answer']): EchoCase {
  return { name, ends, answer };
}

/** What a server, or what stands before it, may say to any client. */
export const brokenAnswers: readonly EchoCase[] = [
  echoed('HTML', 'ProviderUnavailable', (response, { path }, echo) =>
    response.end(`<html>${path} ${echo}</html>`),
  ),
  echoed('HTML with 502', 'ProviderUnavailable', (response, { path }, echo) =>
    response.writeHead(502).end(`<html>${path} ${echo}`),
  ),
  echoed('a redirect', 'MalformedResponse', (response, { path }) =>
    response.writeHead(302, { location: `http://127.0.0.1:1${path}` }).end(),
  ),
  echoed('an answer that is cut off', 'MalformedResponse', (response, { path }) =>
    response.end(`{"a": "${path}`),
  ),
  echoed('invalid HTTP', 'ProviderUnavailable', (response, { path }) =>
    response.socket?.end(`${path}\r\n\r\n`),
  ),
];

/** The paths of a provider: its own client against a server that repeats what it was sent. */
export function echoingPaths(echoes: EchoSubject): readonly Path[] {
  const { room, mapping, seed, credentials, cases, refusal, secretOf } = echoes;
  return cases.map(({ name, ends, answer }) => ({
    name,
    ends: (canary) => refusal?.(canary) ?? ends,
    ...(secretOf ? { secretOf } : {}),
    async run(run) {
      const server = await startServer((response, request) =>
        answer(response, request, run.echo, run.canary),
      );
      const subject: Subject = { ...memorySubject, credentials: credentials(server.url, run.canary) };
      const provider = run.declared ? room : { ...room, secrets: () => [] };
      try {
        return await runMetrics(provider, subject, platformOf(run), {
          ...targetOf(run),
          ...(mapping ? { mapping } : {}),
          ...(seed === undefined ? {} : { seed }),
        });
      } finally {
        await server.close();
      }
    },
  }));
}

function targetOf({ folder }: Run) {
  const [sink, state] = [fileSink(`${folder}/out`), fileState(`${folder}/state`)];
  return { mapping: memoryMapping, sink, state, seed: NOW - HOUR };
}

/** Waits between attempts are no part of this proof: it ends a run that waits. */
function platformOf({ write }: Run): Platform {
  return { ...heldPlatform(NOW), log: { write, level: 'debug' }, random: () => 0 };
}
