import https from 'node:https';
import * as z from 'zod';
import { tlsFields, tlsOf } from '../lib/credentials.ts';
import { SyncError } from '../lib/errors.ts';
import { judgeFailure } from '../lib/http/retry.ts';
import type { Http, HttpOptions } from '../lib/http.ts';
import { random } from '../simulators/random.ts';
import { startServer, type TestServer } from '../test/support/http-server.ts';
import { type Outcome, type Proof, type ProofOptions, tally } from './proof.ts';
import { type ClientOptions, type MakeClient, ourClient } from './r06-client.ts';
import { type Certificates, makeCertificates, type ServerName } from './r16-certificates.ts';

/** One account that meets one server. */
interface Case {
  /** What the server shows; `plain` speaks no TLS at all. */
  readonly server: ServerName | 'plain';
  readonly bundle?: keyof Certificates['bundles'];
  /** As it stands in the account's credentials; absent when it does not. */
  readonly verify?: unknown;
  /** How the account names the server; by its address when absent. */
  readonly host?: string;
  /** `reached`, the code of the error, or `refused` for settings that are not taken. */
  readonly expected: string;
}

const strict: readonly Case[] = [
  { server: 'good', bundle: 'right', expected: 'reached' },
  { server: 'good', bundle: 'both', expected: 'reached' },
  { server: 'with its root', bundle: 'right', expected: 'reached' },
  { server: 'self-signed', bundle: 'self-signed', expected: 'reached' },
  { server: 'good', expected: 'TLS_UNKNOWN_CA' },
  { server: 'good', bundle: 'other', expected: 'TLS_UNKNOWN_CA' },
  { server: 'good', bundle: 'right', host: 'cloud.example', expected: 'TLS_WRONG_HOST' },
  { server: 'with its root', expected: 'TLS_SELF_SIGNED' },
  { server: 'self-signed', expected: 'TLS_SELF_SIGNED' },
  { server: 'self-signed', bundle: 'right', expected: 'TLS_SELF_SIGNED' },
  { server: 'wrong host', bundle: 'right', expected: 'TLS_WRONG_HOST' },
  { server: 'expired', bundle: 'right', expected: 'TLS_EXPIRED' },
  { server: 'not yet valid', bundle: 'right', expected: 'TLS_NOT_YET_VALID' },
  { server: 'forged', bundle: 'right', expected: 'TLS_UNKNOWN_CA' },
  { server: 'plain', bundle: 'right', expected: 'TLS_NOT_SPOKEN' },
];
const odd: readonly ServerName[] = [
  'good',
  'self-signed',
  'wrong host',
  'expired',
  'not yet valid',
  'forged',
];

const cases: readonly Case[] = [
  ...strict,
  ...odd.map((server) => ({ server, verify: false, expected: 'reached' })),
  { server: 'self-signed', verify: 'false', expected: 'reached' },
  ...[true, 'true', null].map(
    (verify): Case => ({ server: 'self-signed', verify, expected: 'TLS_SELF_SIGNED' }),
  ),
  ...[0, '', 'no', 'off', '0', 'f', [], {}].map(
    (verify): Case => ({ server: 'self-signed', verify, expected: 'refused' }),
  ),
];

/** Accounts in chance order against servers of every kind: who is reached, and what is said when not. */
export const r16: Proof = {
  id: 'R16',
  name: 'TLS: only a certificate that is trusted, in time and for this host is talked to, unless switched off',
  full: 20 * cases.length,
  quick: cases.length,
  run: (options) => check(ourClient, options),
  bad: [
    bad('certificates are not verified', { rejectUnauthorized: false }),
    bad('the host is not compared', { checkServerIdentity: () => undefined }),
    { name: 'one client for all accounts', run: (options) => check(remembering(ourClient), options) },
  ],
};

async function check(make: MakeClient, { seed, count }: ProofOptions): Promise<Outcome> {
  const chance = random(seed);
  const found = tally();
  const reached: Record<string, number> = {};
  for (let done = 0; done < count; done += cases.length) {
    const certificates = makeCertificates();
    const servers = await startServers(certificates);
    try {
      for (const one of shuffled(cases, chance).slice(0, count - done)) {
        const outcome = await meet(make, one, certificates, servers[one.server]);
        reached[one.expected] = (reached[one.expected] ?? 0) + 1;
        const problem = problemOf(one, outcome);
        if (problem) found.violate(`${describe(one)}: ${problem}`);
      }
    } finally {
      for (const server of Object.values(servers)) await server.close();
    }
  }
  return found.outcome(count, reached);
}

interface Met {
  readonly outcome: string;
  readonly error: unknown;
  /** What arrived at the server, and over how many connections. */
  readonly requests: number;
  readonly connections: number;
}

function problemOf({ expected }: Case, { outcome, error, requests, connections }: Met): string | null {
  if (outcome !== expected) return `${outcome}, expected ${expected}`;
  if (expected === 'reached') return requests === 1 ? null : `${requests} requests arrived`;
  if (requests > 0) return 'the request was sent all the same';
  if (expected === 'refused') return connections === 0 ? null : 'connected with settings that are not taken';
  if (connections !== 1) return `${connections} connections: it will not pass by itself`;
  if (!(error instanceof SyncError) || error.name !== 'InvalidConfig') return `not typed: ${String(error)}`;
  return error.hint === '' ? 'nobody is told what to do' : null;
}

async function meet(
  make: MakeClient,
  one: Case,
  { bundles }: Certificates,
  server: TestServer,
): Promise<Met> {
  const before = { requests: server.requests.length, connections: server.connections.accepted };
  const settings = { ca_bundle: one.bundle && bundles[one.bundle], verify_ssl: one.verify };
  const parsed = z.object(tlsFields).safeParse(settings);
  const result = parsed.success
    ? await call(make, one, server, tlsOf(parsed.data))
    : { outcome: 'refused', error: null };
  return {
    ...result,
    requests: server.requests.length - before.requests,
    connections: server.connections.accepted - before.connections,
  };
}

async function call(make: MakeClient, { host }: Case, server: TestServer, tls: HttpOptions['tls']) {
  const url = new URL('/client/api?apikey=key', server.url);
  url.protocol = 'https:';
  if (host) url.hostname = host;
  const client = make({
    origins: [url],
    tls,
    resolve: (_, __, callback) => callback(null, [{ address: '127.0.0.1', family: 4 }]),
  });
  try {
    const { status } = await client.send({ method: 'GET', url });
    return { outcome: status === 200 ? 'reached' : `HTTP ${status}`, error: null };
  } catch (error) {
    return { outcome: error instanceof SyncError ? error.code : String(error), error };
  } finally {
    client.close();
  }
}

async function startServers({ shown }: Certificates): Promise<Record<Case['server'], TestServer>> {
  const answer = (response: { end(text: string): unknown }) => response.end('{}');
  const names = Object.keys(shown) as ServerName[];
  const pairs = names.map(async (name) => [name, await startServer(answer, shown[name])] as const);
  const servers = Object.fromEntries(await Promise.all(pairs)) as Record<ServerName, TestServer>;
  return { ...servers, plain: await startServer(answer) };
}

function describe({ server, bundle, verify = 'absent', host }: Case): string {
  const settings = `ca_bundle ${bundle ?? 'absent'}, verify_ssl ${JSON.stringify(verify)}`;
  return `server ${server}, ${settings}, named by ${host ?? 'its address'}`;
}

function shuffled<T>(items: readonly T[], chance: ReturnType<typeof random>): T[] {
  return items
    .map((item) => ({ item, at: chance.next() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}

/** A client over Node's own, with one thing wrong in how it looks at certificates. */
function bad(name: string, wrong: https.RequestOptions) {
  const make: MakeClient = ({ tls, resolve }) => ({
    send: async (request) => {
      const { method, url } = typeof request === 'function' ? request() : request;
      const lookup = resolve as https.RequestOptions['lookup'];
      const options = {
        method,
        ca: tls?.ca,
        rejectUnauthorized: tls?.verify,
        lookup,
        agent: false,
        ...wrong,
      };
      return ask(url, options as https.RequestOptions);
    },
    close() {},
  });
  return { name, run: (options: ProofOptions) => check(make, options) };
}

function ask(url: URL, options: https.RequestOptions): ReturnType<Http['send']> {
  return new Promise((resolve, reject) => {
    const outgoing = https.request(url, options, (incoming) => {
      const { statusCode: status = 0 } = incoming.resume();
      incoming.on('end', () => resolve({ status, headers: {}, body: Buffer.alloc(0), text: () => '' }));
    });
    outgoing.on('error', (error) => {
      const verdict = judgeFailure('GET /', error);
      reject(verdict?.action === 'fail' ? verdict.error : error);
    });
    outgoing.end();
  });
}

/** What a client of a warm process does that is kept by its host: the first account's trust serves them all. */
function remembering(make: MakeClient): MakeClient {
  const kept = new Map<string, ReturnType<MakeClient>>();
  return (options: ClientOptions) => {
    const host = String(options.origins[0]?.host);
    const client = kept.get(host) ?? make(options);
    kept.set(host, client);
    return { send: client.send, close() {} };
  };
}
