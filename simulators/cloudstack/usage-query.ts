import type { Millis } from '../../lib/time.ts';
import type { Calendar } from './calendar.ts';
import { parseQueryDate } from './dates.ts';
import type { Settings } from './options.ts';
import { foreign, refusedParameter } from './refusal.ts';
import type { Parameters } from './signature.ts';
import type { Row } from './usage-job.ts';
import { type Domain, isWithin, type Tenant, type World } from './world.ts';

export interface Caller {
  readonly role: Settings['role'];
  readonly account: Tenant;
}

export interface UsageQuery {
  /** Both ends included, for a row's start and for its last second. */
  readonly from: Millis;
  readonly to: Millis;
  matches(row: Row): boolean;
}

/** Reads the parameters of listUsageRecords (sheet 2.1, 2.3). @throws Refusal 431, 531 */
export function usageQuery(
  parameters: Parameters,
  caller: Caller,
  world: World,
  calendar: Calendar,
  format: Settings['dateFormat'],
): UsageQuery {
  const from = parseQueryDate(required(parameters, 'startdate'), 'start', calendar, format);
  const to = parseQueryDate(required(parameters, 'enddate'), 'end', calendar, format);
  if (from > to) {
    throw refusedParameter(
      `Incorrect Date Range. Start date: ${parameters.startdate} is after end date:${parameters.enddate}`,
    );
  }
  const isOfType = typeFilter(parameters);
  const isOwned = ownerFilter(parameters, caller, world);
  return { from, to, matches: (row) => isOfType(row) && isOwned(row.use.owner) };
}

/** Types by whose records cannot be found by a resource's uuid: an empty list, no error (sheet 2.1). */
const withoutUsageId = new Set([26, 27, 29, 30, 31]);

function typeFilter({ type, usageid }: Parameters): (row: Row) => boolean {
  if (type === undefined) {
    if (usageid !== undefined) throw refusedParameter('Usageid must be specified together with usageType');
    return () => true;
  }
  if (!/^-?\d{1,18}$/.test(type)) throw badValue('type', type);
  const id = Number(type);
  if (usageid === undefined) return ({ use }) => use.type === id;
  if (withoutUsageId.has(id)) return () => false;
  return ({ use }) => use.type === id && usageIdOf(id, use.fields) === usageid;
}

/** Which uuid `usageid` means: for 25 and 28 the machine's, for 13 the network offering's. */
function usageIdOf(type: number, fields: Row['use']['fields']) {
  if (type === 25 || type === 28) return fields.virtualmachineid;
  return type === 13 ? fields.offeringid : fields.usageid;
}

/** Whose rows the caller gets. `account` without `domainid` is ignored, silently, as the real server does. */
function ownerFilter(parameters: Parameters, caller: Caller, world: World): (owner: Tenant) => boolean {
  const { accountid, projectid, account, domainid } = parameters;
  if (accountid !== undefined && projectid !== undefined) {
    throw refusedParameter('Cannot specify both projectid and accountid');
  }
  if (projectid !== undefined) return only(ownerById(projectid, 'projectid', true, world), caller);
  if (accountid !== undefined) return only(ownerById(accountid, 'accountid', false, world), caller);
  const domain = domainid === undefined ? null : domainById(domainid, caller, world);
  if (domain && account !== undefined) return only(accountIn(domain, account, world), caller);
  return scope(domain, parameters.isrecursive === 'true', caller);
}

function scope(
  domain: Domain | null,
  recursive: boolean,
  { role, account }: Caller,
): (owner: Tenant) => boolean {
  if (role === 'user' && recursive)
    throw foreign('Only domain admins and root admins may list usage recursively');
  if (domain) return (owner) => (recursive ? isWithin(owner.domain, domain) : owner.domain.id === domain.id);
  if (role === 'root-admin') return () => true;
  return recursive ? (owner) => isWithin(owner.domain, account.domain) : (owner) => owner.id === account.id;
}

function only(wanted: Tenant, caller: Caller): (owner: Tenant) => boolean {
  const allowed =
    caller.role === 'root-admin' ||
    wanted.id === caller.account.id ||
    (caller.role === 'domain-admin' && isWithin(wanted.domain, caller.account.domain));
  if (!allowed)
    throw foreign(`Acct[${caller.account.name}] does not have permission to operate within ${wanted.name}`);
  return (owner) => owner.id === wanted.id;
}

function ownerById(id: string, name: string, project: boolean, world: World): Tenant {
  const owner = world.tenants.find((tenant) => tenant.id === id && tenant.project === project);
  if (owner === undefined) throw badValue(name, id);
  return owner;
}

function domainById(id: string, { role, account }: Caller, world: World): Domain {
  const domain = world.domains.find((candidate) => candidate.id === id);
  if (domain === undefined) throw badValue('domainid', id);
  if (role !== 'root-admin' && !isWithin(domain, account.domain)) {
    throw foreign(`Acct[${account.name}] does not have permission to operate within domain id=${id}`);
  }
  return domain;
}

function accountIn(domain: Domain, name: string, world: World): Tenant {
  const owner = world.tenants.find(
    (tenant) => tenant.name === name && !tenant.project && tenant.domain.id === domain.id,
  );
  if (owner === undefined) throw refusedParameter(`Unable to find account ${name} in domain ${domain.id}`);
  return owner;
}

function required(parameters: Parameters, name: string): string {
  const value = parameters[name];
  if (value) return value;
  throw refusedParameter(`Unable to execute API command listusagerecords due to missing parameter ${name}`);
}

function badValue(name: string, value: string): Error {
  return refusedParameter(
    `Unable to execute API command listusagerecords due to invalid value. Invalid parameter ${name} value=${value} due to incorrect long value format, or entity does not exist or due to incorrect parameter annotation for the field in api cmd class.`,
  );
}
