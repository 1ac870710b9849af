import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { control, serve } from '../serve.ts';
import type { RequestNote, Simulator } from '../simulator.ts';
import { drip, type Strikes, sendGzipBomb, sendWireFault, slowness, strikes } from '../wire-faults.ts';
import { type Answer, emptyAnswer, pageRefusal, Refusal, sendAnswer } from './answer.ts';
import type { Asked } from './asked.ts';
import { type Cloud, cloudOf } from './cloud.ts';
import { type AlmanachOptions, settingsOf } from './options.ts';
import { oracle, type Question, type TrueUse } from './oracle.ts';
import { createQueue } from './queue.ts';
import { routeOf } from './routes.ts';
import type { Row } from './row.ts';
import type { Project } from './world.ts';

export interface AlmanachSimulator extends Simulator {
  /** `url` and `token`, the private key, whatever the strategy says. */
  readonly credentials: Readonly<Record<string, unknown>> & { readonly project_ids: readonly string[] };
  /** All that have rows, and last, behind a history, one without usage. */
  readonly projects: readonly Project[];
  /** The true rows so far, writes through the API included. */
  rows(): readonly Row[];
  /** The true usage, writes through the API included. */
  oracle(question: Omit<Question, 'now'>): TrueUse[];
}

/**
 * An Almanach v1 on 127.0.0.1, as release 4.1.1 was recorded.
 * @throws InvalidConfig for an unknown fault
 */
export async function startAlmanach(options: AlmanachOptions = {}): Promise<AlmanachSimulator> {
  const settings = settingsOf(options);
  const { seed, now } = settings;
  const cloud = cloudOf(settings);
  const notes: Note[] = [];
  const server = { cloud, strikes: strikes(seed, passing) };
  const queue = createQueue(() => cloud.faults.has('single-threaded'));
  const controlled = {
    requests: notes,
    seed,
    faults: () => [...cloud.faults],
    setFaults: cloud.setFaults,
  };
  const listener = async (request: IncomingMessage, body: string, response: ServerResponse) => {
    const url = new URL(`http://localhost${request.url ?? '/'}`);
    if (url.pathname === '/__simulator') return control(request, body, response, controlled);
    await queue.turn(request.socket);
    const note = noteOf(request, url, notes.length, now());
    notes.push(note);
    await answer(server, request, url, body, note, response);
  };
  const { origin, close } = await serve(settings.port, listener, queue.enter);
  const projectIds = cloud.world.projects.map(({ id }) => id);
  return {
    url: origin,
    credentials: { url: origin, token: cloud.privateKey, project_ids: projectIds },
    seed,
    projects: cloud.world.projects,
    requests: notes,
    setFaults: cloud.setFaults,
    rows() {
      cloud.catchUp();
      return [...cloud.table.rows];
    },
    oracle(question) {
      cloud.catchUp();
      return oracle(cloud.table.rows, { ...question, now: now() });
    },
    close,
  };
}

const passing = { '5xx': 4, reset: 5, 'html-200': 5, 'truncated-json': 5 } as const;

interface Server {
  readonly cloud: Cloud;
  readonly strikes: Strikes<keyof typeof passing>;
}

type Note = { -readonly [Field in keyof RequestNote]: RequestNote[Field] };

async function answer(
  { cloud, strikes }: Server,
  request: IncomingMessage,
  url: URL,
  body: string,
  note: Note,
  response: ServerResponse,
): Promise<void> {
  const { seed, now } = cloud.settings;
  response.setHeader('Connection', 'close');
  response.setHeader('Server', 'Werkzeug/0.14.1 Python/3.9.18');
  response.setHeader('Date', new Date(now()).toUTCString());
  const delay = slowness(seed, cloud.faults, note.number);
  if (delay > 0) {
    note.fault = 'slow';
    await wait(delay);
  }
  if (cloud.faults.has('slowloris')) {
    note.fault = 'slowloris';
    return drip(response);
  }
  const struck = strikes.strike(cloud.faults, note.number, `${request.method} ${request.url}`);
  note.fault = struck ?? note.fault;
  if (struck !== null && struck !== 'truncated-json') {
    note.status = sendWireFault(struck, seed, note.number, response);
    return;
  }
  const found = await answerOf(cloud, request, url, body, note);
  if (note.command === 'entities' && found.status === 200 && cloud.faults.has('gzip-bomb')) {
    note.fault = 'gzip-bomb';
    note.status = 200;
    return sendGzipBomb(response, '[', ']');
  }
  const isHead = request.method === 'HEAD';
  note.status = sendAnswer(response, found, { isHead, cut: struck === 'truncated-json' });
}

const listings = ['entities', 'instances', 'volumes'];

/** Routes, admits and answers, in the order of Flask and of Almanach (sheet 1.1). */
async function answerOf(
  cloud: Cloud,
  request: IncomingMessage,
  url: URL,
  body: string,
  note: Note,
): Promise<Answer> {
  const { method = '', headers } = request;
  try {
    const { route, ids, allowed } = routeOf(cloud, method, url.pathname);
    if (method === 'OPTIONS') return emptyAnswer(200, { Allow: allowed.join(', ') });
    if (route === null) throw pageRefusal(405, cloud.settings.dateFormat, { Allow: allowed.join(', ') });
    note.command = route.name;
    const token = headers['x-auth-token'];
    if (!route.open) await cloud.gate.admit(typeof token === 'string' ? token : undefined, cloud.faults);
    cloud.catchUp();
    const asked = askedOf(cloud, url, body, headers['content-type'] ?? '');
    const found = route.view(cloud, ids, asked);
    if (!cloud.faults.has('missing-array') || !listings.includes(route.name)) return found;
    note.fault = 'missing-array';
    return { ...found, body: '{}' };
  } catch (error) {
    if (error instanceof Refusal) return error.answer;
    throw error;
  }
}

function askedOf(cloud: Cloud, url: URL, body: string, contentType: string): Asked {
  const now = cloud.settings.now();
  return { query: url.searchParams, body, contentType, now, localNow: cloud.localNow() };
}

function noteOf(request: IncomingMessage, url: URL, number: number, at: number): Note {
  return {
    number,
    method: request.method ?? '',
    path: url.pathname,
    command: null,
    page: null,
    parameters: Object.fromEntries(url.searchParams),
    at,
    status: null,
    fault: null,
    retryAfterMs: null,
  };
}
