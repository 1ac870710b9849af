import {
  InsufficientPermission,
  InvalidConfig,
  InvalidCredentials,
  MalformedResponse,
  ProviderUnavailable,
  RateLimited,
} from '../../lib/errors.ts';
import type { HttpResponse, Verdict } from '../../lib/http.ts';
import { MINUTE, type Millis } from '../../lib/time.ts';

/** A CloudStack answer without its envelope. */
export type CloudStackBody = Readonly<Record<string, unknown>>;

export interface Answer {
  readonly verdict: Verdict;
  /** Present when the verdict is to accept. */
  readonly body: CloudStackBody;
}

/**
 * Reads an answer by its JSON, not by its HTTP status: gateways rewrite the odd codes (sheet 4.2).
 * @param now wire clock, compared with the server's `Date` when it refuses a signature.
 */
export function readAnswer(command: string, response: HttpResponse, now: Millis): Answer {
  const text = response.text();
  const json = parseJson(text);
  if (json === undefined) return { verdict: unreadable(command, response.status, text), body: {} };
  const body = withoutEnvelope(json);
  if (body === null)
    return { verdict: fail(malformed(command, 'the answer is not one object in one envelope')), body: {} };
  const code = body.errorcode ?? (response.status >= 400 ? response.status : undefined);
  if (code === undefined) return { verdict: { action: 'accept' }, body };
  return { verdict: errorVerdict(command, Number(code), String(body.errortext ?? ''), response, now), body };
}

/** Sheet 4.2: what each code means here, and whether asking again can help. */
function errorVerdict(
  command: string,
  code: number,
  text: string,
  response: HttpResponse,
  now: Millis,
): Verdict {
  const message = `${command}: ${text || 'no text'} (${code})`;
  switch (code) {
    case 401:
      return fail(unauthorised(command, message, text, response, now));
    case 429:
      return rateLimited(message, text);
    case 400:
    case 405:
    case 430:
    case 431:
      return fail(
        new InvalidConfig(message, {
          code: 'PARAMETER_REFUSED',
          hint: 'Check domain_id and the other settings of this account.',
        }),
      );
    case 432:
      return fail(
        new InsufficientPermission(message, {
          code: 'COMMAND_NOT_AVAILABLE',
          hint: `This server does not offer ${command}.`,
        }),
      );
    case 531:
      return fail(
        new InsufficientPermission(message, {
          code: 'FOREIGN_ACCOUNT',
          hint: 'Use the keys of an administrator of that domain.',
        }),
      );
    case 503:
    case 530:
    case 533:
    case 534:
    case 536:
      return { action: 'retry', error: new ProviderUnavailable(message, { code: `CLOUDSTACK_${code}` }) };
    default:
      return code >= 500 && code < 530
        ? { action: 'retry', error: new ProviderUnavailable(message, { code: `HTTP_${code}` }) }
        : fail(new MalformedResponse(message, { code: `CLOUDSTACK_${code}` }));
  }
}

/** One status, two texts (sheet 4.2), and one of them hides eight causes (sheet 1.5). */
function unauthorised(command: string, message: string, text: string, response: HttpResponse, now: Millis) {
  if (/does not exist|not available for user/i.test(text)) {
    return new InsufficientPermission(message, {
      code: 'COMMAND_NOT_AVAILABLE',
      hint: `Ask the operator to allow ${command} for the role of this key.`,
    });
  }
  const theirs = Date.parse(response.headers.date ?? '');
  const skew = Math.abs(theirs - now);
  if (skew > 5 * MINUTE) {
    return new InvalidCredentials(
      `${message}; this machine's clock and the server's are ${Math.round(skew / MINUTE)} minutes apart`,
      {
        code: 'CLOCK_SKEW',
        hint: "Set both clocks right: a signature is refused once it has expired by the server's clock.",
      },
    );
  }
  return new InvalidCredentials(message, {
    hint: 'Check api_key and secret_key; whether the user is enabled and may use keys; and whether the server restricts source addresses.',
  });
}

/** The wait stands in the text, in milliseconds; there is no Retry-After (sheet 4.4). */
function rateLimited(message: string, text: string): Verdict {
  const wait = /\[(\d{1,9})\]\s*ms/.exec(text)?.[1];
  const afterMs = wait === undefined ? undefined : Number(wait);
  const error = new RateLimited(
    message,
    afterMs === undefined ? {} : { retryAfter: Math.ceil(afterMs / 1000) },
  );
  return { action: 'retry', error, ...(afterMs === undefined ? {} : { afterMs }) };
}

/** No JSON: a page of the proxy or of a starting server, XML, or half an answer. */
function unreadable(command: string, status: number, text: string): Verdict {
  if (status >= 500)
    return {
      action: 'retry',
      error: new ProviderUnavailable(`${command}: HTTP ${status} without JSON`, { code: `HTTP_${status}` }),
    };
  if (/^\s*</.test(text)) {
    return {
      action: 'retry',
      error: new ProviderUnavailable(`${command}: HTML or XML instead of JSON (HTTP ${status})`, {
        code: 'NOT_JSON',
        hint: 'Check that `url` ends in /client/api and that no proxy answers in its place.',
      }),
    };
  }
  return { action: 'retry', error: malformed(command, 'the answer is not JSON') };
}

/** The outer key follows no rule that always holds (sheet 3): take the only one. */
function withoutEnvelope(json: unknown): CloudStackBody | null {
  if (!isObject(json)) return null;
  const [inner, ...others] = Object.values(json);
  return others.length === 0 && isObject(inner) ? inner : null;
}

/** The server un-escapes `\uXXXX`, which can leave control characters in its JSON (sheet 4.1). */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    try {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
      return JSON.parse(text.replace(/[\u0000-\u001f]/g, ' '));
    } catch {
      return undefined;
    }
  }
}

function isObject(value: unknown): value is CloudStackBody {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function malformed(command: string, what: string): MalformedResponse {
  return new MalformedResponse(`${command}: ${what}`);
}

function fail(
  error: InvalidCredentials | InsufficientPermission | InvalidConfig | MalformedResponse,
): Verdict {
  return { action: 'fail', error };
}
