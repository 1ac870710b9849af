import type { HttpRequest } from '../../lib/http.ts';
import { keystoneSession, type Scope } from '../../lib/keystone.ts';
import type { Context } from '../../lib/provider.ts';
import { NOTHING, readAnswer } from './answer.ts';
import { isObject, missing } from './frames.ts';
import type { CloudKittyConfig } from './types.ts';

export type Parameters = Readonly<Record<string, string>>;

/** A call: a path of the API, what goes into its query, and the body of a write. */
export interface Call {
  readonly method: HttpRequest['method'];
  /** From `/v1` or `/v2` on, or `/`. */
  readonly path: string;
  readonly parameters?: Parameters;
  readonly body?: unknown;
  /** False for a write: it is sent once. */
  readonly retry?: boolean;
}

/** CloudKitty's APIs for one invocation. */
export interface CloudKittyClient {
  readonly context: Context<CloudKittyConfig>;
  /** The project that the token is for. A token without one would see every tenant in v1 (sheet 2): never used. */
  project(): Promise<Scope>;
  /** The same, where it must be told whether the user or the project is refused. */
  checkLogin(): Promise<Scope>;
  /** Whether the endpoint offers v2: it does where the operator runs v2 storage. Asked once. */
  hasV2(): Promise<boolean>;
  /** The body of a call; numbers that may be money are text. */
  call(call: Call): Promise<unknown>;
  get(path: string, parameters?: Parameters): Promise<unknown>;
  /** What is found out once in an invocation. */
  once<Result>(name: string, find: () => Promise<Result>): Promise<Result>;
}

export function cloudKittyClient(context: Context<CloudKittyConfig>): CloudKittyClient {
  const session = keystoneSession({ ...context, credentials: context.config });
  const once = keeping();
  const base = () => once('base', async () => context.config.url ?? (await session.endpoint(service)));
  const call = async (wanted: Call) => {
    const root = await base();
    return session.authorized((token) => send(context, root, wanted, token));
  };
  const get = (path: string, parameters: Parameters = {}) => call({ method: 'GET', path, parameters });
  return {
    context,
    project: () => session.project(),
    checkLogin: () => session.check(),
    // No token is needed for this, so it says nothing of the token's either.
    hasV2: () =>
      once('versions', async () => {
        const root = await base();
        return offersV2(await send(context, root, { method: 'GET', path: '/' }, {}));
      }),
    call,
    get,
    once,
  };
}

const service = { types: ['rating'], name: 'cloudkitty' };

/** What failed is not kept: the next walk asks again. */
function keeping(): CloudKittyClient['once'] {
  const found = new Map<string, Promise<unknown>>();
  return <Result>(name: string, find: () => Promise<Result>): Promise<Result> => {
    const known = found.get(name) as Promise<Result> | undefined;
    if (known !== undefined) return known;
    const asked = find();
    found.set(name, asked);
    asked.catch(() => found.delete(name));
    return asked;
  };
}

/** `GET /` alone tells: `/v1` and `/v2` are errors by themselves, and its links lose a prefix (sheet 2). */
function offersV2(body: unknown): boolean {
  if (!isObject(body) || !Array.isArray(body.versions)) throw missing('/', 'versions');
  return body.versions.some((version: unknown) => isObject(version) && version.id === 'v2');
}

async function send(
  { http, signal }: Context<CloudKittyConfig>,
  root: URL,
  { method, path, parameters = {}, body, retry }: Call,
  token: Readonly<Record<string, string>>,
): Promise<unknown> {
  signal.throwIfAborted();
  const json = body === undefined ? {} : { 'content-type': 'application/json' };
  const request = {
    method,
    url: urlOf(root, path, parameters),
    headers: { ...token, accept: 'application/json', ...json },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(retry === undefined ? {} : { retry }),
  };
  let answer: unknown = NOTHING;
  await http.send(request, (response, byStatus) => {
    const read = readAnswer(`${method} ${path}`, response, byStatus);
    answer = read.body;
    return read.verdict;
  });
  return answer;
}

function urlOf(base: URL, path: string, parameters: Parameters): URL {
  const url = new URL(base);
  url.pathname = `${rootOf(base.pathname)}${path}`;
  url.search = new URLSearchParams(parameters).toString();
  return url;
}

/** A catalog may hold a prefix, and an operator's `url` a version: both APIs are needed (sheet 2). */
function rootOf(path: string): string {
  return path.replace(/\/+$/, '').replace(/\/v[12]$/, '');
}
