import * as z from 'zod';
import { baseUrl, secretText } from '../credentials.ts';
import type { Secret } from '../secret.ts';

const name = z.string().min(1, 'expected a value').nullish();

/** The base URL of Keystone v3, however much of it was written: `/v3` is appended where it is missing. */
const authUrl: z.ZodType<URL> = baseUrl.transform((url, context) => {
  const path = url.pathname.replace(/\/+$/, '');
  if (/\/(v(?!3$)[\d.]+|tokens|v3\/.*)$/.test(path)) {
    context.addIssue('expected the base URL of Keystone v3, such as https://keystone.example.com:5000/v3');
    return z.NEVER;
  }
  const whole = new URL(url);
  whole.pathname = path.endsWith('/v3') ? path : `${path}/v3`;
  return whole;
});

/** `publicURL`, as older clients have it, is `public`. */
const endpointInterface = z
  .enum(['public', 'internal', 'admin', 'publicURL', 'internalURL', 'adminURL'])
  .nullish()
  .transform((text) => (text ?? 'public').replace(/URL$/, ''));

/**
 * The credentials of an account that logs in at Keystone (contract: Credentials). A provider spreads them into
 * its own schema and adds `superRefine(checkKeystone)`; what goes together only that can tell.
 */
export const keystoneFields = {
  auth_url: authUrl,
  region_name: name,
  interface: endpointInterface,
  username: name,
  user_id: name,
  password: secretText.nullish(),
  user_domain_name: name,
  user_domain_id: name,
  project_name: name,
  project_id: name,
  project_domain_name: name,
  project_domain_id: name,
  application_credential_id: name,
  application_credential_secret: secretText.nullish(),
};

type Text = string | null | undefined;

/** What {@link keystoneFields} come to. */
export interface KeystoneCredentials {
  readonly auth_url: URL;
  readonly region_name?: Text;
  readonly interface: string;
  readonly username?: Text;
  readonly user_id?: Text;
  readonly password?: Secret | null | undefined;
  readonly user_domain_name?: Text;
  readonly user_domain_id?: Text;
  readonly project_name?: Text;
  readonly project_id?: Text;
  readonly project_domain_name?: Text;
  readonly project_domain_id?: Text;
  readonly application_credential_id?: Text;
  readonly application_credential_secret?: Secret | null | undefined;
}

type Name = keyof KeystoneCredentials;

/** The same where a schema has another way in beside them. */
type OptionalKeystoneCredentials = {
  readonly [Field in Name]?: KeystoneCredentials[Field] | null | undefined;
};

/**
 * Refuses what does not go together, or would give a token without a project: that one is never asked for.
 * `auth_url` may be optional in a schema that has another way in.
 */
export function checkKeystone(
  credentials: OptionalKeystoneCredentials,
  context: { addIssue(issue: { code: 'custom'; message: string; path: PropertyKey[] }): void },
): void {
  const has = (field: Name) => credentials[field] !== undefined && credentials[field] !== null;
  const refuse = (field: Name, message: string) =>
    context.addIssue({ code: 'custom', message, path: [field] });
  const exactlyOne = (first: Name, second: Name, why: string) => {
    if (has(first) && has(second)) refuse(second, `expected either ${first} or ${second}, not both`);
    if (!has(first) && !has(second)) refuse(first, `expected ${first} or ${second}${why}`);
  };
  if (!has('auth_url')) refuse('auth_url', 'expected the base URL of Keystone');
  if (has('application_credential_id') || has('application_credential_secret')) {
    for (const field of ['application_credential_id', 'application_credential_secret'] as const) {
      if (!has(field)) refuse(field, 'expected the other half of the application credential');
    }
    for (const field of passwordFields) {
      if (has(field)) refuse(field, 'expected no such setting: an application credential brings its own');
    }
    return;
  }
  exactlyOne('username', 'user_id', ', or an application credential');
  if (!has('password')) refuse('password', 'expected a value');
  if (has('username')) exactlyOne('user_domain_name', 'user_domain_id', ' beside username');
  exactlyOne('project_name', 'project_id', ': a token without a project is never used');
  if (has('project_name')) exactlyOne('project_domain_name', 'project_domain_id', ' beside project_name');
}

const passwordFields = [
  'username',
  'user_id',
  'password',
  'user_domain_name',
  'user_domain_id',
  'project_name',
  'project_id',
  'project_domain_name',
  'project_domain_id',
] as const satisfies readonly Name[];

/** Everything of the credentials that must never be printed. */
export function keystoneSecrets(credentials: OptionalKeystoneCredentials): Secret[] {
  const { password, application_credential_secret: secret } = credentials;
  return [password, secret].filter((one) => one !== undefined && one !== null);
}

/** Are these an application credential? It belongs to one project and cannot be scoped. */
export function isApplicationCredential(credentials: OptionalKeystoneCredentials): boolean {
  return Boolean(credentials.application_credential_id);
}

/**
 * The body of a login (sheet 2.1). It holds the password.
 * @param projectId another project than the credentials name
 */
export function loginBody(credentials: KeystoneCredentials, projectId?: string): string {
  return JSON.stringify({ auth: authOf(credentials, projectId) });
}

/** The same of a user with a password, for no project. */
export function unscopedLoginBody(credentials: KeystoneCredentials): string {
  return JSON.stringify({ auth: { identity: passwordOf(credentials), scope: 'unscoped' } });
}

function authOf(credentials: KeystoneCredentials, projectId?: string): unknown {
  if (isApplicationCredential(credentials)) {
    const id = credentials.application_credential_id;
    const secret = credentials.application_credential_secret?.reveal();
    // No scope, not even its own project's: Keystone refuses it.
    return { identity: { methods: ['application_credential'], application_credential: { id, secret } } };
  }
  const project = projectId ? { id: projectId } : projectOf(credentials);
  return { identity: passwordOf(credentials), scope: { project } };
}

function passwordOf(credentials: KeystoneCredentials): unknown {
  const { user_id: id, username, password } = credentials;
  const domain = named(credentials.user_domain_id, credentials.user_domain_name);
  const user = { ...(id ? { id } : { name: username, domain }), password: password?.reveal() };
  return { methods: ['password'], password: { user } };
}

function projectOf(credentials: KeystoneCredentials): unknown {
  const { project_id: id, project_name, project_domain_id, project_domain_name } = credentials;
  return id ? { id } : { name: project_name, domain: named(project_domain_id, project_domain_name) };
}

function named(id: Text, text: Text): unknown {
  return id ? { id } : { name: text };
}
