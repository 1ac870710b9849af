import type { ServerResponse } from 'node:http';
import { provider } from '../../functions/almanach/index.ts';
import type { Received } from '../../test/support/http-server.ts';
import { livedTime } from '../almanach-run.ts';
import { brokenAnswers, type EchoCase, type EchoSubject, echoed } from '../r17-paths.ts';

const JSON_TYPE = { 'content-type': 'application/json' };
/** Two hours before the run: the first of them is due. */
const SEED = Date.UTC(2026, 10, 21, 8);
const row = {
  ...{ entity_type: 'instance', entity_id: 'vm-1', project_id: 'p', name: 'vm', flavor: 'm1.small' },
  ...{ start: '2026-11-21 08:00:00+00:00', end: null, image_meta: {}, metadata: {} },
};

/** What Almanach itself may say: its errors in JSON of three shapes, pages, and rows. */
const answers: readonly EchoCase[] = [
  ...(
    [
      [400, 'InvalidConfig'],
      [401, 'InvalidCredentials'],
      [404, 'InvalidConfig'],
      [500, 'ProviderUnavailable'],
    ] as const
  ).flatMap(([status, ends]) => [
    echoed(`an error ${status} as text`, ends, (response, _, echo) =>
      json(response, status, { error: echo }),
    ),
    echoed(`an error ${status} with fields`, ends, (response, _, echo) =>
      json(response, status, { error: { [echo]: echo } }),
    ),
  ]),
  echoed('a page with 401', 'InvalidCredentials', (response, _, echo) => page(response, 401, echo)),
  echoed('a page with 500', 'ProviderUnavailable', (response, _, echo) => page(response, 500, echo)),
  echoed('a route that is not there', 'MalformedResponse', (response, _, echo) => page(response, 404, echo)),
  echoed('a type that it cannot show', 'report', (response, { path }, echo) =>
    path.includes('/entities')
      ? json(response, 500, { error: `Unsupported entity type: ${echo}` })
      : json(response, 200, []),
  ),
  echoed('an object for an array', 'MalformedResponse', (response, _, echo) =>
    json(response, 200, { [echo]: echo }),
  ),
  echoed('rows that cannot be read', 'MalformedResponse', (response, _, echo) =>
    json(response, 200, [
      { ...row, start: echo, entity_id: echo },
      { ...row, end: echo },
      { ...row, entity_type: 'volume', size: echo },
    ]),
  ),
  echoed('one row that cannot be read', 'report', (response, _, echo) =>
    json(response, 200, [
      row,
      { ...row, entity_id: `${echo} 1`, end: echo, name: echo, metadata: { [echo]: echo } },
    ]),
  ),
];

/** With the server's private key, which travels in a header. */
const withKey: EchoSubject = {
  room: provider,
  mapping: livedTime,
  seed: SEED,
  credentials: (url, canary) => ({ url: url.href, token: canary, project_ids: ['p'] }),
  refusal: (canary) => (/[^\x20-\x7e\x80-\xff]/.test(canary) ? 'InvalidConfig' : null), // no header holds it
  cases: [...answers, ...brokenAnswers.map(asPage)],
};

const login = {
  ...{ username: 'reader', user_domain_name: 'Default' },
  ...{ project_name: 'p', project_domain_name: 'Default' },
};
const isLogin = ({ path }: Received) => path.endsWith('/v3/auth/tokens');
const refusals = {
  400: 'InvalidConfig',
  401: 'InvalidCredentials',
  403: 'InsufficientPermission',
  404: 'InvalidCredentials',
  413: 'InvalidConfig',
  429: 'RateLimited',
  500: 'ProviderUnavailable',
};

/** With a password, which Keystone repeats in whatever it says. */
const withPassword: EchoSubject = {
  room: provider,
  mapping: livedTime,
  seed: SEED,
  credentials: (url, canary) => ({ ...login, auth_url: url.href, password: canary }),
  cases: [
    ...Object.entries(refusals).map(([status, ends]) =>
      echoed(`Keystone's error ${status}`, ends, (response, _, echo) =>
        json(response, Number(status), { error: { code: Number(status), message: echo, title: echo } }),
      ),
    ),
    echoed('a token without a project', 'InsufficientPermission', (response, _, echo) =>
      granted(response, 't0ken', { ...tokenOf(echo), project: undefined }),
    ),
    echoed('half a login', 'MalformedResponse', (response, _, echo) =>
      granted(response, 't0ken', { ...tokenOf(echo), expires_at: echo }),
    ),
    inCatalog('a catalog of other services', 'InvalidConfig', (echo) =>
      serviceOf(echo, 'http://127.0.0.1:9'),
    ),
    inCatalog('an endpoint that is no URL', 'MalformedResponse', (echo) => serviceOf('usage', echo)),
    echoed('projects that cannot be read', 'MalformedResponse', (response, request, echo) =>
      isLogin(request)
        ? granted(response, 't0ken', tokenOf(echo))
        : json(response, 200, { projects: [{ id: echo, name: [echo] }] }),
    ),
    ...brokenAnswers.filter(({ name }) => name.startsWith('HTML')),
  ],
};

/** Keystone lets us in, names a project, and has this in its catalog. */
function inCatalog(name: string, ends: string, service: (echo: string) => unknown): EchoCase {
  const project = { id: 'p', name: 'p', domain_id: 'default', enabled: true };
  return echoed(name, ends, (response, request, echo) =>
    isLogin(request)
      ? granted(response, 't0ken', { ...tokenOf(echo), catalog: [service(echo)] })
      : json(response, 200, { projects: [project] }),
  );
}

/** The token that Keystone gave is as secret as the password, and Almanach repeats it. */
const withToken: EchoSubject = {
  room: provider,
  mapping: livedTime,
  seed: SEED,
  secretOf: (canary) => (isHeader(canary) ? canary : encodeURIComponent(canary)),
  credentials: (url) => ({ ...login, auth_url: url.href, password: 'pa55word', project_ids: ['p'] }),
  cases: [...answers, ...brokenAnswers.map(asPage)].map(({ name, ends, answer }) =>
    echoed(`a token, ${name}`, ends, (response, request, echo, canary) => {
      if (!isLogin(request)) return answer(response, request, echo, canary);
      const origin = `http://${request.headers.host}`;
      return granted(response, canary, { ...tokenOf('x'), catalog: [serviceOf('usage', origin)] });
    }),
  ),
};

export const almanachEchoes: readonly EchoSubject[] = [withKey, withPassword, withToken];

/** What any header can hold. */
function isHeader(text: string): boolean {
  return /^[\x20-\x7e]+$/.test(text);
}

/** A path that was cut off, or HTML, is no JSON to Almanach's client whatever it is: its type says so. */
function asPage(one: EchoCase): EchoCase {
  return one.name === 'an answer that is cut off' ? { ...one, ends: 'ProviderUnavailable' } : one;
}

function tokenOf(echo: string) {
  const named = (id: string) => ({ id, name: echo });
  return {
    user: named('u'),
    project: { ...named('p'), domain: named('default') },
    ...{ issued_at: '2026-11-21T10:00:00.000000Z', expires_at: '2026-11-21T11:00:00.000000Z' },
    ...{ roles: [named('r')], catalog: [serviceOf('usage', 'http://127.0.0.1:9')] },
  };
}

function serviceOf(type: string, url: string) {
  return { type, name: 'usage meter', endpoints: [{ interface: 'public', region: 'RegionOne', url }] };
}

function granted(response: ServerResponse, token: string, body: unknown): void {
  response.setHeader('x-subject-token', token);
  json(response, 201, { token: body });
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, JSON_TYPE).end(JSON.stringify(body));
}

function page(response: ServerResponse, status: number, echo: string): void {
  response.writeHead(status, { 'content-type': 'text/html; charset=utf-8' }).end(`<h1>${echo}</h1>`);
}
