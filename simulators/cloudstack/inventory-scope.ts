import { foreign, refusedParameter } from './refusal.ts';
import type { Parameters } from './signature.ts';
import type { Caller } from './usage-query.ts';
import { type Domain, isWithin, type Tenant, type World } from './world.ts';

/**
 * Whose things a list shows (sheet 6.1): without `listall` only the caller's own, and never a project's unless
 * `projectid` says so: -1 is all projects that the caller may see, and nothing else. `account` without
 * `domainid` is ignored.
 * @throws Refusal 431, 531
 */
export function shownOwners(
  parameters: Parameters,
  caller: Caller,
  world: World,
): (owner: Tenant) => boolean {
  const { account, projectid } = parameters;
  const domain = domainOf(parameters, caller, world);
  const recursive = parameters.isrecursive === 'true';
  const inDomain = ({ domain: own }: Tenant) =>
    domain === null || (recursive ? isWithin(own, domain) : own.id === domain.id);
  if (projectid === '-1') return (owner) => owner.project && inDomain(owner) && mayList(caller, owner);
  if (projectid !== undefined) return onlyProject(projectid, caller, world);
  const isNamed = (owner: Tenant) => domain === null || account === undefined || owner.name === account;
  const own = parameters.listall !== 'true' && domain === null;
  return (owner) =>
    !owner.project &&
    inDomain(owner) &&
    isNamed(owner) &&
    (own ? owner.id === caller.account.id : mayList(caller, owner));
}

/** What a role may list: everything, its domain and those below, or its own and the projects of its domain. */
export function mayList({ role, account }: Caller, owner: Tenant): boolean {
  if (role === 'root-admin') return true;
  if (role === 'domain-admin') return isWithin(owner.domain, account.domain);
  return owner.id === account.id || (owner.project && owner.domain.id === account.domain.id);
}

function onlyProject(id: string, caller: Caller, world: World): (owner: Tenant) => boolean {
  const project = world.tenants.find((tenant) => tenant.id === id && tenant.project);
  if (project === undefined) throw refusedParameter(`Unable to find project by id ${id}`);
  if (!mayList(caller, project))
    throw foreign(`Account ${caller.account.name} can't access project id=${id}`);
  return (owner) => owner.id === project.id;
}

function domainOf({ domainid }: Parameters, { role, account }: Caller, world: World): Domain | null {
  if (domainid === undefined) return null;
  const domain = world.domains.find(({ id }) => id === domainid);
  if (domain === undefined) throw refusedParameter(`Domain id=${domainid} doesn't exist`);
  if (role !== 'root-admin' && !isWithin(domain, account.domain)) {
    throw foreign(`Account ${account.name} does not have permission to operate with domain id=${domainid}`);
  }
  return domain;
}
