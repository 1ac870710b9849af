import type { LookupAddress } from 'node:dns';
import http from 'node:http';
import { isIP } from 'node:net';
import { SyncError } from '../lib/errors.ts';
import { checkAddress, checkUrl, type Resolve } from '../lib/http/egress.ts';
import { judgeStatus } from '../lib/http/retry.ts';
import type { HttpRequest, HttpResponse } from '../lib/http.ts';
import { random } from '../simulators/random.ts';
import { type Design, type Outcome, type Proof, type ProofOptions, tally } from './proof.ts';
import { type ClientOptions, type MakeClient, ourClient } from './r06-client.ts';
import { ELSEWHERE, type Heard, type Listeners, OWN, startListeners } from './r15-listeners.ts';
import { type Expected, OWN_NAME, type Place, placesOf } from './r15-places.ts';

const all = placesOf(random(1)).length;

/** Calls led astray by their URL, by their account, by redirects and by names: who hears of it, and of the token. */
export const r15: Proof = {
  id: 'R15',
  name: "egress: only the account's own server is reached, and no credential is seen anywhere else",
  full: 20 * all,
  quick: all,
  run: (options) => check(ourClient, options),
  bad: [
    bad('looks at the text of the host only', textOnly),
    bad('follows redirects with the headers', following),
    bad('checks one look-up and connects by another', lookingUpTwice),
    bad('accepts every host of a good address', anyGoodAddress),
  ],
};

async function check(make: MakeClient, { seed, count }: ProofOptions): Promise<Outcome> {
  const chance = random(seed);
  const found = tally();
  const came: Record<string, number> = {};
  const listeners = await startListeners();
  try {
    for (let number = 0, places: Place[] = []; number < count; number += 1) {
      if (places.length === 0) places = placesOf(chance);
      const [place] = places.splice(chance.int(0, places.length - 1), 1);
      if (!place) break;
      came[place.expected] = (came[place.expected] ?? 0) + 1;
      const problem = await lead(make, place, listeners);
      if (problem) found.violate(`case ${number}: ${place.what}: ${problem}`);
    }
  } finally {
    await listeners.close();
  }
  return found.outcome(count, came);
}

/** One call; a second one with a client of its own where the name has changed its mind meanwhile. */
async function lead(make: MakeClient, place: Place, listeners: Listeners): Promise<string | null> {
  const at = (text: string) => text.replaceAll('{port}', String(listeners.port));
  const resolve = resolving(place);
  const expected: Expected[] = place.answers?.length === 2 ? [place.expected, 'denied'] : [place.expected];
  listeners.answer(place.status ?? 200, place.location === undefined ? {} : { location: at(place.location) });
  for (const [call, wanted] of expected.entries()) {
    const outcome = await ask(make, place, at, resolve);
    const problem = problemOf(wanted, outcome, listeners.heard());
    if (problem) return `call ${call + 1}: ${problem}`;
  }
  return null;
}

function problemOf(expected: Expected, outcome: string, { own, elsewhere }: Heard): string | null {
  if (elsewhere.length > 0) return `another machine heard ${elsewhere.join(', ')}`;
  if (outcome !== expected) return `${outcome}, expected ${expected}`;
  const requests = expected === 'denied' ? 0 : 1;
  return own === requests ? null : `the account's server heard ${own} requests, expected ${requests}`;
}

async function ask(
  make: MakeClient,
  { account = `http://${OWN_NAME}:{port}`, url = account, loopback = true }: Place,
  at: (text: string) => string,
  resolve: Resolve,
): Promise<string> {
  if (!URL.canParse(at(url)) || !URL.canParse(at(account))) return 'denied';
  const target = new URL(at(url));
  target.searchParams.set('apikey', 'key-of-the-account');
  const client = make({ origins: [new URL(at(account))], loopback, resolve, attempts: 1 });
  try {
    await client.send({ method: 'GET', url: target, headers: { 'x-auth-token': 'token-of-the-account' } });
    return 'reached';
  } catch (error) {
    if (!(error instanceof SyncError)) return String(error);
    if (error.name === 'EgressDenied') return 'denied';
    return error.code === 'UNEXPECTED_REDIRECT' ? 'redirect refused' : `${error.name}: ${error.message}`;
  } finally {
    client.close();
  }
}

/** The account's name leads where the case says; every other name to the machine that must hear nothing. */
function resolving({ answers = [[OWN]] }: Place): Resolve {
  let asked = 0;
  return (host, _, callback) => {
    const own = host.replace(/\.$/, '') === OWN_NAME;
    const list = own ? (answers[Math.min(asked, answers.length - 1)] ?? []) : [ELSEWHERE];
    if (own) asked += 1;
    callback(null, list.map(familiar));
  };
}

function familiar(address: string): LookupAddress {
  return { address, family: address.includes(':') ? 6 : 4 };
}

/** A client that is known to be bad: how it answers one request. */
type Exchange = (request: HttpRequest, options: ClientOptions) => Promise<HttpResponse>;

function bad(name: string, exchange: Exchange): Design {
  const make: MakeClient = (options) => ({
    send: (request) => exchange(typeof request === 'function' ? request() : request, options),
    close() {},
  });
  return { name, run: (options) => check(make, options) };
}

const knownBad = /^(169\.254\.169\.254|metadata(\.google\.internal)?)$/;

async function textOnly(request: HttpRequest, options: ClientOptions): Promise<HttpResponse> {
  const own = options.origins.some(({ host }) => host === request.url.host);
  if (!own || knownBad.test(request.url.hostname)) return ourClient(options).send(request);
  return exchangeWith(await addressOf(request.url, options), request);
}

async function following(request: HttpRequest, options: ClientOptions): Promise<HttpResponse> {
  checkUrl(request.url, rulesOf(options));
  const address = await checkedAddressOf(request.url, options);
  return exchangeWith(address, request, async (location) => {
    const url = new URL(location, request.url);
    return exchangeWith(await checkedAddressOf(url, options), { ...request, url });
  });
}

async function lookingUpTwice(request: HttpRequest, options: ClientOptions): Promise<HttpResponse> {
  checkUrl(request.url, rulesOf(options));
  await checkedAddressOf(request.url, options);
  return exchangeWith(await addressOf(request.url, options), request);
}

async function anyGoodAddress(request: HttpRequest, options: ClientOptions): Promise<HttpResponse> {
  return exchangeWith(await checkedAddressOf(request.url, options), request);
}

function rulesOf({ origins, loopback = true }: ClientOptions) {
  return { origins, loopback };
}

async function checkedAddressOf(url: URL, options: ClientOptions): Promise<string> {
  const addresses = await addressesOf(url, options);
  for (const address of addresses) checkAddress(address, url.hostname, rulesOf(options));
  return addresses[0] ?? '';
}

async function addressOf(url: URL, options: ClientOptions): Promise<string> {
  const [first = ''] = await addressesOf(url, options);
  return first;
}

function addressesOf({ hostname }: URL, { resolve }: ClientOptions): Promise<string[]> {
  const host = hostname.replace(/^\[|\]$/g, '');
  if (isIP(host) || !resolve) return Promise.resolve([host]);
  return new Promise((found) => {
    resolve(host, { all: true }, (_, list) => found(list.map(({ address }) => address)));
  });
}

/**
 * One exchange over Node's own client. Every address but the account's is stood for by the other listener; a
 * redirect is refused, unless there is something else to do with it.
 */
function exchangeWith(
  address: string,
  { url, headers = {} }: HttpRequest,
  redirected?: (location: string) => Promise<HttpResponse>,
): Promise<HttpResponse> {
  return new Promise((resolve, reject) => {
    const host = address === OWN ? OWN : ELSEWHERE;
    const path = `${url.pathname}${url.search}`;
    const outgoing = http.get(
      { host, port: Number(url.port || 80), path, agent: false, headers },
      (incoming) => {
        const { statusCode: status = 0, headers: given } = incoming.resume();
        const answer = { status, headers: { location: given.location ?? '' } };
        const verdict = judgeStatus('GET /', url, answer, 0);
        if (verdict.action === 'accept') resolve({ ...answer, body: Buffer.alloc(0), text: () => '' });
        else if (redirected) redirected(answer.headers.location).then(resolve, reject);
        else reject(verdict.error);
      },
    );
    outgoing.on('error', reject);
  });
}
