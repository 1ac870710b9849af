import { keyOf, uuidOf } from '../seeded.ts';
import type { Settings } from './options.ts';

export type RoleName = 'admin' | 'member' | 'reader';

export interface Domain {
  readonly id: string;
  readonly name: string;
}

export interface Project {
  readonly id: string;
  readonly name: string;
  readonly domain: Domain;
  enabled: boolean;
}

/** Where a role is held, and what a token is for. */
export type Scope =
  | { readonly kind: 'project'; readonly project: Project }
  | { readonly kind: 'domain'; readonly domain: Domain }
  | { readonly kind: 'system' }
  | { readonly kind: 'unscoped' };

export interface Grant {
  readonly role: RoleName;
  readonly scope: Scope;
}

export interface User {
  readonly id: string;
  readonly name: string;
  readonly domain: Domain;
  password: string;
  enabled: boolean;
  /** A password alone is not enough. */
  readonly secondFactor: boolean;
  readonly defaultProject: Project | null;
  grants: readonly Grant[];
}

export interface ApplicationCredential {
  readonly id: string;
  readonly name: string;
  readonly secret: string;
  readonly user: User;
  readonly project: Project;
  readonly role: RoleName;
  readonly expired: boolean;
}

/** Who and what there is; a function of seed and options. */
export interface World {
  readonly domains: readonly Domain[];
  readonly projects: readonly Project[];
  readonly users: readonly User[];
  readonly roleIds: Readonly<Record<RoleName, string>>;
  applicationCredentials: readonly ApplicationCredential[];
}

export function worldOf({ seed, projects: open }: Settings): World {
  const id = (...parts: readonly string[]) => uuidOf(seed, ...parts).replaceAll('-', '');
  const standard: Domain = { id: 'default', name: 'Default' };
  const customers: Domain = { id: id('domain', 'Customers'), name: 'Customers' };
  const project = (name: string, domain = standard, enabled = true): Project => ({
    id: id('project', domain.name, name),
    name,
    domain,
    enabled,
  });
  const named = open.map((one) => ({
    ...project(one.name, standard, one.enabled ?? true),
    ...(one.id === undefined ? {} : { id: one.id }),
  }));
  const [first = project('acme')] = named;
  const closed = project('closed', standard, false);
  const secluded = project('secluded');
  const foreign = project(first.name, customers);
  const user = (name: string, grants: readonly Grant[], more: Partial<User> = {}): User => ({
    id: id('user', name),
    name,
    domain: standard,
    password: `${keyOf(seed, 'password', name).slice(0, 20)}`,
    enabled: true,
    secondFactor: false,
    defaultProject: null,
    grants,
    ...more,
  });
  const on = (role: RoleName, ...projects: readonly Project[]): Grant[] =>
    projects.map((one) => ({ role, scope: { kind: 'project', project: one } }));
  const all = [...named, closed, secluded];
  const member = user('member', on('member', ...named.slice(0, 2)));
  const users = [
    user('admin', [...on('admin', ...all, foreign), { role: 'admin', scope: { kind: 'system' } }]),
    user('reader', on('reader', ...named, closed)),
    member,
    user('système', on('reader', first), { password: `pâss wörd ${keyOf(seed, 'password').slice(0, 9)}` }),
    user('customer', on('reader', foreign), { domain: customers }),
    user('domain-reader', [{ role: 'reader', scope: { kind: 'domain', domain: standard } }]),
    user('system-reader', [{ role: 'reader', scope: { kind: 'system' } }]),
    user('default-project', on('reader', first), { defaultProject: first }),
    user('roleless', []),
    user('disabled', on('reader', first), { enabled: false }),
    user('second-factor', on('reader', first), { secondFactor: true }),
  ];
  const credential = (name: string, expired: boolean): ApplicationCredential => ({
    id: id('application-credential', name),
    name,
    secret: keyOf(seed, 'application-credential', name),
    user: member,
    project: first,
    role: 'member',
    expired,
  });
  return {
    domains: [standard, customers],
    projects: [...all, foreign],
    users,
    roleIds: { admin: id('role', 'admin'), member: id('role', 'member'), reader: id('role', 'reader') },
    applicationCredentials: [credential('sync', false), credential('expired', true)],
  };
}

/** The roles that are held in a scope, those that a role implies included. */
export function rolesIn(grants: readonly Grant[], scope: Scope): RoleName[] {
  const order: readonly RoleName[] = ['admin', 'member', 'reader'];
  const held = grants.filter((grant) => isSameScope(grant.scope, scope)).map(({ role }) => role);
  const highest = order.find((role) => held.includes(role));
  return highest === undefined ? [] : order.slice(order.indexOf(highest));
}

function isSameScope(a: Scope, b: Scope): boolean {
  if (a.kind === 'project' && b.kind === 'project') return a.project.id === b.project.id;
  if (a.kind === 'domain' && b.kind === 'domain') return a.domain.id === b.domain.id;
  return a.kind === 'system' && b.kind === 'system';
}
