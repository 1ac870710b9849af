import { MalformedResponse, SyncError } from '../../lib/errors.ts';
import type { Context } from '../../lib/provider.ts';
import { type Access, accessOf, type Token } from './access.ts';
import { readAnswer } from './answer.ts';
import { type AlmanachRequest, INFO, isInfo, isReading, nameOf, urlOf } from './request.ts';
import type { AlmanachConfig } from './types.ts';

/** Almanach's API for one invocation. */
export interface AlmanachClient {
  readonly context: Context<AlmanachConfig>;
  /** Where the server is. */
  url(): Promise<URL>;
  /** Whose usage there is to read. @param known those that were read before */
  projects(known: readonly string[]): Promise<readonly string[]>;
  /** What a read answers, always JSON. A 404 is an error, never an empty answer. */
  get(path: readonly string[], query?: Readonly<Record<string, string>>): Promise<unknown>;
  /** Any call; what is no read is sent once. */
  call(request: AlmanachRequest): Promise<AlmanachAnswer>;
}

export interface AlmanachAnswer {
  readonly status: number;
  /** Null where the server gives no JSON. */
  readonly content: unknown;
}

export function almanachClient(context: Context<AlmanachConfig>): AlmanachClient {
  const access = accessOf(context);
  const call = versioned(context, access);
  return {
    context,
    call,
    url: access.url,
    projects: access.projects,
    async get(path, query = {}) {
      const { content } = await call({ method: 'GET', path, query });
      return content;
    },
  };
}

type Call = AlmanachClient['call'];
type Version = '/v1' | '';

/**
 * Servers before 4.0.9 have no /v1 (sheet 1.1), and none tells its version: /v1 is tried first, and what was found
 * holds for the invocation. Only a read may try: before anything else `info` does.
 */
function versioned(context: Context<AlmanachConfig>, access: Access): Call {
  let version: Version | null = null;
  const call: Call = async (request) => {
    if (version !== null) return send(context, access, version, request);
    if (request.method !== 'GET') {
      await call(INFO);
      return send(context, access, version ?? '/v1', request);
    }
    try {
      const answer = await send(context, access, '/v1', request);
      version = '/v1';
      return answer;
    } catch (error) {
      if (!isNoRoute(error)) throw error;
      const answer = await send(context, access, '', request);
      version = '';
      return answer;
    }
  };
  return call;
}

/** A page, not JSON: the server knows the path as little as anything below it. */
function isNoRoute(error: unknown): boolean {
  return error instanceof SyncError && error.code === 'NO_SUCH_ROUTE';
}

async function send(
  context: Context<AlmanachConfig>,
  access: Access,
  version: Version,
  request: AlmanachRequest,
): Promise<AlmanachAnswer> {
  const url = urlOf(await access.url(), version, request);
  const none: Token = { kind: 'none' };
  if (isInfo(request)) return attempt(context, url, version, request, none);
  return access.withToken((token) => attempt(context, url, version, request, token));
}

/** One call with the client's retries, or a write without any. */
async function attempt(
  { http }: Context<AlmanachConfig>,
  url: URL,
  version: Version,
  request: AlmanachRequest,
  token: Token,
): Promise<AlmanachAnswer> {
  const { method, body } = request;
  const question = { call: nameOf(request, version), wantsJson: method === 'GET', token: token.kind };
  let content: unknown = null;
  const headers = {
    accept: 'application/json',
    // A connection kept open would keep everybody else waiting (sheet 1.1).
    connection: 'close',
    ...(token.kind === 'none' ? {} : { 'x-auth-token': token.value }),
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
  };
  const sent = { method, url, headers, retry: isReading(request) };
  const { status } = await http.send(
    body === undefined ? sent : { ...sent, body: JSON.stringify(body) },
    (response, byStatus) => {
      const answer = readAnswer(question, response, byStatus);
      content = answer.content;
      return answer.verdict;
    },
  );
  return { status, content };
}

/** The rows of a listing. @throws MalformedResponse when the answer is no list. */
export async function listRows(
  client: AlmanachClient,
  path: readonly string[],
  query: Readonly<Record<string, string>>,
): Promise<readonly unknown[]> {
  const rows = await client.get(path, query);
  if (Array.isArray(rows)) return rows;
  throw new MalformedResponse(`GET /${path.join('/')}: the answer is no list`, { code: 'MISSING_ARRAY' });
}
