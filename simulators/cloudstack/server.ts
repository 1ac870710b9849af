import type { ServerResponse } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { control, serve } from '../serve.ts';
import type { Simulator } from '../simulator.ts';
import { drip, type Strikes, sendGzipBomb, slowness, strikes } from '../wire-faults.ts';
import { type Form, sendBody, sendRefusal } from './answer.ts';
import { type Cloud, cloudOf } from './cloud.ts';
import { type Commands, commands } from './commands.ts';
import { admit, wireClock } from './gate.ts';
import { type CloudStackOptions, settingsOf } from './options.ts';
import { Refusal } from './refusal.ts';
import { lowerCased, type Note, noteOf, parametersOf } from './request.ts';
import type { Parameters } from './signature.ts';
import { type Throttle, throttle } from './throttle.ts';
import { type PassingFault, passing, sendPassingFault } from './wire-faults.ts';

export interface CloudStackSimulator extends Simulator {
  readonly credentials: { readonly url: string; readonly api_key: string; readonly secret_key: string };
  /** What it was started with: the oracle needs no more. */
  readonly options: CloudStackOptions;
}

/**
 * A CloudStack management server with its usage server, at `/client/api` on 127.0.0.1.
 * @throws InvalidConfig for an unknown fault or time zone
 */
export async function startCloudStack(options: CloudStackOptions = {}): Promise<CloudStackSimulator> {
  const settings = settingsOf(options);
  const cloud = cloudOf(settings);
  const limit = throttle();
  const notes: Note[] = [];
  const server: Server = {
    cloud,
    throttle: limit,
    commands: commands(() => limit.describe(cloud)),
    strikes: strikes(settings.seed, passing),
  };
  const controlled = {
    requests: notes,
    seed: settings.seed,
    faults: () => [...cloud.faults],
    setFaults: cloud.setFaults,
  };
  const { origin, close } = await serve(settings.port, async (request, body, response) => {
    response.setHeader('Date', new Date(wireClock(cloud)).toUTCString());
    const url = new URL(request.url ?? '/', 'http://localhost');
    if (url.pathname === '/__simulator') return control(request, body, response, controlled);
    const parameters = parametersOf(request, url, body);
    const note = noteOf(request, url, parameters, notes.length);
    notes.push(note);
    await answer(server, url.pathname, parameters, note, response);
  });
  const url = `${origin}/client/api`;
  const credentials = { url, api_key: cloud.apiKey, secret_key: cloud.secretKey };
  const { seed } = settings;
  return { url, credentials, seed, options, requests: notes, setFaults: cloud.setFaults, close };
}

interface Server {
  readonly cloud: Cloud;
  readonly throttle: Throttle;
  readonly commands: Commands;
  readonly strikes: Strikes<PassingFault>;
}

async function answer(
  server: Server,
  path: string,
  parameters: Parameters,
  note: Note,
  response: ServerResponse,
): Promise<void> {
  const { cloud } = server;
  const { seed, dateFormat } = cloud.settings;
  const form: Form = { json: parameters.response === 'json', command: parameters.command, dateFormat };
  await pauseWhenSlow(cloud, note);
  try {
    if (path !== '/client/api') throw new Refusal(404, `No such path: ${path}`, { unknownCommand: true });
    if (cloud.faults.has('slowloris')) return dripped(note, response);
    note.fault =
      server.strikes.strike(cloud.faults, note.number, JSON.stringify(note.parameters)) ?? note.fault;
    if (isPassing(note.fault)) {
      note.status = sendPassingFault(note.fault, seed, note.number, response);
      return;
    }
    note.status = run(server, parameters, note, form, response);
  } catch (error) {
    const refusal = error instanceof Refusal ? error : new Refusal(530, String(error), { cserrorcode: 4250 });
    note.retryAfterMs = refusal.retryAfterMs;
    note.status = sendRefusal(response, form, refusal, note.fault === 'truncated-json');
  }
}

/** Admits the call and answers it. */
function run(
  { cloud, throttle, commands: all }: Server,
  parameters: Parameters,
  note: Note,
  form: Form,
  response: ServerResponse,
): number {
  const command = admit(cloud, all, throttle, parameters);
  if (cloud.faults.has('gzip-bomb') && parameters.command === 'listUsageRecords') {
    note.fault = 'gzip-bomb';
    sendGzipBomb(response, '{"listusagerecordsresponse":', '{}}');
    return 200;
  }
  return sendBody(
    response,
    form,
    command.run(cloud, lowerCased(parameters)),
    note.fault === 'truncated-json',
  );
}

async function pauseWhenSlow({ settings, faults }: Cloud, note: Note): Promise<void> {
  if (settings.synthetic?.latency) await wait(settings.synthetic.latency);
  const delay = slowness(settings.seed, faults, note.number);
  if (delay === 0) return;
  note.fault = 'slow';
  await wait(delay);
}

function dripped(note: Note, response: ServerResponse): void {
  note.fault = 'slowloris';
  drip(response);
}

function isPassing(fault: string | null): fault is '429-storm' | '5xx' | 'reset' | 'html-200' {
  return fault !== null && ['429-storm', '5xx', 'reset', 'html-200'].includes(fault);
}
