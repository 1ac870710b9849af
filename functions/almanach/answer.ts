import {
  InvalidConfig,
  InvalidCredentials,
  MalformedResponse,
  ProviderUnavailable,
  type SyncError,
} from '../../lib/errors.ts';
import type { HttpResponse, Verdict } from '../../lib/http.ts';

/** Whose token was sent: the server's own key, one of Keystone's, or none. */
export type TokenKind = 'private' | 'keystone' | 'none';

/** What was asked, as far as its answer depends on it. */
export interface Question {
  /** Method and path, for messages. */
  readonly call: string;
  /** Without JSON it is no answer: a page of a proxy, of another server, or nothing. */
  readonly wantsJson: boolean;
  readonly token: TokenKind;
}

export interface Answer {
  readonly verdict: Verdict;
  /** Of an accepted answer: its JSON; null where the server gives none, as after a write. */
  readonly content: unknown;
}

/**
 * Reads an answer by its content type, never blindly (sheet 1.10): the server's own errors are JSON of three
 * shapes; what its framework and its login say is not.
 * @param byStatus what statuses mean anywhere
 */
export function readAnswer(
  { call, wantsJson, token }: Question,
  response: HttpResponse,
  byStatus: Verdict,
): Answer {
  const { status } = response;
  const content = isJson(response) ? parseJson(response.text()) : null;
  if (content === undefined) return refuse('retry', new MalformedResponse(`${call}: the answer is not JSON`));
  if (byStatus.action === 'accept') {
    return wantsJson && content === null ? refuse('retry', notJson(call)) : { verdict: byStatus, content };
  }
  if (status === 401) return refuse('fail', unauthorised(call, token));
  if (content === null) return { verdict: withoutJson(call, status, byStatus), content };
  return { verdict: errorVerdict(`${call}: ${textOf(content)} (${status})`, status, byStatus), content };
}

function notJson(call: string): ProviderUnavailable {
  return new ProviderUnavailable(`${call}: no JSON in the answer`, {
    code: 'NOT_JSON',
    hint: 'Check that `url` leads to Almanach and that no proxy answers in its place.',
  });
}

/** What the server itself says, in JSON. */
function errorVerdict(message: string, status: number, byStatus: Verdict): Verdict {
  if (status === 400) {
    return refuse('fail', new InvalidConfig(message, { code: 'PARAMETER_REFUSED', hint: parameterHint }))
      .verdict;
  }
  if (status === 404) {
    return refuse('fail', new InvalidConfig(message, { code: 'NOT_FOUND', hint: 'Check the id.' })).verdict;
  }
  // A row that it cannot show is there until somebody deletes it: asking again changes nothing.
  if (status === 500 && /unsupported entity type/i.test(message)) {
    return refuse('fail', new MalformedResponse(message, { code: 'UNSUPPORTED_ENTITY_TYPE' })).verdict;
  }
  if (status === 500) return refuse('retry', new ProviderUnavailable(message, { code: 'HTTP_500' })).verdict;
  return byStatus;
}

/** A page: of the framework, of what stands before it, or because the server cannot ask Keystone. */
function withoutJson(call: string, status: number, byStatus: Verdict): Verdict {
  if (status === 404 || status === 405) {
    const error = new MalformedResponse(`${call}: the server has no such route (${status})`, {
      code: 'NO_SUCH_ROUTE',
      hint: 'Check that `url` is the base of Almanach, without /v1.',
    });
    return { action: 'fail', error };
  }
  if (status !== 500) return byStatus;
  const error = new ProviderUnavailable(`${call}: the server fails with a page instead of JSON (500)`, {
    code: 'KEYSTONE_UNREACHABLE',
    hint: 'Almanach probably cannot reach Keystone, which it asks about every token: ask its operator.',
  });
  return { action: 'retry', error };
}

const parameterHint = 'Correct the parameters of the call.';

/** The code for a token of Keystone's that Almanach does not take. */
export const REFUSED_TOKEN = 'ALMANACH_REFUSES_TOKEN';

/** One answer for many causes (sheet 1.2); whose token it was tells some of them apart. */
function unauthorised(call: string, token: TokenKind): InvalidCredentials {
  if (token === 'keystone') {
    return new InvalidCredentials(
      `${call}: Keystone accepts the login, and Almanach refuses its token (401)`,
      {
        code: REFUSED_TOKEN,
        hint: "Ask Almanach's operator: its own service account in Keystone may be broken or may not validate tokens, or it only takes its private key.",
      },
    );
  }
  return new InvalidCredentials(`${call}: Almanach refuses the token (401)`, {
    hint: "Check `token`: it must be the server's private_key, and its auth strategy must allow it.",
  });
}

/** `{"error": text}`, `{"error": {field: text}}` or `{"error": {}}`. */
function textOf(content: unknown): string {
  const error = typeof content === 'object' && content !== null && 'error' in content ? content.error : null;
  if (typeof error === 'string') return error;
  const fields = typeof error === 'object' && error !== null ? Object.entries(error) : [];
  return fields.map(([field, text]) => `${field}: ${String(text)}`).join('; ') || 'no text';
}

function isJson({ headers }: HttpResponse): boolean {
  return /^application\/(?:[\w.-]+\+)?json\b/i.test(headers['content-type'] ?? '');
}

/** Undefined when it is none; null for an empty text, as HEAD gives. */
function parseJson(text: string): unknown {
  if (text === '') return null;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function refuse(action: 'fail' | 'retry', error: SyncError): Answer {
  return { verdict: { action, error }, content: null };
}
