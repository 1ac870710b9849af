import { setTimeout as delay } from 'node:timers/promises';
import {
  InsufficientPermission,
  InvalidConfig,
  InvalidCredentials,
  MalformedResponse,
  ProviderUnavailable,
  RateLimited,
  SyncError,
} from '../errors.ts';
import { type Millis, parseInstant, SECOND } from '../time.ts';

/** What becomes of one attempt. `afterMs` is the wait that the server asked for. */
export type Verdict =
  | { readonly action: 'accept' }
  | { readonly action: 'retry'; readonly error: SyncError; readonly afterMs?: number }
  | { readonly action: 'fail'; readonly error: SyncError };

/** The parts of an answer that the table looks at. */
interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
}

/** Statuses that are known to pass by themselves. */
const transient: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504]);

/**
 * The table from status to action. Pure.
 * @param call the method and the path, for messages
 * @param url what was asked; a redirect may be relative to it
 * @param now the wire clock, which a `Retry-After` with a date is held against
 */
export function judgeStatus(call: string, url: URL, answer: Answer, now: Millis): Verdict {
  const { status } = answer;
  if (status >= 200 && status < 300) return { action: 'accept' };
  if (isRedirect(answer)) return { action: 'fail', error: redirected(call, url, answer) };
  const afterMs = parseRetryAfter(answer.headers['retry-after'], now);
  const error = statusError(call, status, afterMs);
  if (!transient.has(status)) return { action: 'fail', error };
  return { action: 'retry', error, ...(afterMs === null ? {} : { afterMs }) };
}

/** Any 3xx: nothing that is sent here asks for one. */
export function isRedirect({ status }: { readonly status: number }): boolean {
  return status >= 300 && status < 400;
}

/** Following could carry credentials to another server, or a request to one that is not the account's. */
function redirected(call: string, url: URL, { status, headers }: Answer): SyncError {
  const { location } = headers;
  const target = location !== undefined && URL.canParse(location, url.href) ? new URL(location, url) : null;
  const where = target ? `${target.protocol}//${target.host}` : 'an unreadable place';
  return new MalformedResponse(`${call}: redirects (${status}) to ${where} are not followed`, {
    code: 'UNEXPECTED_REDIRECT',
    hint: "Set the account's `url` to the final URL.",
  });
}

function statusError(call: string, status: number, afterMs: number | null): SyncError {
  const code = `HTTP_${status}`;
  const told = afterMs === null ? {} : { retryAfter: Math.ceil(afterMs / SECOND) };
  if (status === 401) return new InvalidCredentials(`${call}: the server refuses the credentials (401)`);
  if (status === 403) return new InsufficientPermission(`${call}: the server forbids this call (403)`);
  if (status === 429) return new RateLimited(`${call}: the server asks for fewer calls (429)`, told);
  if (transient.has(status) || (status >= 500 && status < 600)) {
    return new ProviderUnavailable(`${call}: the server answered ${status}`, { code, ...told });
  }
  return new MalformedResponse(`${call}: the server answered ${status}`, {
    code,
    hint: "Check the account's `url`; if it is right, report the call and its status to the operator.",
  });
}

/**
 * The table from a failed exchange to action. Pure. Network failures may pass; a certificate that is refused
 * stays refused. Looks at the code of the error and of its cause, since clients wrap them differently.
 * @returns null for what is neither: a defect, which must keep its own shape
 */
export function judgeFailure(call: string, error: unknown): Verdict | null {
  if (error instanceof SyncError) return { action: error.retryable ? 'retry' : 'fail', error };
  for (const found of codesOf(error)) {
    const cause = Object.assign(new Error(found), { code: found }); // the original may hold raw bytes
    const [, code, what, hint = ''] = refusals.find(([pattern]) => pattern.test(found)) ?? [];
    if (code) return { action: 'fail', error: new InvalidConfig(`${call}: ${what}`, { code, hint, cause }) };
    const [, passing, why] = networkFailures.find(([pattern]) => pattern.test(found)) ?? [];
    if (!passing) continue;
    const text = `${call}: ${why} (${found})`;
    return { action: 'retry', error: new ProviderUnavailable(text, { code: passing, cause }) };
  }
  return null;
}

function codesOf(error: unknown): string[] {
  const cause = error instanceof Error ? error.cause : undefined;
  return [error, cause].flatMap((one) => {
    if (!(one instanceof Error)) return [];
    const code = 'code' in one ? one.code : undefined;
    if (typeof code !== 'string') return [];
    const plainServer = code === 'EPROTO' && one.message.includes('wrong version number');
    return [plainServer ? 'ERR_SSL_WRONG_VERSION_NUMBER' : code];
  });
}

/** Codes of Node, its parser, zlib and undici → our code, and what happened. The first row that fits counts. */
const networkFailures: readonly (readonly [RegExp, string, string])[] = [
  [/^ECONNREFUSED$/, 'CONNECTION_REFUSED', 'nothing accepts connections there'],
  [
    /^(ECONNRESET|ECONNABORTED|EPIPE|UND_ERR_SOCKET|ERR_STREAM_PREMATURE_CLOSE)$/,
    'CONNECTION_RESET',
    'the connection broke before the answer was complete',
  ],
  [/^(E(SOCKET)?TIMEDOUT|UND_ERR_\w+_TIMEOUT)$/, 'TIMEOUT', 'the server did not answer in time'],
  [/^(ENOTFOUND|EAI_\w+)$/, 'DNS_FAILURE', 'the name of the server could not be resolved'],
  [/^E(HOST|NET)(UNREACH|DOWN)$/, 'UNREACHABLE', 'no network leads to the server'],
  [/^(Z_|ERR__|ERR_BROTLI_)\w+$/, 'BODY_DAMAGED', 'the compressed body is damaged or cut off'],
  [/^(HPE_|UND_ERR_)\w+$/, 'INVALID_HTTP', 'the answer is not valid HTTP'],
  [/^(EPROTO|ERR_SSL_\w+)$/, 'TLS_HANDSHAKE', 'TLS could not be negotiated'],
  [/^E(ADDRNOTAVAIL|MFILE|NFILE|NOBUFS)$/, 'NO_SOCKET', 'this machine has no socket left'],
];

const caHint =
  "Set the account's `ca_bundle` to the certificates (PEM) of the authority behind the server's.";
const renewHint = 'Have the certificate renewed, or set the clock right; a `ca_bundle` does not help here.';
const hostHint =
  "Use a host that the certificate names in the account's `url`; a `ca_bundle` does not help here.";

/** Failures that another attempt would only repeat: our code, what happened, what to do. */
const refusals: readonly (readonly [RegExp, string, string, string])[] = [
  [/^DEPTH_ZERO_SELF_SIGNED_CERT$/, 'TLS_SELF_SIGNED', "the server's certificate is self-signed", caHint],
  [
    /^SELF_SIGNED_CERT_IN_CHAIN$/,
    'TLS_SELF_SIGNED',
    'an unknown self-signed authority signed the certificate',
    caHint,
  ],
  [
    /^ERR_TLS_CERT_ALTNAME_INVALID$/,
    'TLS_WRONG_HOST',
    "the server's certificate is for another host",
    hostHint,
  ],
  [/^CERT_HAS_EXPIRED$/, 'TLS_EXPIRED', "the server's certificate has expired", renewHint],
  [/^CERT_NOT_YET_VALID$/, 'TLS_NOT_YET_VALID', "the server's certificate is not valid yet", renewHint],
  [
    /^(UNABLE_TO_|CERT_|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH_)/,
    'TLS_UNKNOWN_CA',
    "no trusted authority vouches for the server's certificate",
    caHint,
  ],
  [
    /^ERR_SSL_WRONG_VERSION_NUMBER$/,
    'TLS_NOT_SPOKEN',
    'the server does not speak TLS on this port',
    "Check the scheme and the port of the account's `url`.",
  ],
  [
    /^ERR_INVALID_CHAR$/,
    'INVALID_HEADER',
    'a header would hold a character that none may carry, such as a line break',
    "Enter the account's credentials again, without line breaks.",
  ],
];

/** The wait that `Retry-After` asks for: seconds, also with a fraction, or an HTTP date; else null. */
export function parseRetryAfter(text: string | undefined, now: Millis): Millis | null {
  const trimmed = text?.trim() ?? '';
  if (/^\d+(\.\d+)?$/.test(trimmed)) {
    const wait = Math.ceil(Number(trimmed) * SECOND);
    return Number.isFinite(wait) ? wait : null;
  }
  const until = parseHttpDate(trimmed);
  return until === null ? null : Math.max(0, until - now);
}

const monthNames = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const httpDate =
  /^[A-Z][a-z]{2}, (?<day>\d{2}) (?<month>[A-Z][a-z]{2}) (?<year>\d{4}) (?<time>[\d:]{8}) GMT$/;
const asctime = /^[A-Z][a-z]{2} (?<month>[A-Z][a-z]{2}) (?<day>[ \d]\d) (?<time>[\d:]{8}) (?<year>\d{4})$/;

/** The instant of an HTTP date (RFC 9110, 5.6.7; the form with two digits of the year is not read), else null. */
export function parseHttpDate(text: string): Millis | null {
  const parts = (httpDate.exec(text) ?? asctime.exec(text))?.groups;
  if (!parts) return null;
  const month = String(monthNames.indexOf(parts.month ?? '') + 1).padStart(2, '0');
  return parseInstant(`${parts.year}-${month}-${parts.day?.replace(' ', '0')}T${parts.time}Z`);
}

const BASE: Millis = 200;
const CAP: Millis = 10 * SECOND;

/**
 * How long to wait before the next attempt. Never less than told: two milliseconds above it, since timers may
 * fire one early, then at most 50 ms and one per cent. Untold, or told zero: a random moment
 * in the upper half of an interval that doubles.
 * @param attempt how many were made, from 1
 * @param random in [0, 1)
 */
export function waitBefore(attempt: number, told: Millis | undefined, random: () => number): Millis {
  if (told !== undefined && told > 0) return Math.ceil(told) + 2 + random() * (48 + told / 100);
  const interval = Math.min(CAP, BASE * 2 ** (attempt - 1));
  return interval * (0.5 + random() / 2);
}

/** The error to give up with: it carries the wait that the server asked for. */
export function lastError({ error, afterMs }: Extract<Verdict, { action: 'retry' }>): SyncError {
  if (afterMs === undefined || error.retryAfter !== undefined) return error;
  return Object.assign(error, { retryAfter: Math.ceil(afterMs / SECOND) });
}

/** A timer set for longer fires at once. */
const LONGEST_TIMER: Millis = 2 ** 31 - 1;

/** The limits of one attempt. */
interface Limits {
  readonly ms: Millis;
  readonly call: string;
  readonly signal: AbortSignal;
}

/**
 * Settles with the work, with the time, or with the signal, whichever comes first, and leaves no timer behind.
 * The work is told by its signal to let go of what it holds.
 * @throws ProviderUnavailable `TIMEOUT`; `signal.reason`
 */
export async function within<T>(limits: Limits, work: (limit: AbortSignal) => Promise<T>): Promise<T> {
  const { ms, call, signal } = limits;
  const limit = new AbortController();
  const message = `${call}: no complete answer within ${ms} ms`;
  const late = () => limit.abort(new ProviderUnavailable(message, { code: 'TIMEOUT' }));
  const stop = () => limit.abort(signal.reason);
  const ended = new Promise<never>((_, reject) => {
    limit.signal.addEventListener('abort', () => reject(limit.signal.reason), { once: true });
  });
  const timer = setTimeout(late, Math.min(ms, LONGEST_TIMER));
  signal.addEventListener('abort', stop, { once: true });
  try {
    const working = (async () => work(limit.signal))(); // what it throws at once must not leave `ended` to nobody
    return await Promise.race([working, ended]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
  }
}

/** Waits; rejects at once with `signal.reason` when aborted. */
export async function pause(ms: Millis, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => signal.throwIfAborted());
}
