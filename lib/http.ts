import { setMaxListeners } from 'node:events';
import type { Clock } from './clock.ts';
import { checkUrl, createAgents, type EgressRules, type Resolve } from './http/egress.ts';
import { callOf, overSockets } from './http/exchange.ts';
import type { ProxyFor } from './http/proxy.ts';
import {
  isRedirect,
  judgeFailure,
  judgeStatus,
  lastError,
  pause,
  type Verdict,
  waitBefore,
  within,
} from './http/retry.ts';
import type { Log } from './log.ts';
import { redactError } from './redact.ts';
import { MINUTE, type Millis } from './time.ts';

export type { Verdict } from './http/retry.ts';

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'HEAD';
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** False for a write that must not be sent twice: one attempt. */
  readonly retry?: boolean;
  /** Overrides the client's limit of one attempt. */
  readonly timeoutMs?: Millis;
}

export interface HttpResponse {
  readonly status: number;
  /** Lower-case names; values of a repeated header as `node:http` joins them. */
  readonly headers: Readonly<Record<string, string>>;
  /** Already decompressed, whatever `content-encoding` says. */
  readonly body: Buffer;
  /** The body as UTF-8, without a byte order mark. */
  text(): string;
}

/** A single exchange. The seam where recording and replay sit; rules, limits and retries stay around it. */
export type Transport = (request: HttpRequest, signal: AbortSignal) => Promise<HttpResponse>;

/** Decides over an answer that is no redirect. `byStatus` is what the table of statuses says of it. */
export type Judge = (response: HttpResponse, byStatus: Verdict) => Verdict;

export interface HttpOptions {
  /** The account's own servers; nothing else is reached. */
  readonly origins: readonly URL[];
  readonly tls: { readonly ca?: string; readonly verify: boolean };
  /** Ends every call at once, with its reason. */
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly log: Log;
  readonly redact: (text: string) => string;
  /** One whole attempt: connect, TLS, headers and body. Default a minute. */
  readonly timeoutMs?: Millis;
  /** One call with its attempts and the waits between them. Default five minutes. */
  readonly callMs?: Millis;
  /** Default 5. */
  readonly attempts?: number;
  /** The largest body, after decompression. Default 64 MiB. */
  readonly maxBytes?: number;
  /** May the account's host be this machine? Default true; false on Lambda, whose runtime API lives there. */
  readonly loopback?: boolean;
  readonly random?: () => number;
  readonly transport?: Transport;
  /** Default: no proxy. Read from the environment at the edge: see `proxyFrom`. */
  readonly proxyFor?: ProxyFor;
  /** Listens to the transport: a recording. */
  readonly recorder?: (transport: Transport, redact: (text: string) => string) => Transport;
  /** How names become addresses, which are then checked. Default the machine's way. */
  readonly resolve?: Resolve;
}

type Sent = HttpRequest | (() => HttpRequest);
/** A client that belongs to one account and one invocation. */
export interface Http {
  /**
   * Sends until an answer is accepted, refused, or the limits are reached.
   * @param request as a function it is built anew for every attempt: signatures expire
   * @param judge may overrule the table of statuses, never the refusal of redirects
   * @throws SyncError of the last attempt, naming method and path; `signal.reason` when aborted
   */
  send(request: Sent, judge?: Judge): Promise<HttpResponse>;
  /**
   * Lets one more server be reached: one that the account's own catalog names. The rules for addresses hold for
   * it as for the account's URL.
   * @throws EgressDenied
   */
  admit(url: URL): void;
  /** Ends what is still running and gives every socket back. */
  close(): void;
}

/** Makes a client with sockets of its own: nothing of it is shared with another account. */
export function createHttp(options: HttpOptions): Http {
  const origins = [...options.origins];
  const rules = { origins, loopback: options.loopback ?? true };
  const agents = createAgents(rules, options.tls, options.resolve, options.proxyFor);
  const life = new AbortController();
  setMaxListeners(0, life.signal);
  const abort = () => life.abort(asError(options.signal.reason));
  if (options.signal.aborted) abort();
  else options.signal.addEventListener('abort', abort, { once: true });
  const plain = options.transport ?? overSockets(agents, options.maxBytes ?? 64 * 1024 * 1024);
  const transport = options.recorder?.(plain, options.redact) ?? plain;
  return {
    async send(request, judge) {
      try {
        return await send({ options, rules, transport, signal: life.signal }, request, judge);
      } catch (error) {
        throw error === life.signal.reason ? error : redactError(error, options.redact);
      }
    },
    admit(url) {
      checkUrl(url, { ...rules, origins: [url] });
      origins.push(url);
    },
    close() {
      options.signal.removeEventListener('abort', abort);
      life.abort(new Error('The HTTP client was closed'));
      for (const agent of Object.values(agents)) agent.destroy();
    },
  };
}

interface Client {
  readonly options: HttpOptions;
  readonly rules: EgressRules;
  readonly transport: Transport;
  readonly signal: AbortSignal;
}

async function send(client: Client, request: Sent, judge: Judge | undefined): Promise<HttpResponse> {
  const { options, signal } = client;
  const wire = () => options.clock.wire();
  const deadline = wire() + (options.callMs ?? 5 * MINUTE);
  for (let attempt = 1; ; attempt += 1) {
    const built = typeof request === 'function' ? request() : request;
    signal.throwIfAborted();
    const outcome = await tryOnce(client, built, deadline - wire(), judge);
    if (outcome.response) return outcome.response;
    const { verdict } = outcome;
    if (verdict.action === 'fail') throw verdict.error;
    const wait = waitBefore(attempt, verdict.afterMs, options.random ?? Math.random);
    const over = built.retry === false || attempt >= (options.attempts ?? 5) || wire() + wait >= deadline;
    if (over) throw lastError(verdict);
    const { message, code } = verdict.error;
    options.log.warn(options.redact(`${message}; trying again`), {
      attempt,
      wait_ms: Math.round(wait),
      code,
    });
    await pause(wait, signal);
  }
}

type Refusal = Exclude<Verdict, { action: 'accept' }>;
type Outcome = { readonly response: HttpResponse } | { readonly response?: never; readonly verdict: Refusal };

async function tryOnce(client: Client, request: HttpRequest, left: Millis, judge?: Judge): Promise<Outcome> {
  const { options, signal } = client;
  const call = options.redact(callOf(request));
  const start = options.clock.wire();
  try {
    checkUrl(request.url, client.rules);
    const ms = Math.min(request.timeoutMs ?? options.timeoutMs ?? MINUTE, left);
    const response = await within({ ms, call, signal }, (limit) => client.transport(request, limit));
    const took = options.clock.wire() - start;
    options.log.debug(call, { status: response.status, bytes: response.body.length, ms: took });
    const byStatus = judgeStatus(call, request.url, response, options.clock.wire());
    const verdict = judge && !isRedirect(response) ? judge(response, byStatus) : byStatus;
    return verdict.action === 'accept' ? { response } : { verdict };
  } catch (error) {
    signal.throwIfAborted();
    const verdict = judgeFailure(call, error);
    if (verdict === null || verdict.action === 'accept') throw error;
    return { verdict };
  }
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error('The call was aborted', { cause: reason });
}
