import { type Answer, type Asked, callerOf, catalogOf, header, type Identity } from './asked.ts';
import { endpoints, ownDomains, ownProjects, project, projects, regions, services } from './listings.ts';
import { login } from './login.ts';
import { expected, forbidden, Refusal, refuse } from './refusal.ts';
import { tokenBody } from './token-body.ts';
import type { Token } from './tokens.ts';

type Handler = (identity: Identity, asked: Asked) => Answer;

const LARGEST = 114_688;

const routes: Readonly<Record<string, Readonly<Record<string, Handler>>>> = {
  '/': {
    GET: (_, { origin }) => ({ ...versions(origin), status: 300, headers: { Location: `${origin}/v3/` } }),
  },
  '/v3': { GET: version },
  '/v3/': { GET: version },
  '/v3/auth/tokens': { GET: validate, HEAD: validate, POST: logIn, DELETE: revoke },
  '/v3/auth/catalog': { GET: catalog },
  '/v3/auth/projects': { GET: ownProjects },
  '/v3/auth/domains': { GET: ownDomains },
  '/v3/projects': { GET: projects },
  '/v3/regions': { GET: regions },
  '/v3/services': { GET: services },
  '/v3/endpoints': { GET: endpoints },
};

/** Answers, or refuses. @throws Refusal */
export function answer(identity: Identity, asked: Asked): Answer {
  if (Buffer.byteLength(asked.body) > LARGEST) {
    const text = `413 Request Entity Too Large\n\nRequest is too large. Larger than max_request_body_size (${LARGEST}).\n\n   `;
    throw new Refusal(413, text, { 'Content-Type': 'text/plain; charset=UTF-8' });
  }
  const { pathname } = asked.url;
  const one = /^\/v3\/projects\/([^/]+)$/.exec(pathname)?.[1];
  const route =
    one === undefined ? routes[pathname] : { GET: (it: Identity, what: Asked) => project(it, what, one) };
  if (route === undefined) {
    const text = `<!doctype html>\n<html lang=en>\n<title>404 Not Found</title>\n<h1>Not Found</h1>\n<p>The requested URL was not found on the server. If you entered the URL manually please check your spelling and try again.</p>\n`;
    throw new Refusal(404, text, { 'Content-Type': 'text/html; charset=utf-8' });
  }
  const handler = route[asked.method];
  if (handler !== undefined) return handler(identity, asked);
  const allow = ['OPTIONS', ...Object.keys(route)].join(', ');
  throw new Refusal(405, { message: 'The method is not allowed for the requested URL.' }, { Allow: allow });
}

function logIn(identity: Identity, asked: Asked): Answer {
  const { tokens, world, faults, settings } = identity;
  const type = header(asked, 'content-type') ?? 'application/json';
  if (!type.startsWith('application/json')) throw expected('application/json', 'Content-Type header');
  const admitted = login({ world, tokens, now: settings.now }, json(asked.body));
  const token = tokens.issue(
    faults.has('unscoped') ? { ...admitted, scope: { kind: 'unscoped' }, roles: [] } : admitted,
  );
  const headers: Record<string, string> = faults.has('no-subject-token')
    ? {}
    : { 'X-Subject-Token': token.id };
  return { status: 201, body: bodyOf(identity, asked, token), headers };
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw expected('valid JSON', 'request body');
  }
}

function bodyOf(identity: Identity, asked: Asked, token: Token): unknown {
  const left = asked.url.searchParams.has('nocatalog');
  return tokenBody(token, identity.world, left ? null : catalogOf(identity, asked, token.scope));
}

function validate(identity: Identity, asked: Asked): Answer {
  const caller = callerOf(identity, header(asked, 'x-auth-token'));
  const id = header(asked, 'x-subject-token');
  if (id === undefined) throw forbidden('identity:validate_token');
  const subject = identity.tokens.find(id);
  if (subject === null) throw refuse(404, 'Could not recognize Fernet token');
  if (subject.user !== caller.user && !caller.roles.includes('admin')) {
    throw forbidden('identity:validate_token');
  }
  const expiredToo = asked.url.searchParams.has('allow_expired') && !subject.revoked;
  if (!expiredToo && !identity.tokens.isAlive(subject)) throw refuse(404, 'Failed to validate token');
  return { status: 200, body: bodyOf(identity, asked, subject), headers: { 'X-Subject-Token': id } };
}

function revoke(identity: Identity, asked: Asked): Answer {
  callerOf(identity, header(asked, 'x-auth-token'));
  const subject = identity.tokens.find(header(asked, 'x-subject-token') ?? '');
  if (subject === null) throw refuse(404, 'Could not recognize Fernet token');
  identity.tokens.revoke((token) => token === subject);
  return { status: 204 };
}

/** Answers tokens of a project only (sheet 2.4). */
function catalog(identity: Identity, asked: Asked): Answer {
  const { scope } = callerOf(identity, header(asked, 'x-auth-token'));
  if (scope.kind !== 'project') throw forbidden();
  const links = { self: `${asked.origin}/v3/auth/catalog` };
  return { status: 200, body: { catalog: catalogOf(identity, asked, scope), links } };
}

function versions(origin: string): { body: unknown } {
  return { body: { versions: { values: [versionBody(origin)] } } };
}

function version(_: Identity, { origin }: Asked): Answer {
  return { status: 200, body: { version: versionBody(origin) } };
}

function versionBody(origin: string): unknown {
  return {
    id: 'v3.14',
    status: 'stable',
    updated: '2020-04-07T00:00:00Z',
    links: [{ rel: 'self', href: `${origin}/v3/` }],
    'media-types': [{ base: 'application/json', type: 'application/vnd.openstack.identity-v3+json' }],
  };
}
