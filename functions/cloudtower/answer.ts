import {
  InsufficientPermission,
  InvalidConfig,
  InvalidCredentials,
  MalformedResponse,
  ProviderUnavailable,
  type SyncError,
} from '../../lib/errors.ts';
import type { HttpResponse, Verdict } from '../../lib/http.ts';

export interface Answer {
  readonly verdict: Verdict;
  /** The parsed body; undefined when there is none that can be read. */
  readonly body: unknown;
}

/**
 * Reads an answer by its status and its JSON. The description knows 400, 404 and 500 only; 401 and 403 come all
 * the same, and pages of a proxy (sheet 1.3).
 * @param byStatus what the table of statuses says of it
 */
export function readAnswer(operation: string, response: HttpResponse, byStatus: Verdict): Answer {
  const body = parseJson(response.text());
  const { status } = response;
  if (status >= 200 && status < 300) {
    if (body !== undefined) return { verdict: { action: 'accept' }, body };
    return { verdict: { action: 'retry', error: unreadable(operation, response) }, body };
  }
  if (!isErrorBody(body)) return { verdict: byStatus, body };
  const message = `${operation}: ${body.message} (${status}${requestOf(response)})`;
  const error = errorOf(status, body, message);
  if (error !== null) return { verdict: { action: 'fail', error }, body };
  const { action } = byStatus;
  if (action === 'accept') return { verdict: byStatus, body };
  // The table's error with the server's own words: it knows the wait and whether asking again can help.
  const told = Object.assign(byStatus.error, { message });
  return { verdict: { ...byStatus, error: told }, body };
}

interface ErrorBody {
  readonly message: string;
  readonly code?: unknown;
}

/** What a refusal means here; null where the status says it all. */
function errorOf(status: number, { message: text, code }: ErrorBody, message: string): SyncError | null {
  if (code === 'ResourceLocked') {
    return new ProviderUnavailable(message, {
      code: 'RESOURCE_LOCKED',
      hint: 'Another task holds it: try later.',
    });
  }
  if (/CLUSTER_CONNECTION_STATUS_ERROR/i.test(text))
    return new ProviderUnavailable(message, { code: 'CLUSTER_DISCONNECTED' });
  if (/TOWER_LICENSE_EXPIRED/i.test(text)) {
    const hint = "Have the tower's licence renewed.";
    return new InsufficientPermission(message, { code: 'LICENCE_EXPIRED', hint });
  }
  if (status === 401) return new InvalidCredentials(message);
  if (status === 403 || /PERMISSION_DENIED/i.test(text)) return new InsufficientPermission(message);
  if (status === 404) {
    const hint = 'Check the `url` of this account; older towers lack newer operations.';
    return new InvalidConfig(message, { code: 'OPERATION_NOT_AVAILABLE', hint });
  }
  if (status < 400 || status === 408 || status === 425 || status === 429 || status >= 500) return null;
  const hint = 'This release of the tower may not know a key that was asked for.';
  return new InvalidConfig(message, { code: 'PARAMETER_REFUSED', hint });
}

/** The tower's number of the request, since 2.5: its operator finds it in the log (sheet 1.4). */
function requestOf({ headers }: HttpResponse): string {
  const id = headers['x-tower-request-id'];
  return id === undefined ? '' : `, request ${id.slice(0, 64)}`;
}

function unreadable(operation: string, response: HttpResponse): SyncError {
  const { status } = response;
  if (!/^\s*</.test(response.text())) return new MalformedResponse(`${operation}: the answer is not JSON`);
  return new ProviderUnavailable(`${operation}: HTML or XML instead of JSON (HTTP ${status})`, {
    code: 'NOT_JSON',
    hint: 'Check that `url` is the tower itself and that no proxy answers in its place.',
  });
}

export function isErrorBody(body: unknown): body is ErrorBody {
  return typeof body === 'object' && body !== null && 'message' in body && typeof body.message === 'string';
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
