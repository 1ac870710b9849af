import { InsufficientPermission, InvalidConfig, InvalidCredentials } from '../../lib/errors.ts';
import { type KeystoneSession, keystoneSession } from '../../lib/keystone.ts';
import type { Context } from '../../lib/provider.ts';
import { REFUSED_TOKEN } from './answer.ts';
import type { AlmanachConfig } from './types.ts';

/** What is sent as `X-Auth-Token`. */
export type Token =
  | { readonly kind: 'private' | 'keystone'; readonly value: string }
  | { readonly kind: 'none' };

/** Where the server is, what opens it, and whose usage to read. */
export interface Access {
  /** The account's own, else the catalog's. */
  url(): Promise<URL>;
  /** Does something with a token that is good, as far as anybody can know before. */
  withToken<Result>(work: (token: Token) => Promise<Result>): Promise<Result>;
  /**
   * Almanach cannot list projects (sheet 2.5): those that the account names, else those that Keystone does, and
   * those that it did before: Almanach keeps the rows of projects that Keystone has deleted.
   */
  projects(known: readonly string[]): Promise<readonly string[]>;
}

/** Makes no request. */
export function accessOf(context: Context<AlmanachConfig>): Access {
  const { config } = context;
  const { auth_url, project_ids, token, url } = config;
  const session = auth_url ? keystoneSession({ ...context, credentials: { ...config, auth_url } }) : null;
  let place: Promise<URL> | undefined;
  return {
    url() {
      place ??= url ? Promise.resolve(url) : placeOf(config, needed(session));
      return place;
    },
    // As with the Python client, Keystone is then only asked for the place (sheet 3.1).
    withToken: (work) =>
      token ? work({ kind: 'private', value: token.reveal() }) : withKeystone(needed(session), work),
    async projects(known) {
      if (project_ids) return [...new Set(project_ids)];
      // Its list of projects is that of its owner, and it may enter one of them only.
      if (config.application_credential_id) return [(await needed(session).project()).id];
      return [...new Set([...(await projectsOf(needed(session))), ...known])].sort();
    },
  };
}

/** Nobody agrees on the service's type (sheet 2.4): the client's own, the server's plugins', then the name. */
function placeOf({ service_type }: AlmanachConfig, session: KeystoneSession): Promise<URL> {
  if (service_type) return session.endpoint({ types: [service_type] });
  return session.endpoint({ types: ['cloudmetrics', 'usage'], name: 'almanach' });
}

/** Almanach's own words for a refused token say more than the session's. */
async function withKeystone<Result>(
  session: KeystoneSession,
  work: (token: Token) => Promise<Result>,
): Promise<Result> {
  try {
    return await session.authorized((header) => work({ kind: 'keystone', value: header['X-Auth-Token'] }));
  } catch (error) {
    const { cause } = error instanceof InvalidCredentials ? error : { cause: null };
    throw cause instanceof InvalidCredentials && cause.code === REFUSED_TOKEN ? cause : error;
  }
}

/** Disabled ones too: Almanach keeps their rows (sheet 2.5). */
async function projectsOf(session: KeystoneSession): Promise<readonly string[]> {
  const ids = (await session.ownProjects()).map(({ id }) => id);
  if (ids.length > 0) return ids;
  throw new InsufficientPermission('Keystone names no project of this user', {
    code: 'NO_PROJECTS',
    hint: "Name the projects in the account's `project_ids`, or give the user a role on them.",
  });
}

/** The schema refuses an account that has neither. */
function needed(session: KeystoneSession | null): KeystoneSession {
  if (session !== null) return session;
  throw new InvalidConfig('credentials: expected url, token and project_ids, or a login at Keystone');
}
