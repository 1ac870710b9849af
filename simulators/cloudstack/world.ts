import type { Millis } from '../../lib/time.ts';
import { seedOf, uuidOf } from '../seeded.ts';
import type { Role, Settings } from './options.ts';

export interface Domain {
  readonly id: string;
  readonly name: string;
  readonly path: string;
}

/** Who owns resources: an account, or a project, whose rows lack the account's fields (sheet 2.2). */
export interface Tenant {
  readonly id: string;
  readonly name: string;
  readonly project: boolean;
  readonly domain: Domain;
}

export interface Named {
  readonly id: string;
  readonly name: string;
}

export interface ServiceOffering extends Named {
  readonly cpunumber: number;
  readonly cpuspeed: number;
  readonly memory: number;
}

export interface Template extends Named {
  readonly size: number;
  readonly os: {
    readonly id: string;
    readonly name: string;
    readonly categoryId: string;
    readonly category: string;
  };
}

/** What stands still in a simulated cloud. */
export interface World {
  readonly seed: number;
  readonly since: Millis;
  readonly vms: number;
  readonly backupUnit: Settings['backupUnit'];
  /** Volumes name the machine that they are attached to only in newer releases (sheet 2.5). */
  readonly newer: boolean;
  readonly zones: readonly Named[];
  readonly domains: readonly Domain[];
  readonly tenants: readonly Tenant[];
  readonly serviceOfferings: readonly ServiceOffering[];
  readonly diskOfferings: readonly Named[];
  readonly networkOfferings: readonly Named[];
  readonly templates: readonly Template[];
  readonly backupOffering: Named;
}

export const GIB = 1024 ** 3;

export function worldOf({ seed, since, vms, backupUnit, dateFormat }: Settings): World {
  const domains = domainsOf(seed);
  return {
    seed,
    since,
    vms,
    backupUnit,
    newer: dateFormat === 'offset',
    zones: named(seed, 'zone', ['berlin-1', 'frankfurt-1']),
    domains,
    tenants: tenantsOf(seed, domains),
    serviceOfferings: serviceOfferingsOf(seed),
    diskOfferings: named(seed, 'diskoffering', ['Small', 'Fast SSD', 'Archive']),
    networkOfferings: named(seed, 'networkoffering', [
      'DefaultIsolatedNetworkOfferingWithSourceNatService',
      'DefaultSharedNetworkOffering',
    ]),
    templates: templatesOf(seed),
    backupOffering: { id: uuidOf(seed, 'backupoffering'), name: 'Gold' },
  };
}

/** The account whose keys the simulator gives out, by role. */
export function callerOf(world: World, role: Role): Tenant {
  const name = { 'root-admin': 'admin', 'domain-admin': 'acme-admin', user: 'ada' }[role];
  const caller = world.tenants.find((tenant) => tenant.name === name);
  if (caller === undefined) throw new Error(`The simulated cloud lacks the account ${name}`);
  return caller;
}

/** A domain and those below it. */
export function isWithin(domain: Domain, ancestor: Domain): boolean {
  return domain.path.startsWith(ancestor.path);
}

/** What a role may see at all. */
export function maySee(caller: Tenant, role: Role, tenant: Tenant): boolean {
  if (role === 'root-admin') return true;
  return role === 'domain-admin' && isWithin(tenant.domain, caller.domain);
}

/** The internal number of the database, which some texts show. */
export function numberOf(...parts: readonly (string | number)[]): number {
  return 100 + (seedOf(...parts) % 9_000);
}

function domainsOf(seed: number): Domain[] {
  const domain = (name: string, path: string) => ({ id: uuidOf(seed, 'domain', path), name, path });
  return [
    domain('ROOT', '/'),
    domain('acme', '/acme/'),
    domain('lab', '/acme/lab/'),
    domain('globex', '/globex/'),
  ];
}

function tenantsOf(seed: number, domains: readonly Domain[]): Tenant[] {
  const tenant = (name: string, path: string, project = false): Tenant[] =>
    domains
      .filter((domain) => domain.path === path)
      .map((domain) => ({ id: uuidOf(seed, 'tenant', name), name, project, domain }));
  return [
    ...tenant('acme-admin', '/acme/'),
    ...tenant('ada', '/acme/'),
    ...tenant('atlas', '/acme/', true),
    ...tenant('lab-1', '/acme/lab/'),
    ...tenant('gus', '/globex/'),
    ...tenant('admin', '/'),
  ];
}

function serviceOfferingsOf(seed: number): ServiceOffering[] {
  const offering = (name: string, cpunumber: number, cpuspeed: number, memory: number) => ({
    id: uuidOf(seed, 'serviceoffering', name),
    name,
    cpunumber,
    cpuspeed,
    memory,
  });
  return [
    offering('Small Instance', 1, 500, 512),
    offering('Medium Instance', 2, 1000, 2048),
    offering('Large Instance', 4, 2000, 8192),
    offering('Memory Instance', 8, 2400, 65_536),
  ];
}

function templatesOf(seed: number): Template[] {
  const template = (name: string, gib: number, osName: string, category: string) => ({
    id: uuidOf(seed, 'template', name),
    name,
    size: gib * GIB,
    os: {
      id: uuidOf(seed, 'os', osName),
      name: osName,
      categoryId: uuidOf(seed, 'oscategory', category),
      category,
    },
  });
  return [
    template('Ubuntu Noble', 8, 'Ubuntu 24.04 LTS', 'Ubuntu'),
    template('CentOS 5.5(64-bit) no GUI (KVM)', 8, 'CentOS 5.5 (64-bit)', 'CentOS'),
    template('Windows Server 2022', 40, 'Windows Server 2022 (64-bit)', 'Windows'),
  ];
}

function named(seed: number, kind: string, names: readonly string[]): Named[] {
  return names.map((name) => ({ id: uuidOf(seed, kind, name), name }));
}
