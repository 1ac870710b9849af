import type { Millis } from '../../lib/time.ts';
import { uuidOf } from '../seeded.ts';
import type { Cloud } from './cloud.ts';
import type { Command, Commands } from './commands.ts';
import { formatServerDate, parseQueryDate } from './dates.ts';
import { type Existing, existingAt } from './existing.ts';
import { alertsUntil, eventsUntil, hostsOf, systemVmsOf } from './infrastructure.ts';
import {
  addressRow,
  balancerRow,
  capacityRows,
  machineRow,
  networkRow,
  ownerRow,
  routerRow,
  volumeRow,
  type WireRow,
} from './inventory-rows.ts';
import { mayList, shownOwners } from './inventory-scope.ts';
import type { Role } from './options.ts';
import { listing, pageRequest } from './paging.ts';
import type { Parameters } from './signature.ts';
import type { Row } from './usage-job.ts';
import type { Tenant } from './world.ts';

const everyone: readonly Role[] = ['root-admin', 'domain-admin', 'user'];
const administrators: readonly Role[] = ['root-admin', 'domain-admin'];
const rootAdmin: readonly Role[] = ['root-admin'];

type RowsOf = (cloud: Cloud, parameters: Parameters) => readonly WireRow[];

/** The listings of what exists, by the same history as usage (sheet 6.2). */
export const inventoryCommands: Commands = {
  listAccounts: list('account', everyone, (cloud, asked) =>
    tenants(cloud, asked)
      .filter(({ project }) => !project)
      .map((tenant) => ({ id: tenant.id, name: tenant.name, state: 'enabled', ...domainRow(tenant) })),
  ),
  listAlerts: list('alert', rootAdmin, alertRows),
  listDiskOfferings: list('diskoffering', everyone, diskOfferingRows),
  listDomains: list('domain', administrators, domainRows),
  listEvents: list('event', everyone, eventRows),
  listHosts: list('host', rootAdmin, hostRows),
  listLoadBalancerRules: owned('loadbalancerrule', everyone, ({ balancers }) => balancers, balancerRow),
  listNetworks: list('network', everyone, networkRows),
  listProjects: list('project', everyone, (cloud) =>
    cloud.world.tenants
      .filter((tenant) => tenant.project && mayList(cloud.caller, tenant))
      .map((tenant) => ({ id: tenant.id, name: tenant.name, state: 'Active', ...domainRow(tenant) })),
  ),
  listPublicIpAddresses: owned('publicipaddress', everyone, ({ addresses }) => addresses, addressRow),
  listRouters: owned('router', administrators, ({ routers }) => routers, routerRow),
  listServiceOfferings: list('serviceoffering', everyone, serviceOfferingRows),
  listSystemVms: list('systemvm', rootAdmin, systemVmRows),
  listVirtualMachines: owned('virtualmachine', everyone, seenMachines, machineRow),
  listVolumes: owned('volume', everyone, ({ volumes }) => volumes, volumeRow),
  listZones: list('zone', everyone, zoneRows),
};

/** A listing with its pages, whole or as the faults have it. */
function list(key: string, roles: readonly Role[], rowsOf: RowsOf): Command {
  return {
    roles,
    run(cloud, parameters) {
      const { faults, pager, settings } = cloud;
      const request = pageRequest(parameters, settings.maxPageSize);
      const { page: _, signature, expires, ...query } = parameters;
      // The pager cuts and counts; what the rows are of is nothing to it.
      const all = rowsOf(cloud, parameters) as unknown as readonly Row[];
      const { rows, count } = pager.cut(faults, JSON.stringify(query), all, request);
      return listing(key, count, faults.has('missing-array') && request.page === 1 ? [] : rows);
    },
  };
}

/** A listing of what accounts and projects own. */
function owned<Thing extends { readonly owner: Tenant }>(
  key: string,
  roles: readonly Role[],
  things: (existing: Existing, cloud: Cloud) => readonly Thing[],
  row: (cloud: Cloud, thing: Thing) => WireRow,
): Command {
  return list(key, roles, (cloud, parameters) => {
    const isShown = shownOwners(parameters, cloud.caller, cloud.world);
    return things(existing(cloud), cloud)
      .filter(({ owner }) => isShown(owner))
      .map((thing) => row(cloud, thing));
  });
}

/** What exists at this second; a walk over many pages looks once. */
function existing({ world, settings }: Cloud): Existing {
  const now = settings.planNow();
  const known = found.get(world);
  if (known?.now === now) return known.existing;
  const fresh = existingAt(world, now);
  found.set(world, { now, existing: fresh });
  return fresh;
}

const found = new WeakMap<object, { readonly now: Millis; readonly existing: Existing }>();

/** Users are not shown what they destroyed (`allow.user.view.destroyed.vm`). */
function seenMachines({ machines }: Existing, { caller }: Cloud) {
  return machines.filter(({ state }) => state !== 'Destroyed' || caller.role !== 'user');
}

/** Shared networks are in everybody's list, but in none of projects. */
function networkRows(cloud: Cloud, parameters: Parameters): WireRow[] {
  const isShown = shownOwners(parameters, cloud.caller, cloud.world);
  return existing(cloud)
    .networks.filter(({ shared, owner }) => (shared ? parameters.projectid === undefined : isShown(owner)))
    .map((network) => networkRow(cloud, network));
}

function hostRows({ world, settings }: Cloud): WireRow[] {
  return hostsOf(world).map((host) => ({
    id: host.id,
    name: host.name,
    type: 'Routing',
    state: 'Up',
    resourcestate: host.resourcestate,
    hypervisor: 'KVM',
    version: '4.20.1.0',
    cpunumber: host.cpunumber,
    cpuspeed: host.cpuspeed,
    cpuallocated: '10%',
    memorytotal: host.memoryBytes,
    memorywithoverprovisioning: String(host.memoryBytes),
    disksizetotal: host.diskBytes,
    clusterid: uuidOf(settings.seed, 'cluster', host.zone.id),
    clustername: `${host.zone.name}-c1`,
    zoneid: host.zone.id,
    zonename: host.zone.name,
    created: formatServerDate(world.since),
  }));
}

function zoneRows(cloud: Cloud, { showcapacities }: Parameters): WireRow[] {
  return cloud.world.zones.map((zone) => ({
    id: zone.id,
    name: zone.name,
    networktype: 'Advanced',
    type: 'Core',
    allocationstate: 'Enabled',
    securitygroupsenabled: false,
    localstorageenabled: false,
    tags: [],
    ...(showcapacities === 'true' ? { capacity: capacityRows(cloud, zone) } : {}),
  }));
}

function systemVmRows({ world }: Cloud): WireRow[] {
  return systemVmsOf(world).map(({ id, name, type, zone }) => ({
    id,
    name,
    systemvmtype: type,
    state: 'Running',
    ...(world.newer ? { agentstate: 'Up' } : {}),
    zoneid: zone.id,
    zonename: zone.name,
    created: formatServerDate(world.since),
  }));
}

function serviceOfferingRows({ world }: Cloud): WireRow[] {
  return world.serviceOfferings.map((offering) => ({
    ...offering,
    displaytext: offering.name,
    iscustomized: false,
    issystem: false,
    storagetype: 'shared',
    state: 'Active',
    created: formatServerDate(world.since),
  }));
}

function diskOfferingRows({ world }: Cloud): WireRow[] {
  return world.diskOfferings.map(({ id, name }, index) => ({
    id,
    name,
    displaytext: name,
    disksize: 5 * 10 ** index,
    iscustomized: false,
    storagetype: 'shared',
    state: 'Active',
    created: formatServerDate(world.since),
  }));
}

function alertRows({ world, settings }: Cloud): WireRow[] {
  return alertsUntil(world, settings.planNow()).map((alert) => ({
    ...alert,
    sent: formatServerDate(alert.sent),
  }));
}

/** Both dates are included (sheet 2.3). */
function eventRows(cloud: Cloud, parameters: Parameters): WireRow[] {
  const { world, caller, calendar, settings } = cloud;
  const isShown = shownOwners(parameters, caller, world);
  const edge = (name: 'startdate' | 'enddate', side: 'start' | 'end', open: Millis) => {
    const text = parameters[name];
    return text === undefined ? open : parseQueryDate(text, side, calendar, settings.dateFormat);
  };
  const from = edge('startdate', 'start', Number.NEGATIVE_INFINITY);
  const to = edge('enddate', 'end', Number.POSITIVE_INFINITY);
  return eventsUntil(world, settings.planNow())
    .filter(({ owner, created }) => isShown(owner) && from <= created && created <= to)
    .map(({ id, type, level, description, owner, vm, created }) => ({
      id,
      username: owner.name,
      type,
      level,
      description,
      ...ownerRow(cloud, owner),
      created: formatServerDate(created),
      state: 'Completed',
      resourceid: vm.id,
      resourcetype: 'VirtualMachine',
      resourcename: vm.name,
      archived: false,
    }));
}

function tenants({ world, caller }: Cloud, parameters: Parameters): Tenant[] {
  return world.tenants.filter(shownOwners(parameters, caller, world));
}

function domainRows({ world, caller }: Cloud): WireRow[] {
  const ids = new Set(
    world.tenants.filter((tenant) => mayList(caller, tenant)).map(({ domain }) => domain.id),
  );
  return world.domains
    .filter(({ id }) => ids.has(id))
    .map(({ id, name, path }) => ({ id, name, path, level: path.split('/').length - 2, state: 'Active' }));
}

function domainRow({ domain }: Tenant): WireRow {
  return { domainid: domain.id, domain: domain.name };
}
