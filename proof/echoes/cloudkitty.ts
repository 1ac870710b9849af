import type { ServerResponse } from 'node:http';
import { provider } from '../../functions/cloudkitty/index.ts';
import { brokenAnswers, type EchoCase, type EchoSubject, echoed } from '../r17-paths.ts';

const PROJECT = 'f30750f0a09d4d46a7900232b6616038';

/** Status and what becomes of it, in each shape of error. */
const errors: readonly (readonly [status: number, ends: string, shape: (echo: string) => object])[] = [
  [400, 'InvalidConfig', (message) => ({ message })],
  [400, 'InvalidConfig', (faultstring) => ({ faultcode: 'Client', faultstring, debuginfo: null })],
  [401, 'InvalidCredentials', (message) => ({ error: { code: 401, title: 'Unauthorized', message } })],
  [403, 'InsufficientPermission', (description) => ({ code: 403, title: 'Forbidden', description })],
  [404, 'InvalidConfig', (message) => ({ message })],
  [500, 'ProviderUnavailable', (faultstring) => ({ faultcode: 'Server', faultstring, debuginfo: null })],
  [503, 'ProviderUnavailable', (message) => ({ message, code: '503 Service Unavailable' })],
];

/** A Keystone and a root that are well, in front of an answer that is not. */
function behindLogin({ name, ends, answer }: EchoCase, token: string): EchoCase {
  return echoed(name, ends, (response, request, echo, canary) => {
    if (request.path.endsWith('/auth/tokens')) return grant(response, token);
    if (request.path === '/') return json(response, 200, { versions: [{ id: 'v1' }, { id: 'v2' }] });
    return answer(response, request, `${echo} ${request.headers['x-auth-token'] ?? ''}`, canary);
  });
}

export const cloudKittyEchoes: EchoSubject = {
  room: provider as unknown as EchoSubject['room'],
  seed: Date.UTC(2026, 10, 20),
  credentials: (url, canary) => ({
    auth_url: new URL('/v3', url).href,
    url: url.href,
    username: 'reader',
    password: canary,
    user_domain_name: 'Default',
    project_id: PROJECT,
    currency: 'EUR',
    project_ids: [PROJECT],
  }),
  cases: [
    echoed('Keystone’s refusal', 'InvalidCredentials', (response, _, echo) =>
      json(response, 401, { error: { code: 401, message: echo } }),
    ),
    ...[
      ...errors.map(([status, ends, shape], at) =>
        echoed(`CloudKitty's error ${status} (${at})`, ends, (response, _, echo) => {
          response.setHeader('x-echo', encodeURI(echo));
          json(response, status, shape(echo));
        }),
      ),
      ...brokenAnswers,
      echoed('an unexpected object', 'MalformedResponse', (response, _, echo) =>
        json(response, 200, { a: { [echo]: echo } }),
      ),
    ].map((one) => behindLogin(one, 'a-token-that-was-given-on-the-way')),
  ],
};

function grant(response: ServerResponse, token: string): void {
  response.setHeader('x-subject-token', token);
  json(response, 201, {
    token: {
      user: { id: 'u', name: 'reader' },
      issued_at: '2026-11-21T02:00:00.000000Z',
      expires_at: '2026-11-21T03:00:00.000000Z',
      project: { id: PROJECT, name: 'acme', domain: { id: 'default', name: 'Default' } },
      roles: [],
      catalog: [],
    },
  });
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
