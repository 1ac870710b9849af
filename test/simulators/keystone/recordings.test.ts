import { afterEach, describe, expect, it } from 'vitest';
import { type KeystoneSimulator, startKeystone } from '../../../simulators/keystone/index.ts';
import { folders, type Recorded, recordingsIn, shapeOf } from '../../support/keystone-recordings.ts';

/** Users and projects of the recorded cloud, and those of ours that stand in the same place. */
const users: Readonly<Record<string, string>> = {
  'alm-reader': 'reader',
  'ALM-READER': 'READER',
  admin: 'admin',
  'alm-üser': 'système',
  'alm-d2user': 'customer',
  'alm-noproject': 'roleless',
  'alm-defproj': 'default-project',
  'alm-disabled': 'disabled',
  'alm-mfa': 'second-factor',
  'alm-sysreader': 'system-reader',
  'alm-domreader': 'domain-reader',
  'alm-revoke': 'member',
  'alm-pwchange': 'member',
  'alm-roleless': 'member',
  'alm-appcred': 'member',
};
const passwords: Readonly<Record<string, string>> = {
  'reader-pw': 'reader',
  'adminpw-7': 'admin',
  'päss wörd': 'système',
  'd2-pw': 'customer',
  'noproject-pw': 'roleless',
  'defproj-pw': 'default-project',
  'disabled-pw': 'disabled',
  'mfa-pw': 'second-factor',
  'sysreader-pw': 'system-reader',
  'domreader-pw': 'domain-reader',
  'revoke-pw': 'member',
  'first-pw': 'member',
  'roleless-pw': 'member',
};
const projects: Readonly<Record<string, string>> = {
  'alm-sync': 'acme',
  'ALM-SYNC': 'ACME',
  'alm-tenant-a': 'secluded',
  'alm-disabled-project': 'closed',
};

/** Tokens that were given out before a recording begins: whose, and without a scope or for acme. */
const earlier: Readonly<Record<string, [user: string, unscoped?: 'unscoped']>> = {
  'fernet-token-007': ['member'],
  'fernet-token-009': ['reader'],
  'fernet-token-010': ['admin'],
  'fernet-token-011': ['member'],
  'fernet-token-012': ['member'],
  'fernet-token-018': ['roleless', 'unscoped'],
  'fernet-token-038': ['member'],
  'fernet-token-047': ['reader', 'unscoped'],
};

/** What an administrator did between two requests; the exchange at that place is not sent itself. */
const steps: Readonly<Record<string, (cloud: KeystoneSimulator) => void>> = {
  'appcred-deleted-meanwhile 0': (cloud) => cloud.deleteApplicationCredential('sync'),
  'appcred-owner-disabled 0': () => {},
  'appcred-owner-disabled 1': (cloud) => cloud.setEnabled('member', false),
  'appcred-owner-disabled 3': (cloud) => cloud.setEnabled('member', true),
  'appcred-role-removed 0': () => {},
  'appcred-role-removed 2': (cloud) => cloud.setRoles('member', []),
  'appcred-role-removed 5': (cloud) => cloud.setRoles('member', ['member']),
  'password-changed-meanwhile 0': (cloud) => cloud.setPassword('member', 'second-pw'),
  'role-removed-meanwhile 0': (cloud) => cloud.setRoles('member', []),
  'user-disabled-meanwhile 0': (cloud) => cloud.setEnabled('member', false),
};
/** The same, before an exchange that is sent. */
const before: typeof steps = {
  'token-expiry 2': (cloud) => cloud.expireTokens(),
  'user-disabled-meanwhile 3': (cloud) => cloud.setEnabled('member', true),
};
/** Application credentials are managed by people, not by us: not simulated. */
const managing = (name: string, { request }: Recorded) =>
  name === 'appcred-manage' ||
  (request.method === 'POST' && request.path.endsWith('/application_credentials'));

let cloud: KeystoneSimulator;
let places: ReadonlyMap<string, string>;
let secretOfSync: string;
afterEach(() => cloud.close());

describe.each(folders)('the simulator answers as in %s', (folder) => {
  it.each(recordingsIn(folder))('%s', async (name, exchanges) => {
    cloud = await startKeystone({
      endpoints: ['RegionOne', 'RegionTwo'].map((region) => ({
        type: 'cloudmetrics',
        name: 'almanach',
        url: 'http://127.0.0.1:8000',
        region,
      })),
    });
    places = placesOf();
    const service = await serviceId();
    const tokens = new Map<string, string>();
    // Those that die in the recording must have been given out before; what only expires is asked for when needed.
    for (const token of name === 'token-expiry' ? [] : tokensIn(exchanges)) await tokenFor(token, tokens);
    for (const [index, recorded] of exchanges.entries()) {
      const place = `${name} ${index}`;
      before[place]?.(cloud);
      const step = steps[place];
      if (step) step(cloud);
      else if (!managing(name, recorded)) await compare(place, recorded, tokens, service);
    }
  });
});

async function compare(
  place: string,
  { request, response }: Recorded,
  tokens: Map<string, string>,
  service: string,
): Promise<void> {
  const headers: Record<string, string> = {};
  for (const [key, value] of Object.entries(request.headers)) {
    headers[key] = /token$/i.test(key) ? await tokenFor(value, tokens) : value;
  }
  const body = response.status === 413 ? 'x'.repeat(114_689) : await translated(request.body, tokens);
  const path = pathOf(request.path).replace('ff6d292c5ba14c4eb4b7df167b0bc06a', service);
  const answer = await fetch(`${cloud.url.replace('/v3', '')}${path}`, {
    method: request.method,
    headers,
    redirect: 'manual',
    ...(body ? { body } : {}),
  });
  const given = await answer.text();
  const issued = answer.headers.get('x-subject-token');
  for (const [key, value] of response.headers) {
    if (key === 'X-Subject-Token' && issued) tokens.set(value, issued);
  }
  expect(answer.status, place).toBe(response.status);
  expect(headerNames([...answer.headers.keys()]), place).toEqual(
    headerNames(response.headers.map(([key]) => key)),
  );
  for (const [key, value] of response.headers) {
    if (key === 'Content-Type') expect(answer.headers.get(key), place).toBe(value);
    if (key === 'Allow')
      expect(answer.headers.get(key)?.split(', ').sort()).toEqual(value.split(', ').sort());
  }
  const expectedBody = response.json ?? response.body ?? '';
  if (typeof expectedBody === 'string') expect(given, place).toBe(expectedBody);
  else {
    const ours: unknown = JSON.parse(given);
    expect(shapeOf(ours), place).toEqual(shapeOf(expectedBody));
    expect(messageOf(ours), place).toBe(messageOf(expectedBody));
  }
}

function headerNames(names: readonly string[]): string[] {
  const ours = /^(date|connection|transfer-encoding|keep-alive)$/;
  return names
    .map((name) => name.toLowerCase())
    .filter((name) => !ours.test(name))
    .sort();
}

/** Without ids, and as far as the trimmed recordings tell it. */
function messageOf(body: unknown): string | undefined {
  const { error } = body as { error?: { message?: string } };
  return error?.message?.split('\n')[0]?.replace(/[0-9a-f]{32}/g, '<id>');
}

function tokensIn(exchanges: readonly Recorded[]): string[] {
  const all = exchanges.flatMap(({ request: { headers } }) => [
    headers['X-Auth-Token'],
    headers['X-Subject-Token'],
  ]);
  return all.filter((token) => token !== undefined);
}

/** Our token in the place of a recorded one. */
async function tokenFor(recorded: string, tokens: Map<string, string>): Promise<string> {
  const known = tokens.get(recorded);
  if (known !== undefined) return known;
  const [user, unscoped] = earlier[recorded] ?? [];
  const isApplications = recorded === 'fernet-token-014';
  if (user === undefined && !isApplications) return recorded;
  const scope = unscoped ?? { project: { name: 'acme', domain: { name: 'Default' } } };
  const token = isApplications
    ? await applicationLogin()
    : await logIn({ identity: passwordOf(user ?? ''), scope });
  tokens.set(recorded, token);
  return token;
}

function passwordOf(user: string): unknown {
  const { username: name, password } = cloud.credentialsOf(user);
  return { methods: ['password'], password: { user: { name, password, domain: { name: 'Default' } } } };
}

function applicationLogin(): Promise<string> {
  const { application_credential_id: id, application_credential_secret: secret } =
    cloud.applicationCredential();
  return logIn({ identity: { methods: ['application_credential'], application_credential: { id, secret } } });
}

async function logIn(auth: unknown): Promise<string> {
  const answer = await login(auth);
  return answer.headers.get('x-subject-token') ?? '';
}

function login(auth: unknown): Promise<Response> {
  const headers = { 'Content-Type': 'application/json' };
  return fetch(`${cloud.url}/auth/tokens`, { method: 'POST', headers, body: JSON.stringify({ auth }) });
}

async function serviceId(): Promise<string> {
  const scope = { project: { name: 'acme', domain: { name: 'Default' } } };
  const answer = await login({ identity: passwordOf('admin'), scope });
  const { token } = (await answer.json()) as { token: { catalog: { id: string; type: string }[] } };
  return token.catalog.find(({ type }) => type === 'cloudmetrics')?.id ?? '';
}

function pathOf(path: string): string {
  return path
    .replace('4458e08079f9437ea2d5eb9534d4be96', projectId('acme'))
    .replace('alm-tenant-%C3%BCml%C3%A4ut', 'caff%C3%A8')
    .replace('865de6a5dcd748c2a0df738eeefb63a1', domainId());
}

function projectId(name: string): string {
  return cloud.projects.find((project) => project.name === name)?.id ?? '';
}

function domainId(): string {
  return cloud.projects.find(({ domain }) => domain.name === 'Customers')?.domain.id ?? '';
}

/** The body with our names, ids and secrets; what is no JSON stays. */
async function translated(
  body: string | null | undefined,
  tokens: Map<string, string>,
): Promise<string | null> {
  if (!body?.startsWith('{') || !body.endsWith('}')) return body ?? null;
  for (const token of body.match(/fernet-token-\d+/g) ?? []) await tokenFor(token, tokens);
  return JSON.stringify(JSON.parse(body), (_, value) =>
    typeof value === 'string' ? ours(value, tokens) : value,
  );
}

function ours(value: string, tokens: Map<string, string>): string {
  return tokens.get(value) ?? places.get(value) ?? (/^[\w-]{86}$/.test(value) ? secretOfSync : value);
}

/** What stands in the place of which recorded text, before anything changes. Keystone's secrets: 86 letters. */
function placesOf(): Map<string, string> {
  const { application_credential_id: sync = '', application_credential_secret: secret = '' } =
    cloud.applicationCredential('sync');
  const { application_credential_id: expired = '' } = cloud.applicationCredential('expired');
  secretOfSync = secret;
  return new Map([
    ...Object.entries({ ...users, ...projects }),
    ...Object.entries(passwords).map(([recorded, user]): [string, string] => [
      recorded,
      cloud.credentialsOf(user).password ?? '',
    ]),
    ['alm-customers', 'Customers'],
    ['4458e08079f9437ea2d5eb9534d4be96', projectId('acme')],
    ['862b9b1d9e744d3bac47dbe91edce521', cloud.userId('reader')],
    ['3b06258dee9d4987a81b730bd977c265', sync],
    ['06758a368aee4039a86816d951a5fd05', sync],
    ['47d2405cc0d049a49a9bf50ad842afc1', sync],
    ['5dbdc50b5b8c4f90adf008e6f826bec3', sync],
    ['a0a6d83b1b8b43bfb2933b09b27ede72', expired],
    ['my own sécret', secret],
  ]);
}
