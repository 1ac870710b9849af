import { describe, expect, it } from 'vitest';
import { judgeStatus } from '../../../lib/http/retry.ts';
import type { HttpRequest, HttpResponse, Transport } from '../../../lib/http.ts';
import { judgeLogin } from '../../../lib/keystone/refusals.ts';
import { folders, type Recorded, recordingsIn } from '../../support/keystone-recordings.ts';
import { connect } from './connected.ts';

/** What came of a recorded exchange: what our client must make of it. */
type Outcome = Readonly<Record<string, unknown>>;

interface Login {
  readonly identity: {
    readonly methods: readonly string[];
    readonly password?: { readonly user?: Named & { readonly password?: string } };
    readonly application_credential?: { readonly id?: string; readonly secret?: string };
  };
  readonly scope?: { readonly project?: Named; readonly domain?: unknown };
}
interface Named {
  readonly id?: string;
  readonly name?: string;
  readonly domain?: Named;
}

/** The credentials of an account that would send this login; null where our client never sends such a one. */
function credentialsOf({ request }: Recorded): Record<string, unknown> | null {
  if (request.method !== 'POST' || request.path !== '/v3/auth/tokens') return null;
  if (!/json/.test(request.headers['Content-Type'] ?? '')) return null;
  const auth = loginIn(request.body);
  const auth_url = 'http://127.0.0.1:5000/v3';
  const { id, secret } = auth?.identity?.application_credential ?? {};
  if (id && secret && auth?.scope === undefined) {
    return { auth_url, application_credential_id: id, application_credential_secret: secret };
  }
  const user = auth?.identity?.password?.user;
  const project = auth?.scope?.project;
  if (!user?.password || !project || auth?.scope?.domain) return null;
  if ((user.name && !user.domain) || (project.name && !project.domain)) return null;
  return {
    auth_url,
    username: user.name,
    user_id: user.id,
    password: user.password,
    user_domain_name: user.domain?.name,
    user_domain_id: user.domain?.id,
    project_name: project.name,
    project_id: project.id,
    project_domain_name: project.domain?.name,
    project_domain_id: project.domain?.id,
  };
}

function loginIn(body: string | null | undefined): Login | null {
  try {
    return (JSON.parse(body ?? '') as { auth: Login }).auth;
  } catch {
    return null;
  }
}

function responseOf({ response }: Recorded): HttpResponse {
  const text = response.body ?? (response.json === undefined ? '' : JSON.stringify(response.json));
  const headers = Object.fromEntries(response.headers.map(([name, value]) => [name.toLowerCase(), value]));
  return { status: response.status, headers, body: Buffer.from(text), text: () => text };
}

/** Answers each request with the next exchange, and keeps what was asked. */
function played(exchanges: readonly Recorded[], asked: HttpRequest[]): Transport {
  return async (request) => {
    asked.push(request);
    const next = exchanges[asked.length - 1];
    if (next === undefined) throw new Error('One request more than was recorded');
    return responseOf(next);
  };
}

const codes: Readonly<Record<string, readonly string[]>> = {
  401: ['CREDENTIALS_REFUSED', 'APPLICATION_CREDENTIAL_REFUSED', 'MFA_REQUIRED'],
  404: ['APPLICATION_CREDENTIAL_UNKNOWN'],
};

describe.each(folders)('the client over %s', (folder) => {
  const all = recordingsIn(folder).flatMap(([, exchanges]) => exchanges);
  const logins = all.filter((one) => credentialsOf(one) !== null);
  const listings = all.filter(
    ({ request: { method, path, headers } }) =>
      method === 'GET' && /^\/v3\/(auth\/)?projects$/.test(path) && headers['X-Auth-Token'],
  );
  const given = logins.find(({ response }) => response.status === 201);

  it('sends logins as they were recorded, and understands what comes back', async () => {
    for (const recorded of logins) {
      const { request, response } = recorded;
      const asked: HttpRequest[] = [];
      const { session } = connect(credentialsOf(recorded), { transport: played([recorded], asked) });
      const outcome = await session.project().then(
        (project): Outcome => ({ project }),
        ({ code }: { code: string }): Outcome => ({ code }),
      );
      const told = response.json as { token?: { project?: Named } };
      if (response.status === 201) expect(outcome).toMatchObject({ project: told.token?.project });
      else expect(codes[response.status]).toContain(outcome.code);
      expect(asked.map(({ method, url }) => `${method} ${url.pathname}`)).toEqual([`POST ${request.path}`]);
      expect(JSON.parse(asked[0]?.body ?? '')).toEqual(JSON.parse(request.body ?? ''));
    }
    expect(logins).toHaveLength(38);
  });

  it('finds the recorded services in the catalog', async () => {
    const find = async (region_name: string | null, types: readonly string[]) => {
      const { session } = connect(
        { ...credentialsOf(given ?? fail()), region_name },
        { transport: played([given ?? fail()], []) },
      );
      return session.endpoint({ types }).then(
        ({ href }) => href,
        ({ code }: { code: string }) => code,
      );
    };
    expect(await find('RegionOne', ['cloudmetrics'])).toBe('http://127.0.0.1:8000/');
    expect(await find('RegionTwo', ['usage', 'cloudmetrics'])).toBe('http://127.0.0.1:8001/');
    expect(await find('RegionTwo', ['rating'])).toBe('http://127.0.0.1:8890/');
    expect(await find(null, ['rating'])).toBe('REGION_NEEDED');
    expect(await find(null, ['metering'])).toBe('SERVICE_NOT_IN_CATALOG');
  });

  it('reads the recorded listings of projects', async () => {
    for (const recorded of listings) {
      const { request, response } = recorded;
      const asked: HttpRequest[] = [];
      const transport = played([given ?? fail(), recorded], asked);
      const { session } = connect(credentialsOf(given ?? fail()), { transport });
      const list = request.path === '/v3/projects' ? session.allProjects : session.ownProjects;
      const outcome = await list().then(
        (projects): Outcome => ({ projects: projects.map(({ id, enabled }) => ({ id, enabled })) }),
        ({ code }: { code: string }): Outcome => ({ code }),
      );
      const { projects = [] } = (response.json ?? {}) as { projects?: { id: string; enabled: boolean }[] };
      const refused: Readonly<Record<number, string>> = {
        401: 'FRESH_TOKEN_REFUSED',
        403: 'KEYSTONE_FORBIDDEN',
        404: 'APPLICATION_CREDENTIAL_UNKNOWN',
      };
      expect(outcome).toEqual(
        response.status === 200
          ? { projects: projects.map(({ id, enabled }) => ({ id, enabled })) }
          : { code: refused[response.status] },
      );
      expect(asked.at(-1)?.url.pathname).toBe(request.path);
    }
    expect(listings).toHaveLength(20);
  });

  it('judges every recorded answer to a login, ours or not', () => {
    const answers = all.filter(
      ({ request }) => request.method === 'POST' && request.path.startsWith('/v3/auth/tokens'),
    );
    const outcomes = answers.map((recorded) => {
      const response = responseOf(recorded);
      const applications = recorded.request.body?.includes('"application_credential"');
      const byStatus = judgeStatus('x', new URL('http://k/v3'), response, 0);
      const verdict = judgeLogin(
        'x',
        applications ? 'application_credential' : 'password',
        response,
        byStatus,
      );
      return `${response.status} ${verdict.action === 'accept' ? 'accept' : `${verdict.action} ${verdict.error.code}`}`;
    });
    const counts: Record<string, number> = {};
    for (const outcome of outcomes) counts[outcome] = (counts[outcome] ?? 0) + 1;
    expect(counts).toMatchInlineSnapshot(`
      {
        "201 accept": 31,
        "400 fail WRONG_REQUEST": 9,
        "401 fail APPLICATION_CREDENTIAL_REFUSED": 7,
        "401 fail CREDENTIALS_REFUSED": 19,
        "401 fail METHOD_NOT_OFFERED": 1,
        "401 fail MFA_REQUIRED": 1,
        "403 fail LOGIN_FORBIDDEN": 1,
        "404 fail APPLICATION_CREDENTIAL_UNKNOWN": 2,
        "404 fail CREDENTIALS_REFUSED": 2,
        "413 fail WRONG_REQUEST": 1,
      }
    `);
  });
});

function fail(): never {
  throw new Error('There is no recorded login that succeeded');
}
