import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { InvalidConfig } from '../errors.ts';
import type { HttpResponse, Transport } from '../http.ts';
import { parse } from '../parse.ts';
import { isCredential, isCredentialParameter, isTokenId, parseJson } from './scrub.ts';

/**
 * Answers from the recordings of a folder, with no network. A request is known again by its method, its path and
 * its parameters in any order, those of a form or a JSON body included; credentials are not compared. What was
 * recorded several times is given in that order; the last of it stays: whoever recorded it need not have asked as
 * often as we do.
 * @throws InvalidConfig when the folder cannot be read; from the transport (`NOT_RECORDED`) for any other request
 */
export function replayFrom(folder: string): Transport {
  const waiting = readRecordings(folder);
  return async (request, signal) => {
    signal.throwIfAborted();
    const asked = askedOf(request.method, request.url, request.body ?? '');
    const at = waiting.findIndex(({ known }) => isSame(known, asked));
    const found = waiting[at];
    if (found === undefined) throw notRecorded(asked);
    const isLast = !waiting.some(({ known }, later) => later > at && isSame(known, asked));
    if (!isLast) waiting.splice(at, 1);
    return answerOf(found.response);
  };
}

const exchangeSchema = z.object({
  request: z.object({
    method: z.string(),
    url: z.string().optional(),
    path: z.string().optional(),
    body: z.string().nullish(),
  }),
  response: z.object({
    status: z.number().int(),
    headers: z.array(z.tuple([z.string(), z.string()])).default([]),
    body: z.string().nullish(),
    json: z.unknown().optional(),
  }),
});

type Exchange = z.output<typeof exchangeSchema>;

/** What a request is known by. */
interface Asked {
  readonly method: string;
  readonly path: string;
  /** Sorted; without credentials. */
  readonly parameters: readonly (readonly [name: string, value: string])[];
}

interface Waiting {
  readonly known: Asked;
  readonly response: Exchange['response'];
}

function readRecordings(folder: string): Waiting[] {
  const exchanges = listFolder(folder).flatMap((file) => readExchanges(join(folder, file)));
  if (exchanges.length === 0) {
    throw new InvalidConfig(`The folder ${folder} holds no recording`, {
      code: 'NO_RECORDING',
      hint: 'Name the folder that was given to --record.',
    });
  }
  return exchanges.map(({ request, response }) => {
    const url = new URL(request.path ?? request.url ?? '/', 'http://recorded');
    return { known: askedOf(request.method, url, request.body ?? ''), response };
  });
}

function listFolder(folder: string): string[] {
  try {
    const names = readdirSync(folder);
    return names.filter((name) => name.endsWith('.json')).sort();
  } catch (error) {
    throw new InvalidConfig(`The folder ${folder} cannot be read`, { cause: error });
  }
}

/** A recording, or a list of exchanges; other JSON beside them (an index, expected results) is neither. */
function readExchanges(file: string): Exchange[] {
  const content = parseJson(readFileSync(file, 'utf8'));
  if (content === undefined) throw new InvalidConfig(`${file}: expected JSON`);
  const list: unknown = isObject(content) ? content.exchanges : content;
  if (!Array.isArray(list) || !list.some((one) => isObject(one) && 'request' in one)) return [];
  return parse(z.array(exchangeSchema), list, file, InvalidConfig);
}

function askedOf(method: string, url: URL, body: string): Asked {
  const json = parseJson(body);
  const inBody = typeof json === 'object' && json !== null ? leavesOf(json) : formOf(body);
  const parameters = [...formOf(url.search.slice(1)), ...inBody];
  parameters.sort(([a, x], [b, y]) => compare(a, b) || compare(x, y));
  return { method: method.toUpperCase(), path: decoded(url.pathname), parameters };
}

function formOf(text: string): [string, string][] {
  return [...new URLSearchParams(text)].filter(([name]) => !isCredentialParameter(name));
}

/** The values of a JSON body, by the names that lead to them. */
function leavesOf(value: unknown, path: readonly string[] = []): [string, string][] {
  const entries = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  if (entries.length > 0) return entries.flatMap(([name, inner]) => leavesOf(inner, [...path, name]));
  const [parent = '', name = ''] = path.slice(-2);
  const hidden = isCredential(path.at(-1) ?? '') || isTokenId(parent, name);
  return hidden ? [] : [[path.join('.'), JSON.stringify(value)]];
}

function isSame(known: Asked, asked: Asked): boolean {
  return (
    known.method === asked.method &&
    known.parameters.length === asked.parameters.length &&
    fits(known.path, asked.path) &&
    known.parameters.every(([name, value], at) => {
      const [otherName, otherValue] = asked.parameters[at] ?? ['', ''];
      return name === otherName && fits(value, otherValue);
    })
  );
}

/** A recorded text fits another when they are equal but for what was taken out of it. */
function fits(recorded: string, text: string): boolean {
  if (recorded === text) return true;
  const [start = '', ...rest] = recorded.split('<secret>');
  const end = rest.at(-1);
  return end !== undefined && text.startsWith(start) && text.endsWith(end);
}

function notRecorded({ method, path, parameters }: Asked): InvalidConfig {
  const names = [...new Set(parameters.map(([name]) => name))].join(', ');
  return new InvalidConfig(
    `${method} ${path} (${names || 'no parameters'}): the recording holds no such exchange, or no further one`,
    {
      code: 'NOT_RECORDED',
      hint: 'Replay with the settings and the --now of the recording, or record again.',
    },
  );
}

/** The body is plain text, and the time that a `Date` names is over: held against our clock it would mislead. */
const untrue = /^(?:content-(?:encoding|length)|transfer-encoding|connection|keep-alive|date)$/;

function answerOf({ status, headers, body, json }: Exchange['response']): HttpResponse {
  const text = body ?? (json === undefined ? '' : JSON.stringify(json));
  const named: Record<string, string> = {};
  for (const [spelled, value] of headers) {
    const name = spelled.toLowerCase();
    if (!untrue.test(name)) named[name] = named[name] === undefined ? value : `${named[name]}, ${value}`;
  }
  return { status, headers: named, body: Buffer.from(text), text: () => text.replace(/^\uFEFF/, '') };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What is no percent-encoding stays as it is. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
