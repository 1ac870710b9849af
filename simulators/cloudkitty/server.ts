import type { ServerResponse } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import type { Millis } from '../../lib/time.ts';
import { type KeystoneSimulator, startKeystone } from '../keystone/index.ts';
import { uuidOf } from '../seeded.ts';
import { control, serve } from '../serve.ts';
import type { RequestNote, Simulator } from '../simulator.ts';
import { drip, sendGzipBomb, sendWireFault, slowness, strikes } from '../wire-faults.ts';
import { type Caller, type Cloud, cloudOf, type Project, projectById } from './cloud.ts';
import { passing } from './faults.ts';
import { type CloudKittyOptions, type Role, settingsOf } from './options.ts';
import { type OracleItem, oracleDay, oracleTotal } from './oracle.ts';
import { pythonJson } from './printing.ts';
import type { PriceChange, Reset } from './rating.ts';
import { writtenAtFirst } from './rating-modules.ts';
import { Refusal, refusalBody, unauthorised } from './refusal.ts';
import { type Answer, answer } from './routes.ts';

export interface CloudKittySimulator extends Simulator {
  /** The Keystone beside it, whose catalog names this server as `rating`. */
  readonly keystone: KeystoneSimulator;
  readonly projects: readonly Project[];
  /** The credentials of another user, scoped to a project by name. */
  credentialsOf(role: Role, project?: string): Readonly<Record<string, unknown>>;
  /** A price changes, and hours are rated again with it. */
  change(change: PriceChange): void;
  /** The state of a project is set back. */
  reset(reset: Reset): void;
  /** The truth of a project's UTC day, by name. */
  oracle(project: string, day: Millis): readonly OracleItem[];
  oracleTotal(project: string, day: Millis): string;
}

type Note = { -readonly [Field in keyof RequestNote]: RequestNote[Field] };

/**
 * A CloudKitty API on 127.0.0.1 and the Keystone that it trusts.
 * @throws InvalidConfig for an unknown fault or time zone
 */
export async function startCloudKitty(options: CloudKittyOptions = {}): Promise<CloudKittySimulator> {
  const settings = settingsOf(options);
  const { prefix, projects: names, role, seed } = settings;
  const keystone = await startKeystone({
    seed,
    now: settings.wireNow,
    projects: names.map((name) => ({ name })),
  });
  const projects = names.map((name) => ({
    name,
    id: keystone.projects.find((project) => project.name === name)?.id ?? '',
  }));
  const cloud = cloudOf(settings, projects);
  const written = writtenAtFirst();
  const notes: Note[] = [];
  const struck = strikes(seed, passing);
  const controlled = { requests: notes, seed, faults: () => [...cloud.faults], setFaults: cloud.setFaults };
  const { origin, close } = await serve(settings.port, async (request, body, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    if (url.pathname === '/__simulator') return control(request, body, response, controlled);
    const note = noteOf(request.method ?? '', url, notes.length, settings.wireNow());
    notes.push(note);
    const delay = slowness(seed, cloud.faults, note.number);
    if (delay > 0) await wait(delay);
    if (cloud.faults.has('slowloris')) return drip(response);
    note.fault = struck.strike(cloud.faults, note.number, `${request.method} ${request.url}`);
    if (note.fault !== null && note.fault !== 'truncated-json') {
      note.status = sendWireFault(note.fault as '5xx', seed, note.number, response);
      return;
    }
    if (cloud.faults.has('gzip-bomb') && /summary|dataframes/.test(url.pathname)) {
      note.status = 200;
      return sendGzipBomb(response, '{"total":', '0}');
    }
    const path = url.pathname.startsWith(prefix) ? url.pathname.slice(prefix.length) : url.pathname;
    const asked = { method: request.method ?? '', path: path || '/', query: url.searchParams, body };
    const told = answerTo(
      cloud,
      origin,
      () => {
        const caller = callerOf(cloud, keystone, request.headers['x-auth-token']);
        return answer({ ...asked, cloud, written, caller });
      },
      asked.path,
    );
    note.status = told.status;
    send(response, told, note, seed);
  });
  keystone.register({ type: 'rating', name: 'cloudkitty', url: `${origin}${prefix}` });
  const credentialsOf = (whose: Role, project = names[0] ?? '') => ({
    ...keystone.credentialsOf(whose, project),
    currency: 'EUR',
  });
  return {
    url: `${origin}${prefix}`,
    keystone,
    projects,
    credentials: credentialsOf(role),
    credentialsOf,
    seed,
    requests: notes,
    setFaults: cloud.setFaults,
    change: cloud.change,
    reset: cloud.reset,
    oracle: (project, day) => oracleDay(cloud.happened, project, day),
    oracleTotal: (project, day) => oracleTotal(cloud.happened, project, day),
    async close() {
      await close();
      await keystone.close();
    },
  };
}

function noteOf(method: string, url: URL, number: number, at: Millis): Note {
  const { limit, offset, ...rest } = Object.fromEntries(url.searchParams);
  const page = limit === undefined ? null : Math.floor(Number(offset ?? 0) / Number(limit)) + 1;
  return {
    number,
    method,
    path: url.pathname,
    command: `${method} ${url.pathname}`,
    page,
    parameters: {
      ...rest,
      ...(limit === undefined ? {} : { limit }),
      ...(offset === undefined ? {} : { offset }),
    },
    at,
    status: null,
    fault: null,
    retryAfterMs: null,
  };
}

/** Four calls need no token (sheet 2). */
function answerTo(cloud: Cloud, origin: string, guarded: () => Answer, path: string): Answer {
  try {
    if (path === '/') return { status: 200, body: versions(cloud, origin) };
    if (path === '/healthcheck') return { status: 200, body: { detailed: false, reasons: ['OK'] } };
    if (cloud.faults.has('keystone-down'))
      throw new Refusal(503, 'middleware', 'The Keystone service is temporarily unavailable.');
    return guarded();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { status: error.status, body: refusalBody(error) };
  }
}

/** The links are made of scheme and host alone: a prefix is lost (sheet 2). */
function versions({ settings }: Cloud, origin: string) {
  const version = (id: string, status: string) => ({
    id,
    links: [{ href: `${origin}/${id}`, rel: 'self' }],
    status,
  });
  const v2 = settings.storage === 'v2' ? [version('v2', 'EXPERIMENTAL')] : [];
  return { versions: [version('v1', 'CURRENT'), ...v2] };
}

/** An administrator of any project is one everywhere (sheet 2). */
function callerOf(cloud: Cloud, keystone: KeystoneSimulator, token: string | string[] | undefined): Caller {
  const validated = keystone.validate(typeof token === 'string' ? token : undefined);
  if (validated === null) throw unauthorised();
  const { project, roles, user } = validated;
  const role = roles.includes('admin') ? 'admin' : roles.includes('member') ? 'member' : 'reader';
  const known = projectById(cloud, project?.id ?? '');
  return { project: known ?? { id: project?.id ?? '', name: project?.name ?? '' }, role, user: user.id };
}

function send(response: ServerResponse, { status, body, location }: Answer, note: Note, seed: number): void {
  response.setHeader('x-openstack-request-id', `req-${uuidOf(seed, 'request', note.number)}`);
  if (location !== undefined) response.setHeader('location', location);
  const isPage = typeof body === 'string' && body.startsWith('<');
  if (body !== undefined) response.setHeader('content-type', isPage ? 'text/html' : 'application/json');
  response.writeHead(status);
  const text = body === undefined ? '' : isPage ? String(body) : pythonJson(body);
  response.end(note.fault === 'truncated-json' ? text.slice(0, Math.floor(text.length / 2)) : text);
}
