/**
 * The CMP's own interface (nflex: 6. CMP API): tasks, metrics, logs, accounts and the state of modules.
 */
import { baseUrl } from './credentials.ts';
import {
  DeliveryError,
  EgressDenied,
  InsufficientPermission,
  InvalidConfig,
  InvalidCredentials,
  MalformedResponse,
  StateUnavailable,
  SyncError,
} from './errors.ts';
import type { Http, HttpRequest, HttpResponse, Verdict } from './http.ts';
import type { Log } from './log.ts';
import type { Account } from './models/account.ts';
import { quote } from './models/fields.ts';
import type { Severity } from './models/log-entry.ts';
import type { NflexMetric } from './models/metric.ts';
import { parse } from './parse.ts';
import { createRedactor, type Redact } from './redact.ts';
import { type Secret, secret } from './secret.ts';
import { type Millis, SECOND } from './time.ts';

/** Basic auth with a key and its secret, or a bearer token. */
export type CmpAuth = { readonly key: Secret; readonly secret: Secret } | { readonly token: Secret };

/** Where the CMP is, `https://host/cmp/basic/api` for instance, and who we are there. */
export interface CmpSettings {
  readonly url: URL;
  readonly auth: CmpAuth;
}

/** The body of a delivery. */
export interface CmpMetrics {
  /** The CMP's id of the resource. */
  readonly resource_id: string;
  readonly monitoring_system: string;
  readonly metrics: readonly NflexMetric[];
}

/** A line of a module's log; `timestamp` in RFC 3339, UTC. */
export type CmpLogEntry = Readonly<{ message: string; severity: Severity; timestamp: string }>;

/** What a module keeps at the CMP. The keys are others' to choose: look them up with `Object.hasOwn`. */
export type ModuleState = Readonly<Record<string, unknown>>;

/**
 * The CMP's calls. Success is the status 200 and nothing else. All may fail with InvalidCredentials (401),
 * InsufficientPermission (403), InvalidConfig or EgressDenied (the URL or its certificate); the rest is
 * StateUnavailable for the state of modules, and DeliveryError for everything else.
 */
export interface Cmp {
  /** @param percentage 0 to 100. Tried once below 100: the next report says it better than a repetition. */
  updateTask(taskId: string, percentage: number): Promise<void>;
  /**
   * Sent again when an answer is missing: the CMP tells a repetition by the key.
   * @param idempotencyKey names this very body, printable ASCII
   */
  postMetrics(batch: CmpMetrics, idempotencyKey: string): Promise<void>;
  /** Tried once: nothing tells a repetition from a line that was written twice. */
  postLogs(moduleId: string, entries: readonly CmpLogEntry[]): Promise<void>;
  patchAccount(accountId: string, account: Account): Promise<void>;
  getModuleState(moduleId: string): Promise<ModuleState>;
  /** Keys that are not named stay. There is no version check in the interface: the last writer wins. */
  patchModuleState(moduleId: string, values: ModuleState): Promise<void>;
  deleteModuleState(moduleId: string, keys: readonly string[]): Promise<void>;
}

export interface CmpOptions extends CmpSettings {
  /** Reaches the CMP's origin alone; its log must not be written to the CMP, or each line would make another. */
  readonly http: Http;
  readonly log: Log;
}

/** One attempt at something that is not worth waiting for. */
const BRIEF: Millis = 5 * SECOND;

export function createCmp(options: CmpOptions): Cmp {
  const redact = createRedactor(cmpSecrets(options.auth));
  const send = (call: Call) => exchange(options, redact, call);
  const done = async (call: Call) => void (await send(call));
  const state = (id: string) => ['modules', id, 'state'];
  return {
    updateTask: (id, percentage) =>
      done({
        ...posting(['tasks', id, 'update'], { percentage }),
        retry: percentage >= 100,
        timeoutMs: BRIEF,
      }),
    async postMetrics(batch, idempotencyKey) {
      await send({ ...posting(['metrics'], batch), headers: { 'idempotency-key': idempotencyKey } });
      options.log.debug('The CMP took metrics', { metrics: batch.metrics.length, key: idempotencyKey });
    },
    postLogs: (id, entries) =>
      done({ ...posting(['logs'], logBody(id, entries)), retry: false, timeoutMs: BRIEF }),
    patchAccount: (id, account) =>
      done({ ...posting(['accounts', id, 'resource'], account), method: 'PATCH' }),
    getModuleState: async (id) =>
      readState(await send({ method: 'GET', path: state(id), Failure: StateUnavailable })),
    patchModuleState: (id, body) =>
      done({ method: 'PATCH', path: state(id), body, Failure: StateUnavailable }),
    deleteModuleState: (id, body) =>
      done({ method: 'POST', path: [...state(id), 'delete'], body, Failure: StateUnavailable }),
  };
}

/**
 * The CMP's settings in an environment: `CMP_URL`, and `CMP_KEY` with `CMP_SECRET`, or else `CMP_TOKEN`. Pure.
 * @returns null when `CMP_URL` is not set: there is no CMP.
 * @throws InvalidConfig for half a pair, for no credentials at all, and for a URL that is none
 */
export function cmpSettings(env: Readonly<Record<string, string | undefined>>): CmpSettings | null {
  const [url, key, pass, token] = ['CMP_URL', 'CMP_KEY', 'CMP_SECRET', 'CMP_TOKEN'].map(
    (name) => env[name]?.trim() || null,
  );
  if (!url) return null;
  const parsed = parse(baseUrl, url, 'CMP_URL', InvalidConfig);
  if (key && pass) return { url: parsed, auth: { key: secret(key), secret: secret(pass) } };
  if (key) throw new InvalidConfig('CMP_KEY is set and CMP_SECRET is not; they go together');
  if (pass) throw new InvalidConfig('CMP_SECRET is set and CMP_KEY is not; they go together');
  if (token) return { url: parsed, auth: { token: secret(token) } };
  throw new InvalidConfig('CMP_URL is set without credentials: set CMP_KEY and CMP_SECRET, or CMP_TOKEN');
}

/** What must never be printed of the CMP's settings; a redactor knows the encoded forms. */
export function cmpSecrets(auth: CmpAuth): readonly Secret[] {
  return 'token' in auth ? [auth.token] : [auth.key, auth.secret];
}

interface Call extends Pick<HttpRequest, 'method' | 'headers' | 'retry' | 'timeoutMs'> {
  readonly path: readonly string[];
  readonly body?: unknown;
  /** What a refusal is raised as. */
  readonly Failure: typeof DeliveryError | typeof StateUnavailable;
}

function posting(path: readonly string[], body: unknown): Call {
  return { method: 'POST', path, body, Failure: DeliveryError };
}

/** Service and resource are the original's: by them the CMP finds a module's lines. */
function logBody(moduleId: string, entries: readonly CmpLogEntry[]) {
  const origin = { service: 'nflex.flexer', resource_id: `nflex-module-${moduleId}` };
  return entries.map((entry) => ({ ...entry, ...origin }));
}

async function exchange({ url, auth, http }: CmpOptions, redact: Redact, call: Call): Promise<HttpResponse> {
  const { method, path, body, headers, Failure, ...limits } = call;
  const target = endpoint(url, path);
  const json = { 'content-type': 'application/json' };
  const common = { accept: 'application/json', authorization: authorization(auth), ...headers };
  const request: HttpRequest = {
    ...limits,
    method,
    url: target,
    headers: body === undefined ? common : { ...json, ...common },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  };
  const name = `${method} ${target.pathname}`;
  try {
    return await http.send(request, (response, byStatus) =>
      judge(response, byStatus, { name, Failure, redact }),
    );
  } catch (error) {
    throw asCmpError(error, Failure);
  }
}

/** Ids are others' to choose; a dot segment would be resolved away, whatever its encoding. */
function endpoint(base: URL, path: readonly string[]): URL {
  const bad = path.find((part) => /^\.{0,2}$/.test(part) || /\p{Cs}/u.test(part));
  if (bad !== undefined)
    throw new InvalidConfig(`${quote(bad)} cannot be an id of the CMP: no path can hold it`);
  const url = new URL(base);
  url.pathname = [base.pathname.replace(/\/+$/, ''), ...path.map(encodeURIComponent)].join('/');
  return url;
}

function authorization(auth: CmpAuth): string {
  if ('token' in auth) return `Bearer ${auth.token.reveal()}`;
  const pair = `${auth.key.reveal()}:${auth.secret.reveal()}`;
  return `Basic ${Buffer.from(pair, 'utf8').toString('base64')}`;
}

interface Judging extends Pick<Call, 'Failure'> {
  readonly name: string;
  readonly redact: Redact;
}

/** A page with status 200 comes from something in between, and acknowledges nothing. */
function judge(response: HttpResponse, byStatus: Verdict, { name, Failure, redact }: Judging): Verdict {
  const { status } = response;
  const words = response.text().slice(0, 4000).trim();
  const page = words.startsWith('<');
  if (status === 200 && !page) return { action: 'accept' };
  const said = words === '' || page ? '' : `: ${quote(redact(words))}`; // redacted whole, then cut
  const message = `The CMP answered ${name} with ${status}${page ? ' and a page of HTML' : said}`;
  const error = refusal(status, message, Failure);
  if (byStatus.action === 'retry') return { ...byStatus, error };
  return { action: byStatus.action === 'accept' && page ? 'retry' : 'fail', error };
}

function refusal(status: number, message: string, Failure: Call['Failure']): SyncError {
  if (status === 401) {
    return new InvalidCredentials(message, {
      code: 'CMP_CREDENTIALS',
      hint: "Check CMP_KEY and CMP_SECRET, or CMP_TOKEN; the account's own credentials are not concerned.",
    });
  }
  if (status === 403) {
    return new InsufficientPermission(message, {
      code: 'CMP_PERMISSION',
      hint: "Ask the CMP's operator to allow this call to the owner of CMP_KEY or CMP_TOKEN.",
    });
  }
  return new Failure(message, { code: `CMP_HTTP_${status}` });
}

/** The network's failures under the CMP's name: their own words would send the reader to the account's `url`. */
function asCmpError(error: unknown, Failure: Call['Failure']): unknown {
  if (!(error instanceof SyncError) || error instanceof Failure || error.code.startsWith('CMP_'))
    return error;
  const { code, message, retryable } = error;
  const told = error.retryAfter === undefined ? {} : { retryAfter: error.retryAfter };
  const details = { code, cause: error, ...told };
  if (retryable) return new Failure(`The CMP: ${message}`, details);
  const hint = 'Check CMP_URL: the final URL of the CMP, with a certificate that this machine trusts.';
  if (error instanceof MalformedResponse) return new Failure(`The CMP: ${message}`, { ...details, hint });
  const Refused = error instanceof EgressDenied ? EgressDenied : InvalidConfig;
  return new Refused(`The CMP: ${message}`, { ...details, hint });
}

function readState(response: HttpResponse): ModuleState {
  try {
    const state: unknown = JSON.parse(response.text());
    if (typeof state === 'object' && state !== null && !Array.isArray(state)) return state as ModuleState;
  } catch {
    // Said below: what is no JSON is no object either.
  }
  throw new StateUnavailable("The CMP's answer is not a module's state: expected a JSON object", {
    code: 'CMP_STATE_UNREADABLE',
  });
}
