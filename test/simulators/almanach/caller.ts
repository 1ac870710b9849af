import { afterEach } from 'vitest';
import type { AlmanachOptions } from '../../../simulators/almanach/options.ts';
import { type AlmanachSimulator, startAlmanach } from '../../../simulators/almanach/server.ts';

/** A Saturday noon. */
export const NOW = Date.UTC(2026, 10, 21, 12);

const running: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((simulator) => simulator.close()));
});

/** A simulator that the test need not close, its clock held. */
export async function almanach(options: AlmanachOptions = {}): Promise<AlmanachSimulator> {
  const simulator = await startAlmanach({ now: () => NOW, ...options });
  running.push(simulator);
  return simulator;
}

export interface Answered {
  readonly status: number;
  readonly type: string | null;
  readonly headers: Headers;
  readonly text: string;
}

export interface Calling {
  readonly method?: string;
  /** Null sends no header. */
  readonly token?: string | null;
  /** Sent as JSON unless it is text. */
  readonly body?: unknown;
  readonly contentType?: string;
}

/** One call below the server's address, with its private key. */
export async function call(
  { url, credentials }: AlmanachSimulator,
  path: string,
  { method = 'GET', token = String(credentials.token), body, contentType = 'application/json' }: Calling = {},
): Promise<Answered> {
  const sent = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
  const response = await fetch(`${url}${path}`, {
    method,
    headers: {
      ...(token === null ? {} : { 'x-auth-token': token }),
      ...(sent === undefined ? {} : { 'content-type': contentType }),
    },
    ...(sent === undefined ? {} : { body: sent }),
  });
  const { status, headers } = response;
  return { status, type: headers.get('content-type'), headers, text: await response.text() };
}

export type ShownRow = Record<string, unknown> & {
  readonly entity_id: string;
  readonly entity_type: string;
  readonly start: string;
  readonly end: string | null;
};

/** A listing of a project between two days. @throws Error for any other answer than 200 */
export async function list(
  simulator: AlmanachSimulator,
  project: string,
  [start, end]: readonly [string, string],
  kind = 'entities',
): Promise<ShownRow[]> {
  const query = new URLSearchParams({ start: `${start}.000000`, end: `${end}.000000` });
  const { status, text } = await call(simulator, `/v1/project/${project}/${kind}?${query}`);
  if (status !== 200) throw new Error(text);
  return JSON.parse(text);
}
