import { expected } from './refusal.ts';
import type { Domain, Scope, User, World } from './world.ts';

export type Json = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

/** The user that a login names, by id or by name and domain; null when there is none. @throws Refusal 400 */
export function userOf({ users, domains }: World, who: Json): User | null {
  if (textOf(who.id) !== null) return users.find(({ id }) => id === who.id) ?? null;
  if (textOf(who.name) === null) throw expected('id or name', 'user');
  if (!isObject(who.domain)) throw expected('domain', 'user');
  const domain = domainOf(domains, who.domain);
  return users.find((user) => user.domain === domain && isSameName(user.name, who.name)) ?? null;
}

/**
 * The scope that a login asks for: null when it asks for none, `unknown` for one that is not there.
 * @throws Refusal 400
 */
export function scopeOf({ projects, domains }: World, asked: unknown): Scope | 'unknown' | null {
  if (asked === undefined) return null;
  if (asked === 'unscoped') return { kind: 'unscoped' };
  const kinds = isObject(asked) ? Object.keys(asked) : [];
  if (!isObject(asked) || kinds.length !== 1) {
    throw expected('system, project, domain, OS-TRUST:trust or unscoped', 'scope');
  }
  if (asked.unscoped) return { kind: 'unscoped' };
  if (asked.system) return { kind: 'system' };
  if (isObject(asked.domain)) {
    const domain = domainOf(domains, asked.domain);
    return domain === null ? 'unknown' : { kind: 'domain', domain };
  }
  const wanted = asked.project;
  if (!isObject(wanted)) throw expected('project', 'scope');
  if (textOf(wanted.id) === null && !isObject(wanted.domain)) throw expected('domain', 'project');
  const domain = isObject(wanted.domain) ? domainOf(domains, wanted.domain) : null;
  const project = projects.find((one) =>
    textOf(wanted.id) === null
      ? one.domain === domain && isSameName(one.name, wanted.name)
      : one.id === wanted.id,
  );
  return project === undefined ? 'unknown' : { kind: 'project', project };
}

function domainOf(domains: readonly Domain[], wanted: Json): Domain | null {
  const found = domains.find(({ id, name }) =>
    textOf(wanted.id) === null ? isSameName(name, wanted.name) : id === wanted.id,
  );
  return found ?? null;
}

/** As MariaDB compares: without regard to case (sheet 2.1). */
function isSameName(name: string, wanted: unknown): boolean {
  return name.toLowerCase() === textOf(wanted)?.toLowerCase();
}
