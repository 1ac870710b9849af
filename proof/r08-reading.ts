import * as z from 'zod';
import { systemClock } from '../lib/clock.ts';
import { InvalidConfig } from '../lib/errors.ts';
import { createHttp, type Http } from '../lib/http.ts';
import {
  checkKeystone,
  type KeystoneSession,
  keystoneFields,
  keystoneSession,
  type TokenHeader,
} from '../lib/keystone.ts';
import type { Log } from '../lib/log.ts';
import { paginate } from '../lib/paginate.ts';
import { parse } from '../lib/parse.ts';

/** A page as the service gives it. */
export interface Answer {
  readonly rows: readonly string[];
  readonly next: number | null;
}

/** Asks for a page, and does whatever has to be done about tokens. */
export type Ask = (
  page: number,
  get: (header: TokenHeader, page: number) => Promise<Answer>,
) => Promise<Answer>;

/** What one invocation has of an account. */
export interface Invocation {
  readonly http: Http;
  open(): KeystoneSession;
}

const silent: Log = { debug() {}, info() {}, warn() {}, error() {}, with: () => silent };
const schema = z.object(keystoneFields).superRefine(checkKeystone);

/** @param service where the listing is */
export function invocation(credentials: unknown, service: URL): Invocation {
  const parsed = parse(schema, credentials, 'credentials', InvalidConfig);
  const clock = systemClock();
  const http = createHttp({
    origins: [parsed.auth_url, service],
    tls: { verify: true },
    signal: new AbortController().signal,
    clock,
    log: silent,
    redact: (text) => text,
  });
  return {
    http,
    open: () => keystoneSession({ credentials: parsed, http, clock, log: silent, conceal: () => {} }),
  };
}

/** The rows of a whole listing, read twice: a token can die on its first page too. */
export async function readTwice(ask: Ask, http: Http, service: URL): Promise<string[]> {
  const get = async (headers: TokenHeader, page: number): Promise<Answer> => {
    const url = new URL(`/rows?page=${page}`, service);
    return JSON.parse((await http.send({ method: 'GET', url, headers })).text()) as Answer;
  };
  const { signal } = new AbortController();
  const fetch = async (page: number) => {
    const { rows, next } = await ask(page, get);
    return { page: { rows }, next };
  };
  const read: string[] = [];
  for (let round = 0; round < 2; round += 1) {
    for await (const { rows } of paginate({ first: 1, fetch, maxPages: 100, signal })) {
      read.push(...rows.map(String));
    }
  }
  return read;
}
