import { setTimeout as wait } from 'node:timers/promises';
import { control, serve } from '../serve.ts';
import type { RequestNote, Simulator } from '../simulator.ts';
import { knownFaults, sendWireFault, slowness, strikes } from '../wire-faults.ts';
import type { Answer, Asked, Identity } from './asked.ts';
import { controls, credentialsFrom, type KeystoneCredentials, type Validated } from './controls.ts';
import { faults as known, passing } from './faults.ts';
import { type EndpointOption, type KeystoneOptions, settingsOf } from './options.ts';
import { Refusal } from './refusal.ts';
import { answer } from './routes.ts';
import { tokensOf } from './tokens.ts';
import { send } from './wire.ts';
import { type Project, type RoleName, worldOf } from './world.ts';

export interface KeystoneSimulator extends Simulator {
  readonly credentials: KeystoneCredentials;
  /** All there are; those of the domain Default that were asked for come first. */
  readonly projects: readonly Readonly<Project>[];
  /** The statuses of the answers to logins, in their order. */
  readonly logins: readonly number[];
  /** A user's, with the password, scoped to one of the domain's projects by name. @throws Error for an unknown user */
  credentialsOf(user: string, project?: string): KeystoneCredentials;
  /** `sync`, of the user member for the first project, or `expired`. */
  applicationCredential(name?: string): KeystoneCredentials;
  userId(user: string): string;
  /** From now on the catalog holds this endpoint too. */
  register(endpoint: EndpointOption): void;
  /** For a service that trusts this Keystone: counts as a use. Null: answer 401. */
  validate(token: string | undefined): Validated | null;
  /** Ends all tokens that were given out. */
  expireTokens(): void;
  /** The next tokens, one unless said otherwise, die after so many uses. */
  expireTokensAfter(uses: number, tokens?: number): void;
  revokeTokens(): void;
  /** Kills the user's tokens for good. */
  setEnabled(user: string, enabled: boolean): void;
  /** Kills the user's tokens. */
  setPassword(user: string, password: string): void;
  /** On the first project, and nowhere else. */
  setRoles(user: string, roles: readonly RoleName[]): void;
  deleteApplicationCredential(name: string): void;
}

/**
 * A Keystone on 127.0.0.1, as version 22 was recorded.
 * @throws InvalidConfig for an unknown fault
 */
export async function startKeystone(options: KeystoneOptions = {}): Promise<KeystoneSimulator> {
  const settings = settingsOf(options);
  const { seed } = settings;
  const world = worldOf(settings);
  const identity: Identity = {
    settings,
    world,
    tokens: tokensOf(settings, world),
    registered: [...settings.endpoints],
    faults: knownFaults(known, settings.faults),
  };
  const notes: Note[] = [];
  const logins: number[] = [];
  const struck = strikes(seed, passing);
  const setFaults = (names: readonly string[]) => {
    identity.faults = knownFaults(known, names);
  };
  const controlled = { requests: notes, seed, faults: () => [...identity.faults], setFaults };
  const { origin, close } = await serve(settings.port, async (request, body, response) => {
    const asked: Asked = {
      method: request.method ?? '',
      url: new URL(request.url ?? '/', origin),
      headers: request.headers,
      body,
      origin,
    };
    if (asked.url.pathname === '/__simulator') return control(request, body, response, controlled);
    const note = noteOf(asked, notes.length, settings.now());
    notes.push(note);
    const { number } = note;
    const delay = slowness(seed, identity.faults, number);
    if (delay > 0) note.fault = 'slow';
    await wait(delay);
    const fault = struck.strike(identity.faults, number, `${asked.method} ${request.url}`);
    if (fault !== null) {
      note.fault = fault;
      note.status = sendWireFault(fault, seed, number, response);
    } else {
      const { status, headers = {}, body: told } = answerOf(identity, asked);
      note.status = status;
      send(response, status, headers, told, [seed, number]);
    }
    if (note.command === 'login' && note.status !== null) logins.push(note.status);
  });
  return {
    url: `${origin}/v3`,
    seed,
    requests: notes,
    setFaults,
    close,
    projects: world.projects,
    logins,
    ...credentialsFrom(identity, `${origin}/v3`),
    ...controls(identity),
  };
}

type Note = { -readonly [Field in keyof RequestNote]: RequestNote[Field] };

function noteOf({ method, url }: Asked, number: number, at: number): Note {
  const isLogin = method === 'POST' && url.pathname === '/v3/auth/tokens';
  return {
    number,
    method,
    path: url.pathname,
    command: isLogin ? 'login' : null,
    page: null,
    parameters: Object.fromEntries(url.searchParams),
    at,
    status: null,
    fault: null,
    retryAfterMs: null,
  };
}

function answerOf(identity: Identity, asked: Asked): Answer {
  try {
    return answer(identity, asked);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const { status, body, headers } = error;
    const challenged = status === 401 && !('Openstack-Auth-Receipt' in headers);
    const challenge = challenged ? { 'WWW-Authenticate': `Keystone uri="${asked.origin}/v3"` } : {};
    return { status, body, headers: { ...headers, ...challenge } };
  }
}
