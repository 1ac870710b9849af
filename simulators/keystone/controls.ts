import { callerOf, type Identity } from './asked.ts';
import type { EndpointOption } from './options.ts';
import { Refusal } from './refusal.ts';
import type { RoleName, User } from './world.ts';

/** Pastes into the `credentials` of an accounts file. */
export type KeystoneCredentials = Readonly<Record<string, string>>;

/** What a service learns of a token that it has validated. */
export interface Validated {
  readonly user: { readonly id: string; readonly name: string };
  /** Null for a token of another scope. */
  readonly project: { readonly id: string; readonly name: string; readonly enabled: boolean } | null;
  readonly roles: readonly RoleName[];
}

function userNamed({ world }: Identity, name: string): User {
  const found = world.users.find((user) => user.name === name);
  if (found === undefined) throw new Error(`There is no user ${name}`);
  return found;
}

/** Credentials of the people there are. */
export function credentialsFrom(identity: Identity, url: string) {
  const { world } = identity;
  const common = { auth_url: url, region_name: 'RegionOne' };
  const credentialsOf = (name: string, project = world.projects[0]?.name ?? ''): KeystoneCredentials => {
    const { password, domain } = userNamed(identity, name);
    return {
      ...common,
      username: name,
      password,
      user_domain_name: domain.name,
      project_name: project,
      project_domain_name: domain.name,
    };
  };
  return {
    credentials: credentialsOf('reader'),
    credentialsOf,
    userId: (name: string) => userNamed(identity, name).id,
    applicationCredential(name = 'sync'): KeystoneCredentials {
      const found = world.applicationCredentials.find((one) => one.name === name);
      if (found === undefined) throw new Error(`There is no application credential ${name}`);
      return {
        ...common,
        application_credential_id: found.id,
        application_credential_secret: found.secret,
      };
    },
  };
}

/** What tests and services beside this one do to it. */
export function controls(identity: Identity) {
  const { tokens, world, registered } = identity;
  return {
    register(endpoint: EndpointOption): void {
      registered.push(endpoint);
    },
    validate(id: string | undefined): Validated | null {
      try {
        const { user, scope, roles } = callerOf(identity, id);
        const project = scope.kind === 'project' ? scope.project : null;
        return { user: { id: user.id, name: user.name }, project, roles };
      } catch (error) {
        if (error instanceof Refusal) return null;
        throw error;
      }
    },
    expireTokens: () => tokens.expire(),
    expireTokensAfter: (uses: number, count = 1) => tokens.limitUses(uses, count),
    revokeTokens: () => tokens.revoke(() => true),
    setEnabled(name: string, enabled: boolean): void {
      const user = userNamed(identity, name);
      user.enabled = enabled;
      if (!enabled) tokens.revoke((token) => token.user === user);
    },
    setPassword(name: string, password: string): void {
      const user = userNamed(identity, name);
      user.password = password;
      tokens.revoke((token) => token.user === user);
    },
    setRoles(name: string, roles: readonly RoleName[]): void {
      const [project] = world.projects;
      const scope = project && ({ kind: 'project', project } as const);
      userNamed(identity, name).grants = scope ? roles.map((role) => ({ role, scope })) : [];
    },
    deleteApplicationCredential(name: string): void {
      world.applicationCredentials = world.applicationCredentials.filter((one) => one.name !== name);
    },
  };
}
