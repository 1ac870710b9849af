import { InsufficientPermission, InvalidConfig, InvalidCredentials, SyncError } from './errors.ts';
import type { Http } from './http.ts';
import { findEndpoint, type Wanted } from './keystone/catalog.ts';
import { checkLogin } from './keystone/check.ts';
import { isApplicationCredential } from './keystone/credentials.ts';
import { type Door, type Granted, keystoneUrl, logIn, type Scope } from './keystone/login.ts';
import { type Project, readProjects } from './keystone/projects.ts';
import { judgeCall, malformed } from './keystone/refusals.ts';
import type { Log } from './log.ts';
import type { Secret } from './secret.ts';

export {
  checkKeystone,
  type KeystoneCredentials,
  keystoneFields,
  keystoneSecrets,
} from './keystone/credentials.ts';
export type { Scope } from './keystone/login.ts';
export type { Project } from './keystone/projects.ts';

/** What a session is given; a provider's context has all of it but the credentials. */
export interface KeystoneTools extends Door {
  /** Services named by the catalog may be reached from then on. */
  readonly http: Pick<Http, 'send' | 'admit'>;
  readonly log: Log;
  /** Told of every token. */
  conceal(secret: Secret): void;
}

/** A service of the catalog; region and interface are the account's. */
export type Service = Pick<Wanted, 'types' | 'name'>;

/** A header that proves who asks. */
export type TokenHeader = Readonly<Record<'X-Auth-Token', string>>;

/** Who we are at Keystone, for one invocation and one project. Nothing is asked before something is needed. */
export interface KeystoneSession {
  /** The token; the same for all callers until shortly before it ends. */
  token(): Promise<Secret>;
  project(): Promise<Scope>;
  /**
   * The same after a login that tells a user who is refused from a project that is refused: for checks, since it
   * takes one login more.
   * @throws InvalidCredentials, InsufficientPermission
   */
  check(): Promise<Scope>;
  user(): Promise<Granted['user']>;
  /** Names of the roles held on the project. */
  roles(): Promise<readonly string[]>;
  /**
   * Where a service is, by the catalog of the login; from then on it may be reached.
   * @throws InvalidConfig, InsufficientPermission when the catalog has none that fits; MalformedResponse
   */
  endpoint(service: Service): Promise<URL>;
  /**
   * Sends something with the token. A token that was accepted before and is refused now has died: there is one
   * new login, and the request is repeated once. Whatever else is refused is not tried again.
   * @param send throws InvalidCredentials when the token is refused
   */
  authorized<Result>(send: (header: TokenHeader) => Promise<Result>): Promise<Result>;
  /**
   * The same user in another project of Keystone.
   * @throws InvalidConfig for an application credential, which knows only its own
   */
  forProject(id: string): Promise<KeystoneSession>;
  /** The projects that the user has a role on, disabled ones too, and those that an application credential cannot enter. */
  ownProjects(): Promise<readonly Project[]>;
  /** All projects that the user may see. @throws InsufficientPermission for all but operators (sheet 2.5) */
  allProjects(): Promise<readonly Project[]>;
}

/** A session in the project that the credentials name. Makes no request. */
export function keystoneSession(tools: KeystoneTools): KeystoneSession {
  return sessionIn(tools, () => logIn(tools));
}

function sessionIn(tools: KeystoneTools, login: () => Promise<Granted>): KeystoneSession {
  const { credentials, http } = tools;
  const keys = keyring(tools, login);
  const others = new Map<string, KeystoneSession>();
  const authorized = <Result>(send: (header: TokenHeader) => Promise<Result>) => withToken(keys, send);
  const list = async (path: string) => {
    const url = keystoneUrl(credentials, path);
    const call = `GET ${path}`;
    const judge: Parameters<Http['send']>[1] = (answer, byStatus) => judgeCall(call, answer, byStatus);
    const response = await authorized((headers) => http.send({ method: 'GET', url, headers }, judge));
    return readProjects(call, response);
  };
  const session: KeystoneSession = {
    token: async () => (await keys.current()).token,
    project: async () => (await keys.current()).project,
    check: () => checkLogin(tools, session.project),
    user: async () => (await keys.current()).user,
    roles: async () => (await keys.current()).roles,
    async endpoint(service) {
      const { catalog } = await keys.current();
      if (catalog === null)
        throw malformed('POST /auth/tokens', 'the token has no catalog', 'MISSING_CATALOG');
      const region = credentials.region_name ?? null;
      const url = findEndpoint(catalog, { ...service, region, interface: credentials.interface });
      http.admit(url);
      return url;
    },
    authorized,
    async forProject(id) {
      if ((await keys.current()).project.id === id) return session;
      if (isApplicationCredential(credentials)) throw boundToProject(id);
      const other = others.get(id) ?? sessionIn(tools, () => logInto(tools, id));
      others.set(id, other);
      return other;
    },
    ownProjects: () => list('/auth/projects'),
    allProjects: () => list('/projects'),
  };
  return session;
}

/** The login of one project, kept while it lasts. */
interface Keyring {
  current(): Promise<Granted>;
  /** Replaces a token that has died, unless somebody else has done so already. */
  replace(dead: Granted): Promise<Granted>;
  /** Tokens that were accepted at least once. */
  readonly proven: WeakSet<Granted>;
}

function keyring({ clock, conceal, log }: KeystoneTools, login: () => Promise<Granted>): Keyring {
  let held: Granted | null = null;
  let asking: Promise<Granted> | null = null;
  const ask = () => {
    asking ??= login().then(
      (granted) => {
        asking = null;
        held = granted;
        conceal(granted.token);
        log.debug('Logged in at Keystone', { project: granted.project.id, roles: granted.roles });
        return granted;
      },
      (error: unknown) => {
        // A refusal stays: who asks next is told the same without another login.
        if (!(error instanceof SyncError) || error.retryable) asking = null;
        throw error;
      },
    );
    return asking;
  };
  return {
    proven: new WeakSet(),
    async current() {
      if (asking === null && held !== null && clock.wire() < held.renewAt) return held;
      return ask();
    },
    async replace(dead) {
      if (held !== dead && held !== null && asking === null) return held;
      if (asking === null) log.info('The Keystone token has died; logging in again');
      return ask();
    },
  };
}

async function withToken<Result>(
  keys: Keyring,
  send: (header: TokenHeader) => Promise<Result>,
): Promise<Result> {
  const granted = await keys.current();
  try {
    return await sendProving(keys, granted, send);
  } catch (error) {
    if (!(error instanceof InvalidCredentials)) throw error;
    if (!keys.proven.has(granted)) throw refusedFresh(error);
  }
  const next = await keys.replace(granted);
  try {
    return await sendProving(keys, next, send);
  } catch (error) {
    throw error instanceof InvalidCredentials ? refusedFresh(error) : error;
  }
}

async function sendProving<Result>(
  keys: Keyring,
  granted: Granted,
  send: (header: TokenHeader) => Promise<Result>,
): Promise<Result> {
  try {
    const result = await send({ 'X-Auth-Token': granted.token.reveal() });
    keys.proven.add(granted);
    return result;
  } catch (error) {
    if (error instanceof InsufficientPermission) keys.proven.add(granted); // known, only not allowed
    throw error;
  }
}

/** The user is known: its first login worked. What is refused is the project. */
async function logInto(tools: KeystoneTools, id: string): Promise<Granted> {
  try {
    return await logIn(tools, id);
  } catch (error) {
    if (!(error instanceof InvalidCredentials)) throw error;
    throw new InsufficientPermission(`Keystone refuses a login to the project ${id}`, {
      code: 'PROJECT_REFUSED',
      hint: 'Give the user a role on the project; a disabled or deleted one is refused in the same way.',
      cause: error,
    });
  }
}

/** A cause that the sender knows itself stands. */
function refusedFresh(error: InvalidCredentials): InvalidCredentials {
  if (error.code !== 'INVALID_CREDENTIALS') return error;
  return new InvalidCredentials(`${error.message}; the token was just given out by Keystone`, {
    code: 'FRESH_TOKEN_REFUSED',
    hint: 'Ask the operator whether the service trusts this Keystone: a broken service account looks the same.',
    cause: error,
  });
}

function boundToProject(id: string): InvalidConfig {
  return new InvalidConfig(`An application credential cannot log in to the project ${id}`, {
    code: 'APPLICATION_CREDENTIAL_BOUND',
    hint: 'Use one application credential for each project, or a user with a password.',
  });
}
