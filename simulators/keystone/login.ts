import { isObject, type Json, scopeOf, textOf, userOf } from './named.ts';
import {
  expected,
  forbidden,
  Refusal,
  refuse,
  unauthorized,
  unknownApplicationCredential,
} from './refusal.ts';
import { formatMicros } from './token-body.ts';
import type { Login, Tokens } from './tokens.ts';
import { rolesIn, type Scope, type User, type World } from './world.ts';

/** What a login is decided by. */
export interface Door {
  readonly world: World;
  readonly tokens: Tokens;
  readonly now: () => number;
}

/** The body of `POST /v3/auth/tokens`, to who may come in and with what. @throws Refusal */
export function login(door: Door, body: unknown): Login {
  const { identity, scope } = envelopeOf(body);
  const methods = Array.isArray(identity.methods) ? identity.methods.map(String) : [];
  const [method] = methods;
  if (method === undefined) throw unauthorized();
  const known = ['external', 'password', 'token', 'oauth1', 'mapped', 'application_credential'];
  if (!known.includes(method)) {
    throw refuse(401, 'Attempted to authenticate with an unsupported method.', {
      identity: { methods: known },
    });
  }
  const details = identity[method];
  if (!isObject(details)) throw expected(method, 'identity');
  if (method === 'password') return byPassword(door, details, scope);
  if (method === 'token') return byToken(door, details, scope);
  if (method === 'application_credential') return byApplicationCredential(door, details, scope);
  throw unauthorized();
}

function envelopeOf(body: unknown): { identity: Json; scope: unknown } {
  const auth = isObject(body) ? body.auth : undefined;
  if (auth === undefined) throw expected('auth', 'request body');
  if (!isObject(auth) || !isObject(auth.identity)) {
    throw refuse(400, "'identity' is a required property\n\nFailed validating 'required' in schema");
  }
  return { identity: auth.identity, scope: auth.scope };
}

function byPassword(door: Door, details: Json, asked: unknown): Login {
  const who = details.user;
  if (!isObject(who)) throw expected('user', 'password');
  const scope = scopeOf(door.world, asked);
  const user = userOf(door.world, who);
  if (user === null || !user.enabled || user.password !== textOf(who.password)) throw unauthorized();
  if (user.secondFactor) throw receipt(door, user);
  return {
    methods: ['password'],
    user,
    applicationCredential: null,
    from: null,
    ...admitted(user, scope ?? defaultScope(user)),
  };
}

function defaultScope({ defaultProject }: User): Scope {
  return defaultProject ? { kind: 'project', project: defaultProject } : { kind: 'unscoped' };
}

/** What nobody holds a role in, is closed or does not exist, is refused with the same words. */
function admitted(user: User, scope: Scope | 'unknown'): Pick<Login, 'scope' | 'roles'> {
  if (scope === 'unknown') throw unauthorized();
  const roles = rolesIn(user.grants, scope);
  if (scope.kind === 'project' && !scope.project.enabled) throw unauthorized();
  if (scope.kind !== 'unscoped' && roles.length === 0) throw unauthorized();
  return { scope, roles };
}

function receipt({ now }: Door, user: User): Refusal {
  const { id, name, domain } = user;
  const body = {
    receipt: {
      methods: ['password'],
      user: { id, name, domain },
      expires_at: formatMicros(now() + 300_000),
      issued_at: formatMicros(now()),
    },
    required_auth_methods: [['password', 'oauth1']],
  };
  return new Refusal(401, body, { 'Openstack-Auth-Receipt': `gAAAAABreceipt-${id}` });
}

function byToken({ world, tokens }: Door, details: Json, asked: unknown): Login {
  const from = tokens.find(textOf(details.id) ?? '');
  const scope = scopeOf(world, asked) ?? ({ kind: 'unscoped' } as const);
  if (from === null) throw refuse(404, 'Could not recognize Fernet token');
  if (!tokens.isAlive(from)) throw refuse(404, 'Failed to validate token');
  if (from.applicationCredential !== null) {
    throw forbidden('Using a delegated token to create another token is not allowed.');
  }
  const { user } = from;
  const methods = [...new Set([...from.methods, 'token'])];
  return { methods, user, applicationCredential: null, from, ...admitted(user, scope) };
}

function byApplicationCredential({ world }: Door, details: Json, asked: unknown): Login {
  const { id, secret } = details;
  if (textOf(id) === null && !isObject(details.user)) throw expected('user', 'application credential');
  const owner = isObject(details.user) ? userOf(world, details.user) : null;
  const found = world.applicationCredentials.find((one) =>
    textOf(id) === null ? one.name === details.name && one.user === owner : one.id === id,
  );
  if (found === undefined) throw unknownApplicationCredential(textOf(id) ?? String(details.name));
  const { user, project, role } = found;
  if (found.secret !== secret || found.expired || !user.enabled || !project.enabled) throw unauthorized();
  const scope: Scope = { kind: 'project', project };
  if (!rolesIn(user.grants, scope).includes(role)) throw unauthorized();
  if (asked !== undefined) {
    const why = 'Application credentials cannot request a scope.';
    throw refuse(401, `Error authenticating with application credential: ${why}`, { identity: {} });
  }
  const roles = rolesIn([{ role, scope }], scope);
  return {
    methods: ['application_credential'],
    user,
    scope,
    roles,
    applicationCredential: found,
    from: null,
  };
}
