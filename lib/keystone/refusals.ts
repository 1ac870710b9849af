import {
  InsufficientPermission,
  InvalidConfig,
  InvalidCredentials,
  MalformedResponse,
  ProviderUnavailable,
  type SyncError,
} from '../errors.ts';
import type { HttpResponse, Verdict } from '../http.ts';

/** Pure: what Keystone's refusals mean (sheet 2.2, 2.3). Its own words are not repeated: they may hold ours. */

/** What was tried, for the hint. */
export type Method = 'password' | 'application_credential';

const causes: Readonly<Record<Method, { readonly code: string; readonly hint: string }>> = {
  password: {
    code: 'CREDENTIALS_REFUSED',
    hint: 'Keystone does not say why. Check the password; that user, project and their domains exist, are enabled and are spelled right; and that the user has a role on the project.',
  },
  application_credential: {
    code: 'APPLICATION_CREDENTIAL_REFUSED',
    hint: 'Keystone does not say why. Check application_credential_secret; that the credential has not expired; and that its user is enabled and still has the role on the project.',
  },
};

/** Decides over the answer to a login: 401 and 404 are never tried again. */
export function judgeLogin(call: string, method: Method, response: HttpResponse, byStatus: Verdict): Verdict {
  if (byStatus.action !== 'fail') return html(call, response, byStatus);
  const error = loginRefusal(call, method, response);
  return error === null ? byStatus : { action: 'fail', error };
}

function loginRefusal(call: string, method: Method, response: HttpResponse): SyncError | null {
  const { status, headers } = response;
  const body = jsonOf(response);
  const { message = '' } = body?.error ?? {};
  switch (status) {
    case 400:
      return wrongRequest(call, message);
    case 401:
      if (headers['openstack-auth-receipt'] !== undefined || body?.receipt) return secondFactor(call);
      if (/unsupported method/.test(message)) return notOffered(call, method, body?.error?.identity?.methods);
      return new InvalidCredentials(`${call}: Keystone refuses the credentials (401)`, causes[method]);
    case 403:
      return new InsufficientPermission(`${call}: Keystone forbids this login (403)`, {
        code: 'LOGIN_FORBIDDEN',
        hint: 'Ask the operator whether this user may log in with these credentials.',
      });
    case 404:
    case 405:
      if (body?.error) return notFound(call, method);
      return new InvalidConfig(`${call}: this is not Keystone v3 (${status})`, {
        code: 'NOT_KEYSTONE',
        hint: 'Set auth_url to the base URL of Keystone, such as https://keystone.example.com:5000/v3.',
      });
    case 413:
      return new InvalidConfig(`${call}: the login is too large (413)`, { code: 'WRONG_REQUEST' });
    default:
      return null;
  }
}

/** Its usual text says what is missing and where, in words of its own; a validator's repeats the request. */
function wrongRequest(call: string, message: string): SyncError {
  const [said] = /^Expecting to find [\w ,:-]+ in [\w -]+(?=\.)/.exec(message) ?? [
    'no reason that can be shown',
  ];
  return new InvalidConfig(`${call}: Keystone cannot read the login (400): ${said}`, {
    code: 'WRONG_REQUEST',
    hint: 'Check that user, project and their domains are given; if they are, something between here and Keystone changes requests.',
  });
}

function secondFactor(call: string): SyncError {
  return new InvalidCredentials(`${call}: Keystone wants a second factor of this user (401)`, {
    code: 'MFA_REQUIRED',
    hint: 'Let the user make an application credential, and use that.',
  });
}

function notOffered(call: string, method: Method, methods: unknown): SyncError {
  const words = Array.isArray(methods) ? methods.filter((one) => /^\w{1,40}$/.test(String(one))) : [];
  return new InvalidCredentials(`${call}: Keystone offers no login by ${method} (401)`, {
    code: 'METHOD_NOT_OFFERED',
    hint: `Use credentials of another kind; it offers ${words.join(', ') || 'none that it names'}.`,
  });
}

function notFound(call: string, method: Method): SyncError {
  if (method === 'password') {
    return new InvalidCredentials(`${call}: Keystone refuses the credentials (404)`, causes.password);
  }
  return unknownApplicationCredential(call);
}

function unknownApplicationCredential(call: string): SyncError {
  return new InvalidCredentials(`${call}: Keystone does not know the application credential (404)`, {
    code: 'APPLICATION_CREDENTIAL_UNKNOWN',
    hint: 'Check application_credential_id; if it is right, the credential was deleted and a new one must be made.',
  });
}

/** Decides over the answer to a call with a token, at Keystone itself. */
export function judgeCall(call: string, response: HttpResponse, byStatus: Verdict): Verdict {
  if (byStatus.action !== 'fail') return html(call, response, byStatus);
  const message = jsonOf(response)?.error?.message ?? '';
  // The token of an application credential that was deleted (sheet 2.3).
  if (response.status === 404 && message.startsWith('Could not find Application Credential')) {
    return { action: 'fail', error: unknownApplicationCredential(call) };
  }
  if (response.status === 403) {
    const error = new InsufficientPermission(`${call}: Keystone forbids this call (403)`, {
      code: 'KEYSTONE_FORBIDDEN',
      hint: 'Give the user the role that the call needs, or name the projects in the account’s `project_ids`.',
    });
    return { action: 'fail', error };
  }
  return byStatus;
}

/** A success that is no JSON is some gateway's page: it passes. */
function html(call: string, response: HttpResponse, byStatus: Verdict): Verdict {
  if (byStatus.action !== 'accept' || jsonOf(response) !== null) return byStatus;
  const error = new ProviderUnavailable(`${call}: no JSON (HTTP ${response.status})`, { code: 'NOT_JSON' });
  return { action: 'retry', error };
}

interface Body {
  readonly receipt?: unknown;
  readonly error?: {
    readonly message?: string;
    readonly identity?: { readonly methods?: unknown };
  };
  readonly [name: string]: unknown;
}

/** Null for what is no JSON object. */
export function jsonOf(response: HttpResponse): Body | null {
  try {
    const value: unknown = JSON.parse(response.text());
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Body) : null;
  } catch {
    return null;
  }
}

/** An answer without what it must hold. @param what names the member */
export function malformed(call: string, what: string, code: string): MalformedResponse {
  return new MalformedResponse(`${call}: ${what}`, { code });
}
