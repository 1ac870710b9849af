import { InvalidConfig } from '../../lib/errors.ts';

/** One call of the API, without the server's place, its version and the token. */
export interface AlmanachRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE';
  /** Not yet encoded. */
  readonly path: readonly string[];
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** Does it only read? Whatever else it is, it is sent once: a creation sent twice doubles usage (sheet 1.8). */
export function isReading({ method }: AlmanachRequest): boolean {
  return method === 'GET' || method === 'HEAD';
}

/** Answered without authentication (sheet 1.2), and cheap: shows which paths a server has. */
export const INFO: AlmanachRequest = { method: 'GET', path: ['info'] };

export function isInfo({ path }: AlmanachRequest): boolean {
  return path.length === 1 && path[0] === 'info';
}

/** `GET /v1/project/p/entities`: how messages name a request, without its query. */
export function nameOf({ method, path }: AlmanachRequest, version: string): string {
  return `${method} ${version}/${path.join('/')}`;
}

/**
 * Where a request goes. @param base with or without a slash at its end, or the /v1 that some append.
 * @throws InvalidConfig for an id that no path can hold
 */
export function urlOf(base: URL, version: '/v1' | '', { path, query = {} }: AlmanachRequest): URL {
  const url = new URL(base);
  const root = url.pathname.replace(/\/+$/, '').replace(/\/v1$/, '').replace(/\/+$/, '');
  url.pathname = `${root}${version}/${path.map(encodeSegment).join('/')}`;
  url.search = new URLSearchParams(query).toString();
  return url;
}

/** Servers decode a slash before they look for the route (sheet 1.1), and dots lead elsewhere. */
function encodeSegment(text: string): string {
  if (text === '' || text === '.' || text === '..' || text.includes('/')) {
    throw new InvalidConfig(`${JSON.stringify(text.slice(0, 80))} cannot be an id in a path`, {
      code: 'PARAMETER_REFUSED',
      hint: 'Check the id.',
    });
  }
  return encodeURIComponent(text);
}
