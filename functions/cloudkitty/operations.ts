import { InvalidConfig, SyncError } from '../../lib/errors.ts';
import { parseDecimalJson } from '../../lib/models/decimal-json.ts';
import type { OperationParameters, Operations } from '../../lib/operations.ts';
import { parseInstant } from '../../lib/time.ts';
import { NOTHING } from './answer.ts';
import { type Api, apiNamed, apis } from './apis.ts';
import type { CloudKittyClient } from './client.ts';
import { wireDate } from './dates.ts';
import { isObject } from './frames.ts';
import { points, reprocesses, scopes, summaries, walk } from './listings.ts';

/** Every documented call, by the name of its policy or by method and path. */
export const operations: Operations<CloudKittyClient> = {
  find(name) {
    const found = apiNamed(name);
    if (found === null) {
      throw new InvalidConfig(`"${name.slice(0, 80)}" is no operation of CloudKitty`, {
        code: 'UNKNOWN_OPERATION',
        hint: `Name it by its path, such as "GET /v1/report/summary", or as one of ${apis.map((api) => api.name).join(', ')}.`,
      });
    }
    const { api, path } = found;
    return {
      write: api.write,
      run: (client, parameters, signal) => run(client, api, path, parameters, signal),
    };
  },
};

const listings = [summaries, points, scopes, reprocesses];

function run(
  client: CloudKittyClient,
  api: Api,
  named: string,
  given: OperationParameters,
  signal: AbortSignal,
): AsyncIterable<unknown> {
  const { path, rest } = fillPath(named, given);
  const parameters = Object.fromEntries(Object.entries(rest).flatMap((pair) => checked(...pair)));
  if (api.body) return write(client, api, path, parameters);
  const listing = api.write ? undefined : listings.find((one) => one.path === path);
  const ownPages = 'limit' in parameters || 'offset' in parameters;
  if (path === summaries.path && !('filters' in parameters)) {
    client.context.log.warn(
      'A summary without filters: up to version 23 a server may answer an administrator with one project alone',
    );
  }
  if (listing === undefined) return rowsOf(read(client, api, path, parameters), api);
  return ownPages ? onePage(client, listing, parameters) : everyPage(client, listing, parameters, signal);
}

/** `{name}` in a path is a parameter of that name. */
function fillPath(path: string, given: OperationParameters): { path: string; rest: OperationParameters } {
  const rest = { ...given };
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = rest[name];
    if (value === undefined || value === '') throw refused(`the parameter ${name} is part of the path`);
    delete rest[name];
    return encodeURIComponent(value);
  });
  return { path: filled, rest };
}

/** What the server would take for something else without a word (sheets 3.2, 3.7). */
function checked(name: string, value: string): [string, string][] {
  if (/^(?:begin|end|start|state|last_processed_timestamp|(?:start|end)_reprocess_time)$/.test(name)) {
    const instant = parseInstant(value);
    if (instant === null) throw refused(`${name} is no date that can be read, such as 2026-11-18T00:00:00Z`);
    return [[name, wireDate(instant)]];
  }
  if (name !== 'all_tenants') return [[name, value]];
  // Any text is true there, "false" too.
  if (/^(?:|false|0|no)$/i.test(value)) return [];
  if (/^(?:true|1|yes)$/i.test(value)) return [[name, 'true']];
  throw refused('all_tenants must be true or false');
}

async function* everyPage(
  client: CloudKittyClient,
  listing: (typeof listings)[number],
  parameters: OperationParameters,
  signal: AbortSignal,
): AsyncGenerator<unknown> {
  for await (const { rows } of walk(client, listing, parameters, signal)) yield* rows;
}

async function* onePage(
  client: CloudKittyClient,
  listing: (typeof listings)[number],
  parameters: OperationParameters,
): AsyncGenerator<unknown> {
  const body = await client.get(listing.path, parameters);
  if (body !== NOTHING) yield* listing.read(listing.path, body).rows;
}

/** A call that only reads may be sent again, even one that is a POST; one that changes something may not. */
async function read(client: CloudKittyClient, api: Api, path: string, parameters: OperationParameters) {
  const { method } = api;
  return client.call({ method, path, parameters, ...(api.write ? { retry: false } : {}) });
}

/** The rows of the one array of an answer, else the answer itself. */
async function* rowsOf(asked: Promise<unknown>, { rows }: Api): AsyncGenerator<unknown> {
  const body = await asked;
  const list = rows !== undefined && isObject(body) ? body[rows] : body;
  if (Array.isArray(list)) yield* list;
  else if (list !== NOTHING && list !== null && list !== undefined) yield list;
}

/** The members of a body are parameters: JSON where it looks like it, else text, as prices had better be. */
async function* write(
  client: CloudKittyClient,
  api: Api,
  path: string,
  parameters: OperationParameters,
): AsyncGenerator<unknown> {
  const members = Object.entries(parameters).map(([name, value]) => [name, memberOf(name, value)] as const);
  const body: Readonly<Record<string, unknown>> = Object.fromEntries(members);
  try {
    const retry = api.write ? { retry: false } : {};
    const answer = await client.call({ method: api.method, path, body, ...retry });
    if (answer !== NOTHING && answer !== null) yield answer;
  } catch (error) {
    // A module that was changed is answered with 302 to itself (sheet 4.4), which is not followed.
    const changed =
      api.method === 'PUT' && error instanceof SyncError && error.code === 'UNEXPECTED_REDIRECT';
    if (!changed) throw error;
    yield { changed: path };
  }
}

function memberOf(name: string, value: string): unknown {
  if (name === 'priority' && /^\d{1,9}$/.test(value)) return Number(value);
  if (!/^(?:[[{]|(?:true|false|null)$)/.test(value)) return value;
  try {
    return parseDecimalJson(value);
  } catch {
    throw refused(`${name} begins like JSON and is none`);
  }
}

function refused(what: string): InvalidConfig {
  return new InvalidConfig(`CloudKitty: ${what}`, {
    code: 'PARAMETER_REFUSED',
    hint: 'Correct the parameters behind the name of the operation.',
  });
}
