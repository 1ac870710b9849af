import { readdirSync, readFileSync } from 'node:fs';
import type { HttpRequest, HttpResponse, Transport } from '../../../lib/http.ts';

/** One exchange with a real server. */
export interface Recorded {
  readonly name: string;
  readonly server: string;
  readonly request: { readonly method: string; readonly path: string; readonly bodyText: string | null };
  readonly response: {
    /** 0: the connection was closed without an answer. */
    readonly status: number;
    readonly headers: Readonly<Record<string, string>> | null;
    readonly bodyText: string | null;
  };
}

export interface RecordedGroup {
  readonly group: string;
  readonly exchanges: readonly Recorded[];
}

/** The trimmed fixtures, and the whole recordings where they lie beside the checkout. */
export function recordedGroups(): { fixtures: RecordedGroup[]; all: RecordedGroup[] } {
  const fixture = JSON.parse(
    readFileSync(new URL('../../fixtures/cloudkitty/recordings.json', import.meta.url), 'utf8'),
  ) as { groups: RecordedGroup[] };
  return { fixtures: fixture.groups, all: wholeRecordings() };
}

function wholeRecordings(): RecordedGroup[] {
  const folder = new URL('../../../../shared/recordings/cloudkitty/', import.meta.url);
  try {
    const files = readdirSync(folder).filter((name) => /^\d\d-.*\.json$/.test(name));
    return files
      .sort()
      .map((file) => JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as RecordedGroup);
  } catch {
    return [];
  }
}

const token = {
  user: { id: 'u1', name: 'ck-admin' },
  issued_at: '2026-11-21T02:00:00.000000Z',
  expires_at: '2026-11-21T03:00:00.000000Z',
  project: {
    id: 'f30750f0a09d4d46a7900232b6616038',
    name: 'ck-alpha',
    domain: { id: 'default', name: 'Default' },
  },
  roles: [{ id: 'r1', name: 'admin' }],
  catalog: [],
};

/** Answers logins, and everything else as was recorded. */
export function replaying(answer: (request: HttpRequest) => Recorded['response']): Transport {
  return async (request) => {
    if (request.url.pathname === '/v3/auth/tokens')
      return responseOf({
        status: 201,
        headers: { 'x-subject-token': 'a-token', 'content-type': 'application/json' },
        bodyText: JSON.stringify({ token }),
      });
    const recorded = answer(request);
    if (recorded.status === 0) throw Object.assign(new Error('closed'), { code: 'ECONNRESET' });
    return responseOf(recorded);
  };
}

/** An account at the recorded server. */
export const recordedCredentials = {
  auth_url: 'http://127.0.0.1:5000/v3',
  username: 'ck-admin',
  password: 'the-password',
  user_domain_name: 'Default',
  project_name: 'ck-alpha',
  project_domain_name: 'Default',
  currency: 'EUR',
  url: 'http://127.0.0.1:8889',
};

function responseOf({ status, headers, bodyText }: Recorded['response']): HttpResponse {
  const named = Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), value] as const);
  const text = bodyText ?? '';
  return { status, headers: Object.fromEntries(named), body: Buffer.from(text), text: () => text };
}
