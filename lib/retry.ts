import { setTimeout as delay } from 'node:timers/promises';
import {
  InsufficientPermission,
  InvalidConfig,
  InvalidCredentials,
  MalformedResponse,
  ProviderUnavailable,
  RateLimited,
  SyncError,
} from './errors.ts';
import { type Millis, parseInstant, SECOND } from './time.ts';

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
  const target = location !== undefined && URL.canParse(location, url) ? new URL(location, url) : null;
  const where = target ? `${target.protocol}//${target.host}` : 'an unreadable place';
  return new MalformedResponse(
    `${call}: the server redirects (${status}) to ${where}; redirects are not followed`,
    {
      code: 'UNEXPECTED_REDIRECT',
      hint: "Set the account's `url` to the final URL.",
    },
  );
}

function statusError(call: string, status: number, afterMs: number | null): SyncError {
  const code = `HTTP_${status}`;
  const told = afterMs === null ? {} : { retryAfter: Math.ceil(afterMs / SECOND) };
  if (status === 401)
    return new InvalidCredentials(`${call}: the server does not accept the credentials (401)`);
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
  for (const code of codesOf(error)) {
    const cause = Object.assign(new Error(code), { code }); // not the original: it may hold raw bytes
    const refused = refusalOf(code);
    if (refused) {
      const hint = refused.hint ?? caHint;
      return {
        action: 'fail',
        error: new InvalidConfig(`${call}: ${refused.what}`, { code: refused.code, hint, cause }),
      };
    }
    const network = networkFailures.find(({ codes }) => codes.test(code));
    if (network) {
      const details = { code: network.code, cause };
      return {
        action: 'retry',
        error: new ProviderUnavailable(`${call}: ${network.what} (${code})`, details),
      };
    }
  }
  return null;
}

function codesOf(error: unknown): string[] {
  const cause = error instanceof Error ? error.cause : undefined;
  return [error, cause].flatMap((one) => {
    const code = one instanceof Error && 'code' in one ? one.code : undefined;
    return typeof code === 'string' ? [code] : [];
  });
}

const networkFailures = [
  { codes: /^ECONNREFUSED$/, code: 'CONNECTION_REFUSED', what: 'nothing accepts connections there' },
  {
    codes: /^(ECONNRESET|ECONNABORTED|EPIPE|UND_ERR_SOCKET|ERR_STREAM_PREMATURE_CLOSE)$/,
    code: 'CONNECTION_RESET',
    what: 'the connection broke before the answer was complete',
  },
  {
    codes: /^(E(SOCKET)?TIMEDOUT|UND_ERR_(CONNECT|HEADERS|BODY)_TIMEOUT)$/,
    code: 'TIMEOUT',
    what: 'the server did not answer in time',
  },
  {
    codes: /^(ENOTFOUND|EAI_\w+)$/,
    code: 'DNS_FAILURE',
    what: 'the name of the server could not be resolved',
  },
  {
    codes: /^(Z_\w+|ERR__\w+|ERR_BROTLI_\w+)$/,
    code: 'BODY_DAMAGED',
    what: 'the compressed body is damaged or cut off',
  },
  { codes: /^E(HOST|NET)(UNREACH|DOWN)$/, code: 'UNREACHABLE', what: 'no network leads to the server' },
  { codes: /^(HPE_\w+|UND_ERR_\w+)$/, code: 'INVALID_HTTP', what: 'the answer is not valid HTTP' },
  { codes: /^(EPROTO|ERR_SSL_\w+)$/, code: 'TLS_HANDSHAKE', what: 'TLS could not be negotiated' },
  {
    codes: /^E(ADDRNOTAVAIL|MFILE|NFILE|NOBUFS)$/,
    code: 'NO_SOCKET',
    what: 'this machine has no socket left',
  },
];

interface Refused {
  readonly code: string;
  readonly what: string;
  readonly hint?: string;
}

const caHint =
  "Set the account's `ca_bundle` to the certificates (PEM) of the authority that signed the server's.";

const refusals: Readonly<Record<string, Refused>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: selfSigned("the server's certificate is self-signed"),
  SELF_SIGNED_CERT_IN_CHAIN: selfSigned('a self-signed authority that is not trusted signed the certificate'),
  ERR_TLS_CERT_ALTNAME_INVALID: {
    code: 'TLS_WRONG_HOST',
    what: "the server's certificate is for another host",
    hint: "Use the host that the certificate names in the account's `url`; a `ca_bundle` does not help here.",
  },
  CERT_HAS_EXPIRED: expired("the server's certificate has expired"),
  CERT_NOT_YET_VALID: expired("the server's certificate is not valid yet"),
  ERR_INVALID_CHAR: {
    code: 'INVALID_HEADER',
    what: 'a credential holds a character that no header may carry, such as a line break',
    hint: "Enter the account's credentials again, without blanks or line breaks around them.",
  },
  ERR_SSL_WRONG_VERSION_NUMBER: {
    code: 'TLS_NOT_SPOKEN',
    what: 'the server does not speak TLS on this port',
    hint: "Check the scheme and the port of the account's `url`.",
  },
};

function refusalOf(code: string): Refused | undefined {
  const known = Object.hasOwn(refusals, code) ? refusals[code] : undefined;
  const unknownCa = /^(UNABLE_TO_|CERT_|INVALID_(CA|PURPOSE)|PATH_LENGTH_|ERR_OSSL_(X509|PEM|ASN1))/.test(
    code,
  );
  if (known || !unknownCa) return known;
  return { code: 'TLS_UNKNOWN_CA', what: `the server's certificate is not trusted (${code})` };
}

function selfSigned(what: string): Refused {
  return { code: 'TLS_SELF_SIGNED', what };
}

function expired(what: string): Refused {
  const hint = 'Have the certificate renewed, or set the clock right; a `ca_bundle` does not help here.';
  return { code: 'TLS_EXPIRED', what, hint };
}

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
 * fire one early, then at most 50 ms and one per cent. Untold (or told zero): full jitter over the upper half
 * of an interval that doubles.
 * @param attempt how many were made, from 1
 * @param random in [0, 1)
 */
export function waitBefore(attempt: number, told: Millis | undefined, random: () => number): Millis {
  if (told !== undefined && told > 0) return Math.ceil(told) + 2 + random() * (48 + told / 100);
  const interval = Math.min(CAP, BASE * 2 ** (attempt - 1));
  return interval * (0.5 + random() / 2);
}

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
export function within<T>(
  { ms, call, signal }: Limits,
  work: (limit: AbortSignal) => Promise<T>,
): Promise<T> {
  const limit = new AbortController();
  const message = `${call}: no complete answer within ${ms} ms`;
  const late = () => limit.abort(new ProviderUnavailable(message, { code: 'TIMEOUT' }));
  const stop = () => limit.abort(signal.reason);
  const timer = setTimeout(late, ms);
  signal.addEventListener('abort', stop, { once: true });
  const ended = new Promise<never>((_, reject) => {
    limit.signal.addEventListener('abort', () => reject(limit.signal.reason), { once: true });
  });
  return Promise.race([work(limit.signal), ended]).finally(() => {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
  });
}

/** Waits; rejects at once with `signal.reason` when aborted. */
export async function pause(ms: Millis, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => signal.throwIfAborted());
}
