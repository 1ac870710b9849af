import * as z from 'zod';
import type { Clock } from '../clock.ts';
import { InsufficientPermission, MalformedResponse } from '../errors.ts';
import type { Http, HttpResponse } from '../http.ts';
import { parse } from '../parse.ts';
import { type Secret, secret } from '../secret.ts';
import { MINUTE, type Millis, parseInstant } from '../time.ts';
import { type Catalog, catalogSchema } from './catalog.ts';
import {
  isApplicationCredential,
  type KeystoneCredentials,
  loginBody,
  unscopedLoginBody,
} from './credentials.ts';
import { jsonOf, judgeLogin, malformed } from './refusals.ts';

const named = z.looseObject({ id: z.string(), name: z.string() });

const instant = z.string().transform((text, context) => {
  const at = parseInstant(text);
  if (at !== null) return at;
  context.addIssue('expected a date and time');
  return z.NEVER;
});

const tokenSchema = z.looseObject({
  user: named,
  issued_at: instant,
  expires_at: instant,
  project: named.extend({ domain: named }).optional(),
  roles: z.array(named).default([]),
  catalog: catalogSchema.optional(),
});

/** The project that a token is for. */
export interface Scope {
  readonly id: string;
  readonly name: string;
  readonly domain: { readonly id: string; readonly name: string };
}

/** What a login has given. */
export interface Granted {
  readonly token: Secret;
  readonly project: Scope;
  readonly user: { readonly id: string; readonly name: string };
  /** Names. */
  readonly roles: readonly string[];
  /** Null when the answer had none. */
  readonly catalog: Catalog | null;
  /** By the wire clock; some minutes before it ends. */
  readonly renewAt: Millis;
}

/** What a login needs. */
export interface Door {
  readonly credentials: KeystoneCredentials;
  readonly http: Pick<Http, 'send'>;
  readonly clock: Pick<Clock, 'wire'>;
}

const CALL = 'POST /auth/tokens';

/**
 * Logs in (sheet 2.1): one request; it is sent again after a 5xx or a broken connection, which is harmless, and
 * never after a refusal.
 * @param projectId another project than the credentials name
 * @throws InvalidCredentials, InvalidConfig, InsufficientPermission; MalformedResponse for half an answer
 */
export async function logIn({ credentials, http, clock }: Door, projectId?: string): Promise<Granted> {
  const method = isApplicationCredential(credentials) ? 'application_credential' : 'password';
  const url = keystoneUrl(credentials, '/auth/tokens');
  const headers = { 'Content-Type': 'application/json', Accept: 'application/json' };
  const body = loginBody(credentials, projectId);
  const start = clock.wire();
  const response = await http.send({ method: 'POST', url, headers, body }, (answer, byStatus) =>
    judgeLogin(CALL, method, answer, byStatus),
  );
  return readGrant(response, start, projectId ?? credentials.project_id ?? null);
}

/**
 * Logs in without a scope: whether the user is known, whatever becomes of the project. The token is for Keystone
 * alone: there are services that take such a one for every project's.
 * @throws as {@link logIn}
 */
export async function logInUnscoped({ credentials, http }: Door): Promise<string> {
  const url = keystoneUrl(credentials, '/auth/tokens');
  const headers = { 'Content-Type': 'application/json', Accept: 'application/json' };
  const body = unscopedLoginBody(credentials);
  const response = await http.send({ method: 'POST', url, headers, body }, (answer, byStatus) =>
    judgeLogin(CALL, 'password', answer, byStatus),
  );
  const token = response.headers['x-subject-token'];
  if (!token) throw malformed(CALL, 'the answer has no header X-Subject-Token', 'MISSING_TOKEN');
  return token;
}

/** @param path below `/v3` */
export function keystoneUrl({ auth_url }: KeystoneCredentials, path: string): URL {
  const url = new URL(auth_url);
  url.pathname += path;
  return url;
}

function readGrant(response: HttpResponse, start: Millis, projectId: string | null): Granted {
  const token = response.headers['x-subject-token'];
  if (!token) throw malformed(CALL, 'the answer has no header X-Subject-Token', 'MISSING_TOKEN');
  const told = parse(tokenSchema, jsonOf(response)?.token, `${CALL}: token`, MalformedResponse);
  const { user, project, roles, catalog = null } = told;
  if (project === undefined) throw withoutProject();
  if (projectId !== null && project.id !== projectId) {
    throw malformed(CALL, 'the token is for another project than was asked for', 'OTHER_PROJECT');
  }
  // Its life is counted from here: the two clocks need not agree.
  const life = Math.max(0, told.expires_at - told.issued_at);
  return {
    token: secret(token),
    project: { id: project.id, name: project.name, domain: project.domain },
    user: { id: user.id, name: user.name },
    roles: roles.map(({ name }) => name),
    catalog,
    renewAt: start + life - Math.min(5 * MINUTE, life / 4),
  };
}

/** There are services that take such a token for every project's: it is sent nowhere. */
function withoutProject(): InsufficientPermission {
  return new InsufficientPermission(`${CALL}: the token is for no project`, {
    code: 'TOKEN_WITHOUT_PROJECT',
    hint: 'Ask the operator why Keystone gives a token without the project that was asked for.',
  });
}
