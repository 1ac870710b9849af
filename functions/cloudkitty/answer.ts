import {
  InsufficientPermission,
  InvalidConfig,
  InvalidCredentials,
  MalformedResponse,
  ProviderUnavailable,
  SyncError,
} from '../../lib/errors.ts';
import type { HttpResponse, Verdict } from '../../lib/http.ts';
import { parseDecimalJson } from '../../lib/models/decimal-json.ts';
import { isObject } from './frames.ts';

/** What an answer comes to. */
export interface Answer {
  readonly verdict: Verdict;
  /** Numbers that may be money or quantities are text. {@link NOTHING} when the server says so. */
  readonly body: unknown;
}

/** What the server says when it has nothing to say; an answer that is empty by mistake is no such thing. */
export const NOTHING = Symbol('nothing there');

/** Members that are counts and codes; every other number may be money or a quantity. */
const counts: ReadonlySet<string | null> = new Set(['total', 'limit', 'offset', 'code', 'priority']);

/**
 * Reads an answer by its content: the six shapes of errors do not go by path (sheet 3.1), and one 404 says no more
 * than that there is nothing (sheet 3.6).
 * @param call method and path, for messages
 */
export function readAnswer(call: string, response: HttpResponse, byStatus: Verdict): Answer {
  const text = response.text();
  const json = parseJson(text);
  const { status } = response;
  if (status >= 200 && status < 300) {
    if (text === '' && (status === 204 || status === 202)) return { verdict: byStatus, body: NOTHING };
    if (json === undefined) return { verdict: unreadable(call, text), body: NOTHING };
    return { verdict: byStatus, body: json };
  }
  const fault = faultOf(json);
  if (status === 404 && fault !== null && nothing.test(fault)) {
    return { verdict: { action: 'accept' }, body: NOTHING };
  }
  return { verdict: refusal(call, response, fault, byStatus), body: NOTHING };
}

const nothing = /^No resource found for provided filters/;

function refusal(call: string, response: HttpResponse, fault: string | null, byStatus: Verdict): Verdict {
  const { status, headers } = response;
  const request = headers['x-openstack-request-id'];
  const where = request && /^req-[\w-]{1,64}$/.test(request) ? `${status}, ${request}` : String(status);
  // What a 500 of v1 says names hosts, queries and files of the operator's (sheet 3.1).
  const said = status >= 500 || fault === null ? '' : `${fault.slice(0, 300)} `;
  const message = `${call}: ${said}(${where})`;
  if (status === 429) return byStatus;
  if (status >= 500) {
    const afterMs = byStatus.action === 'retry' ? byStatus.afterMs : undefined;
    const error = new ProviderUnavailable(message, { code: `HTTP_${status}` });
    return { action: 'retry', error, ...(afterMs === undefined ? {} : { afterMs }) };
  }
  return { action: 'fail', error: refusedWith(status, message, fault) };
}

function refusedWith(status: number, message: string, fault: string | null): SyncError {
  if (status === 401) return new InvalidCredentials(message);
  if (status === 403) {
    return new InsufficientPermission(message, {
      code: 'ROLE_MISSING',
      hint: 'Ask the operator for the role of the call: a reader of the project for its own usage, admin for the rest.',
    });
  }
  if (fault === null && (status === 404 || status === 405)) {
    return new InvalidConfig(message, {
      code: 'NO_SUCH_API',
      hint: 'Check `url` or the catalog: this endpoint does not offer the call; without v2 storage there is no v2.',
    });
  }
  return new InvalidConfig(message, {
    code: status === 404 ? 'NOT_FOUND' : status === 405 ? 'NOT_OFFERED' : 'PARAMETER_REFUSED',
    hint: 'Check `project_ids` and the parameters of the call.',
  });
}

/** v2 does not offer the call, or not to this role. */
export function isBetterInV1(error: unknown): boolean {
  return error instanceof SyncError && /^(?:NO_SUCH_API|NOT_OFFERED|ROLE_MISSING)$/.test(error.code);
}

/** What the server says went wrong, in whichever of its shapes; null when it is no such answer (HTML). */
function faultOf(json: unknown): string | null {
  if (!isObject(json)) return null;
  const inner = isObject(json.error) ? json.error : json;
  const said = [inner.message, inner.faultstring, inner.description, inner.title];
  return said.find((one): one is string => typeof one === 'string' && one !== '') ?? null;
}

function unreadable(call: string, text: string): Verdict {
  if (/^\s*</.test(text)) {
    const error = new ProviderUnavailable(`${call}: HTML or XML instead of JSON`, {
      code: 'NOT_JSON',
      hint: 'Check that `url` or the catalog names CloudKitty, and that no proxy answers in its place.',
    });
    return { action: 'retry', error };
  }
  return { action: 'retry', error: new MalformedResponse(`${call}: the answer is not JSON`) };
}

function parseJson(text: string): unknown {
  try {
    return parseDecimalJson(text, (member) => !counts.has(member));
  } catch {
    return undefined;
  }
}
