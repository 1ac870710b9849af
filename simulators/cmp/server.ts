import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import * as z from 'zod';
import { InvalidConfig } from '../../lib/errors.ts';
import { keyOf } from '../seeded.ts';
import { sendJson, serve } from '../serve.ts';
import type { RequestNote, Simulator } from '../simulator.ts';
import { type Asked, callFor, Refusal } from './calls.ts';
import { type FaultName, parseFaults } from './faults.ts';
import { createMemory, type Memory, type Received } from './received.ts';
import { blockedBy, breakConnection, type Struck, strike } from './strike.ts';

export interface CmpOptions {
  /** 0, the default, takes a free one. */
  readonly port?: number;
  readonly seed?: number;
  readonly faults?: readonly string[];
  /** Whether metrics whose `Idempotency-Key` was kept before are taken for done; false: they are kept again. */
  readonly dedupe?: boolean;
}

export interface CmpSimulator extends Simulator {
  /** For `CMP_URL`, `CMP_KEY` with `CMP_SECRET`, and `CMP_TOKEN`: both ways are let in. */
  readonly credentials: Readonly<Record<'url' | 'key' | 'secret' | 'token', string>>;
  /** Everything that was taken so far; also what GET `/__simulator` gives. */
  received(): Received;
}

const BASE = '/cmp/basic/api';
const SLOWNESS_MS = 300;

/**
 * A CMP on 127.0.0.1 that takes nflex's calls, checks them strictly, and remembers what it took.
 * @throws InvalidConfig for an unknown fault
 */
export async function startCmp(options: CmpOptions = {}): Promise<CmpSimulator> {
  const { port = 0, seed = 1 } = options;
  const [key, secret, token] = ['key', 'secret', 'token'].map((part) =>
    keyOf(seed, 'cmp', part).slice(0, 40),
  );
  const server: Server = {
    faults: parseFaults(options.faults ?? []),
    memory: createMemory(() => Date.now(), options.dedupe),
    admitted: [`Basic ${Buffer.from(`${key}:${secret}`).toString('base64')}`, `Bearer ${token}`],
    notes: [],
  };
  const { origin, close } = await serve(port, (request, body, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    if (pathname === '/__simulator') return control(server, seed, request, body, response);
    return answer(server, pathname, request, body, response);
  });
  const url = `${origin}${BASE}`;
  return {
    url,
    credentials: { url, key: key ?? '', secret: secret ?? '', token: token ?? '' },
    seed,
    requests: server.notes,
    received: server.memory.received,
    setFaults: (names) => setFaults(server, names),
    close,
  };
}

interface Server {
  faults: ReadonlySet<FaultName>;
  readonly memory: Memory;
  /** The values of `Authorization` that are let in. */
  readonly admitted: readonly string[];
  readonly notes: Note[];
}

type Note = { -readonly [Field in keyof RequestNote]: RequestNote[Field] };

function setFaults(server: Server, names: readonly string[]): void {
  server.faults = parseFaults(names);
}

async function answer(
  server: Server,
  pathname: string,
  request: IncomingMessage,
  body: string,
  response: ServerResponse,
): Promise<void> {
  const { faults } = server;
  const path = pathname.startsWith(`${BASE}/`) ? pathname.slice(BASE.length) : '';
  const note = noteOf(request.method ?? '', pathname, path, server.notes.length);
  server.notes.push(note);
  if (faults.has('slow')) {
    note.fault = 'slow';
    await wait(SLOWNESS_MS);
  }
  const blocked = blockedBy(faults, note.number);
  const met =
    blocked === null
      ? obey(server, faults, askedOf(request, path, body), request.headers.authorization, response)
      : { fault: blocked, ...strike(blocked, note.number, response) };
  Object.assign(note, met, { fault: met.fault ?? note.fault });
}

/** Checks the credentials, runs the call, and answers; faults of this stage spoil the answer, not the call. */
function obey(
  { admitted, memory }: Server,
  faults: ReadonlySet<FaultName>,
  asked: Asked,
  authorization: string | undefined,
  response: ServerResponse,
): Met {
  try {
    if (!admitted.includes(authorization ?? '')) throw new Refusal(401, 'Unknown credentials');
    const call = callFor(asked);
    const isNew = call.name === 'metrics' && memory.repeatsOf(asked.idempotencyKey) === 0;
    const half = isNew && faults.has('half-accepted');
    const result = call.run({ ...asked, half }, memory) ?? {};
    if (half) return send(response, 500, { error: 'The fault half-accepted is on' }, 'half-accepted');
    if (isNew && faults.has('lost-answer')) return { ...breakConnection(response), fault: 'lost-answer' };
    return faults.has('not-200') ? send(response, 202, result, 'not-200') : send(response, 200, result, null);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return send(response, error instanceof Refusal ? error.status : 400, { error: message }, null);
  }
}

/** What is noted of a request when it is over. */
interface Met extends Struck {
  readonly fault: FaultName | null;
}

function send(response: ServerResponse, status: number, body: unknown, fault: FaultName | null): Met {
  sendJson(response, status, body);
  return { status, fault, retryAfterMs: null };
}

function askedOf(request: IncomingMessage, path: string, body: string): Asked {
  const { headers, method = '' } = request;
  const key = headers['idempotency-key'];
  return {
    method,
    path,
    body,
    contentType: headers['content-type'] ?? '',
    idempotencyKey: typeof key === 'string' ? key : null,
    half: false,
  };
}

function noteOf(method: string, pathname: string, path: string, number: number): Note {
  return {
    number,
    method,
    path: pathname,
    command: callName(method, path),
    page: null,
    parameters: {},
    at: Date.now(),
    status: null,
    fault: null,
    retryAfterMs: null,
  };
}

function callName(method: string, path: string): string | null {
  try {
    return callFor({ method, path }).name;
  } catch {
    return null;
  }
}

const faultsShape = z.strictObject({ faults: z.array(z.string()) });

/** `/__simulator`, without credentials: GET gives everything received, POST `{"faults": […]}` replaces the faults. */
function control(
  server: Server,
  seed: number,
  { method }: IncomingMessage,
  body: string,
  response: ServerResponse,
): void {
  try {
    if (method === 'POST') setFaults(server, faultsShape.parse(JSON.parse(body)).faults);
  } catch (error) {
    const message = error instanceof InvalidConfig ? error.message : 'Expected {"faults": ["name", …]}';
    sendJson(response, 400, { error: message });
    return;
  }
  const { faults, memory, notes } = server;
  sendJson(response, 200, { requests: notes.length, faults: [...faults], seed, ...memory.received() });
}
