import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { control, sendJson, serve } from '../serve.ts';
import type { RequestNote, Simulator } from '../simulator.ts';
import { drip, type Strikes, sendGzipBomb, sendWireFault, slowness, strikes } from '../wire-faults.ts';
import { type Gate, gateOf } from './gate.ts';
import { type CloudTowerOptions, settingsOf } from './options.ts';
import { errorBody, Refusal } from './refusal.ts';
import { answer, type Call } from './routes.ts';
import { type Tower, towerOf } from './tower.ts';

export interface CloudTowerSimulator extends Simulator {
  readonly credentials: Readonly<Record<string, string>>;
  /** What it was started with: the oracle needs no more. */
  readonly options: CloudTowerOptions;
  /** The statuses of the answers to logins, in their order. */
  readonly logins: readonly number[];
  /** The bodies of all calls but logins, in the order of the requests. */
  readonly bodies: readonly { readonly operation: string; readonly body: unknown }[];
  /** Ends all tokens that were given out. */
  endTokens(): void;
}

type Note = { -readonly [Field in keyof RequestNote]: RequestNote[Field] };

/** Faults that pass: a client that asks again gets through. They strike one request in so many. */
const passing = { '5xx': 4, reset: 5, 'html-200': 5, 'truncated-json': 5 } as const;

/**
 * A CloudTower, at `/v2/api` on 127.0.0.1.
 * @throws InvalidConfig for an unknown fault
 */
export async function startCloudTower(options: CloudTowerOptions = {}): Promise<CloudTowerSimulator> {
  const settings = settingsOf(options);
  const tower = towerOf(settings);
  const gate = gateOf(tower);
  const notes: Note[] = [];
  const bodies: { operation: string; body: unknown }[] = [];
  const { setFaults } = tower;
  const { seed } = settings;
  const controlled = { requests: notes, seed, faults: () => [...tower.faults], setFaults };
  const server: Server = { tower, gate, strikes: strikes(seed, passing) };
  const { origin, close } = await serve(settings.port, async (request, body, response) => {
    if (request.url === '/__simulator') return control(request, body, response, controlled);
    const call = callOf(request, body);
    if (call.operation !== 'login') bodies.push({ operation: call.operation, body: call.body });
    const note = noteOf(call, request.url ?? '', notes.length);
    notes.push(note);
    await respond(server, call, note, response);
  });
  const { logins, endTokens } = gate;
  const credentials = { url: origin, ...gate.credentials };
  return {
    url: `${origin}/v2/api`,
    credentials,
    seed,
    options,
    requests: notes,
    logins,
    bodies,
    endTokens,
    setFaults,
    close,
  };
}

interface Server {
  readonly tower: Tower;
  readonly gate: Gate;
  readonly strikes: Strikes<keyof typeof passing>;
}

async function respond(
  { tower, gate, strikes }: Server,
  call: Call,
  note: Note,
  response: ServerResponse,
): Promise<void> {
  const { faults, settings } = tower;
  const delay = slowness(settings.seed, faults, note.number);
  if (delay > 0) await wait(delay);
  if (faults.has('slowloris')) return drip(response);
  const fault = strikes.strike(faults, note.number, JSON.stringify([call.operation, call.body]));
  note.fault = fault;
  if (fault !== null && fault !== 'truncated-json') {
    note.status = sendWireFault(fault, settings.seed, note.number, response);
    return;
  }
  response.setHeader('x-tower-request-id', `req-${note.number}`);
  if (faults.has('gzip-bomb') && call.operation === 'get-vms') return sendGzipBomb(response, '[', ']');
  try {
    const body = answer(tower, gate, call);
    note.status = 200;
    if (fault === null) return sendJson(response, 200, body);
    const text = JSON.stringify(body);
    response
      .writeHead(200, { 'content-type': 'application/json' })
      .end(text.slice(0, Math.ceil(text.length / 2)));
  } catch (error) {
    const refused = error instanceof Refusal ? error : new Refusal(500, String(error));
    note.status = refused.status;
    sendJson(response, refused.status, errorBody(refused, `/${call.operation}`));
  }
}

function callOf({ headers, method = '', url = '/' }: IncomingMessage, body: string): Call {
  const { pathname } = new URL(url, 'http://localhost');
  return {
    method,
    operation: pathname === '/api' ? 'graphql' : pathname.replace(/^\/v2\/api\//, ''),
    token: headers.authorization,
    language: headers['content-language'],
    body: body === '' ? {} : (JSON.parse(body) as Call['body']),
  };
}

function noteOf({ method, operation, body }: Call, path: string, number: number): Note {
  const shown =
    operation === 'login'
      ? {}
      : { where: JSON.stringify(body.where ?? null), after: String(body.after ?? '') };
  return {
    number,
    method,
    path,
    command: operation,
    page: null,
    parameters: shown,
    at: Date.now(),
    status: null,
    fault: null,
    retryAfterMs: null,
  };
}
