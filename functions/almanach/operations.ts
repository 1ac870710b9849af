import { InvalidConfig } from '../../lib/errors.ts';
import type { Operation, OperationParameters, Operations } from '../../lib/operations.ts';
import { type Call, calls } from './calls.ts';
import type { AlmanachAnswer, AlmanachClient } from './client.ts';
import { readParameters } from './parameters.ts';
import { type AlmanachRequest, INFO } from './request.ts';

/** The calls of python-almanachclient by their names (sheet 3.1), and two of the API's that it leaves out. */
export const operations: Operations<AlmanachClient> = {
  find(name) {
    if (name === 'get_url') return { write: false, run: (client) => place(client) };
    const call = Object.hasOwn(calls, name) ? calls[name] : undefined;
    if (call === undefined) {
      throw new InvalidConfig(`"${name.slice(0, 80)}" is no operation of Almanach`, {
        code: 'UNKNOWN_OPERATION',
        hint: `There are get_url, ${Object.keys(calls).join(', ')}.`,
      });
    }
    return operationOf(name, call);
  },
};

function operationOf(name: string, call: Call): Operation<AlmanachClient> {
  return {
    write: call.method !== 'GET' && call.method !== 'HEAD',
    run: (client, parameters) => run(name, call, client, parameters),
  };
}

async function* run(
  name: string,
  call: Call,
  client: AlmanachClient,
  given: OperationParameters,
): AsyncGenerator<unknown> {
  const request = requestOf(name, call, given, client.context.clock.wire());
  if (call.method === 'HEAD') {
    yield { exists: await exists(client, request) };
    return;
  }
  yield* shown(await client.call(request));
}

function requestOf(name: string, call: Call, given: OperationParameters, now: number): AlmanachRequest {
  const { path, query, body } = readParameters(name, call.parameters, call.expand?.(given) ?? given, now);
  const { method } = call;
  return {
    method,
    path: call.path.map((part) => (part.startsWith('{') ? (path[part.slice(1, -1)] ?? '') : part)),
    query,
    ...(method === 'POST' || method === 'PUT' || Object.keys(body).length > 0 ? { body } : {}),
  };
}

/** HEAD has no text that would tell an unknown id from a server without the route: that is asked for before. */
async function exists(client: AlmanachClient, request: AlmanachRequest): Promise<boolean> {
  await client.call(INFO);
  try {
    await client.call(request);
    return true;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : '';
    if (code === 'NO_SUCH_ROUTE' || code === 'NOT_FOUND') return false;
    throw error;
  }
}

/** The rows of a listing, the one object of another answer, or what the server said of a write: its status. */
function* shown({ status, content }: AlmanachAnswer): Generator<unknown> {
  if (Array.isArray(content)) yield* content;
  else yield content ?? { status };
}

async function* place(client: AlmanachClient): AsyncGenerator<unknown> {
  yield { url: (await client.url()).href };
}
