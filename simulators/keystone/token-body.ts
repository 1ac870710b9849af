import type { Millis } from '../../lib/time.ts';
import type { Service } from './catalog.ts';
import type { Token } from './tokens.ts';
import type { Domain, Project, World } from './world.ts';

/** `2026-11-21T03:24:26.000000Z`: Keystone writes six digits, always zero (sheet 2.1). */
export function formatMicros(at: Millis): string {
  return new Date(at).toISOString().replace(/\.\d+Z$/, '.000000Z');
}

/** The body of a login and of a validation. @param catalog null leaves it out */
export function tokenBody(token: Token, world: World, catalog: readonly Service[] | null): unknown {
  const { user, scope, applicationCredential: credential } = token;
  const roles = token.roles.map((name) => ({ id: world.roleIds[name], name }));
  return {
    token: {
      methods: token.methods,
      user: { domain: user.domain, id: user.id, name: user.name, password_expires_at: null },
      audit_ids: token.auditIds,
      expires_at: formatMicros(token.expiresAt),
      issued_at: formatMicros(token.issuedAt),
      ...(scope.kind === 'project' ? { project: short(scope.project), is_domain: false } : {}),
      ...(scope.kind === 'domain' ? { domain: scope.domain } : {}),
      ...(scope.kind === 'unscoped' ? {} : { roles }),
      ...(scope.kind === 'system' ? { system: { all: true } } : {}),
      ...(scope.kind === 'unscoped' || catalog === null ? {} : { catalog }),
      ...(credential
        ? { application_credential: { id: credential.id, name: credential.name, restricted: true } }
        : {}),
    },
  };
}

function short({ id, name, domain }: Project): { domain: Domain; id: string; name: string } {
  return { domain, id, name };
}

/** A row of the listings of projects. */
export function projectBody({ id, name, domain, enabled }: Project, origin: string): unknown {
  return {
    id,
    name,
    domain_id: domain.id,
    description: '',
    enabled,
    parent_id: domain.id,
    is_domain: false,
    tags: [],
    options: {},
    links: { self: `${origin}/v3/projects/${id}` },
  };
}

/** A listing: always whole (sheet 2.5). @param path with its query */
export function listing(name: string, rows: readonly unknown[], origin: string, path: string): unknown {
  return { [name]: rows, links: { next: null, self: `${origin}${path}`, previous: null } };
}
