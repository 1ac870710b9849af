import { InvalidConfig } from '../../lib/errors.ts';
import type { OperationParameters, Operations } from '../../lib/operations.ts';
import type { CloudTowerClient } from './client.ts';

/** Every operation of the API, by its path without the slash. */
export const operations: Operations<CloudTowerClient> = {
  find(name) {
    if (!/^[a-z][a-z0-9-]{2,99}$/.test(name) || name === 'login') {
      throw new InvalidConfig(`"${name.slice(0, 80)}" cannot be the name of a CloudTower operation`, {
        code: 'UNKNOWN_OPERATION',
        hint: "Operations are spelled like get-vms; the tower's own API documentation lists them.",
      });
    }
    const write = !/^get-/.test(name);
    return { write, run: (client, parameters, signal) => run(client, name, write, parameters, signal) };
  },
};

/** Reads that are no listings: counts, measurements, single objects. */
const single = /-connection$|-metrics$|^get-top-n-metrics|-info$|^get-version$/;

function run(
  client: CloudTowerClient,
  name: string,
  write: boolean,
  parameters: OperationParameters,
  signal: AbortSignal,
): AsyncIterable<unknown> {
  if (name === 'get-version') return answer(client.release());
  const body = bodyOf(name, parameters);
  const ownPages = ['first', 'last', 'after', 'before', 'skip', 'orderBy'].some((key) => key in parameters);
  if (write) return answer(client.call(name, body, { retry: false }));
  if (single.test(name) || ownPages) return answer(client.call(name, body));
  return walk(client, name, body, signal);
}

async function* walk(
  client: CloudTowerClient,
  name: string,
  body: unknown,
  signal: AbortSignal,
): AsyncGenerator<unknown> {
  const { where = {}, ...rest } = body as { where?: Record<string, unknown> };
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined)
    throw refused(`${name}: a listing takes where and its own paging, not ${unknown}`);
  for await (const { rows } of client.list(name, where, signal)) yield* rows;
}

async function* answer(asked: Promise<unknown>): AsyncGenerator<unknown> {
  const body = await asked;
  if (Array.isArray(body)) yield* body;
  else yield body;
}

/** `where='{…}'` and its like are JSON; `body='[…]'` is the whole body, for operations that take a list. */
function bodyOf(name: string, { body, ...fields }: OperationParameters): unknown {
  if (body === undefined) {
    return Object.fromEntries(Object.entries(fields).map(([key, text]) => [key, parsed(name, key, text)]));
  }
  if (Object.keys(fields).length > 0) throw refused(`${name}: body stands alone`);
  return parsed(name, 'body', body);
}

/** What looks like JSON is; all else is text: `range=24h`. */
function parsed(name: string, key: string, text: string): unknown {
  if (!/^\s*[[{"]|^(?:-?\d+(?:\.\d+)?|true|false|null)$/.test(text)) return text;
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw refused(`${name}: ${key} is not valid JSON`, cause);
  }
}

function refused(message: string, cause?: unknown): InvalidConfig {
  const hint = 'Correct the parameters behind the name of the operation.';
  return new InvalidConfig(message, { code: 'PARAMETER_REFUSED', hint, cause });
}
