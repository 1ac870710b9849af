import { uuidOf } from '../seeded.ts';
import type { Cloud } from './cloud.ts';
import { inventoryCommands } from './inventory-commands.ts';
import type { Role } from './options.ts';
import { listing, pageOf, pageRequest } from './paging.ts';
import { refusedParameter } from './refusal.ts';
import type { Parameters } from './signature.ts';
import { type Body, listUsageRecords, listUsageServerMetrics, listUsageTypes } from './usage-commands.ts';

export interface Command {
  readonly roles: readonly Role[];
  /** @throws Refusal */
  run(cloud: Cloud, parameters: Parameters): Body | { readonly json: string };
}

export type Commands = Readonly<Record<string, Command>>;

const everyone: readonly Role[] = ['root-admin', 'domain-admin', 'user'];
const administrators: readonly Role[] = ['root-admin', 'domain-admin'];
const rootAdmin: readonly Role[] = ['root-admin'];

/** The commands that this server knows, and who may call them by default. @param limit answers getApiLimit */
export function commands(limit: () => Body): Commands {
  const all: Commands = {
    ...inventoryCommands,
    getApiLimit: { roles: everyone, run: limit },
    getUser: { roles: everyone, run: getUser },
    listApis: { roles: everyone, run: (cloud) => listApis(cloud, all) },
    listCapabilities: { roles: everyone, run: listCapabilities },
    listConfigurations: { roles: rootAdmin, run: listConfigurations },
    listUsageRecords: { roles: administrators, run: listUsageRecords() },
    listUsageServerMetrics: { roles: rootAdmin, run: listUsageServerMetrics },
    listUsageTypes: { roles: administrators, run: listUsageTypes },
    listUsers: { roles: everyone, run: listUsers },
  };
  return all;
}

/** Only what the role may call (sheet 6.1). */
function listApis(cloud: Cloud, all: Commands): Body {
  const names = Object.keys(all).filter((name) => isPermitted(cloud, name, all[name]));
  const rows = names.map((name) => ({ name, description: name, isasync: false, params: [], response: [] }));
  return listing('api', rows.length, rows);
}

/** What a role may call; the fault `no-permission` takes usage from it. */
export function isPermitted({ caller, faults }: Cloud, name: string, command: Command | undefined): boolean {
  if (name === 'listUsageRecords' && faults.has('no-permission')) return false;
  return command?.roles.includes(caller.role) ?? false;
}

function listCapabilities({ settings }: Cloud): Body {
  const { rateLimit } = settings;
  return {
    capability: {
      securitygroupsenabled: true,
      dynamicrolesenabled: true,
      cloudstackversion: versionOf(settings.dateFormat),
      defaultuipagesize: 20,
      ...(rateLimit ? { apilimitmax: rateLimit.max, apilimitinterval: rateLimit.intervalMs / 1000 } : {}),
    },
  };
}

/** The release that a format of dates belongs to. */
export function versionOf(dateFormat: 'quoted' | 'offset'): string {
  return dateFormat === 'quoted' ? '4.18.1.0' : '4.20.1.0';
}

function listConfigurations({ settings }: Cloud, parameters: Parameters): Body {
  const values: Readonly<Record<string, string>> = {
    'default.page.size': String(settings.maxPageSize),
    'enable.usage.server': 'true',
    'usage.aggregation.timezone': settings.zone,
    'usage.execution.timezone': settings.zone,
    'usage.stats.job.aggregation.range': String(settings.rangeMinutes),
    'usage.stats.job.exec.time': '00:15',
  };
  const rows = Object.entries(values)
    .filter(([name]) => parameters.name === undefined || parameters.name === name)
    .map(([name, value]) => ({
      category: name.startsWith('usage') ? 'Usage' : 'Advanced',
      name,
      value,
      isdynamic: false,
    }));
  return listing('configuration', rows.length, pageOf(rows, pageRequest(parameters, settings.maxPageSize)));
}

function getUser(cloud: Cloud, parameters: Parameters): Body {
  if (parameters.userapikey === undefined) {
    throw refusedParameter('Unable to execute API command getuser due to missing parameter userapikey');
  }
  return parameters.userapikey === cloud.apiKey ? { user: userOf(cloud) } : {};
}

function listUsers(cloud: Cloud, parameters: Parameters): Body {
  const rows = pageOf([userOf(cloud)], pageRequest(parameters, cloud.settings.maxPageSize));
  return listing('user', 1, rows);
}

const roleFields = {
  'root-admin': { accounttype: 1, roletype: 'Admin', rolename: 'Root Admin' },
  'domain-admin': { accounttype: 2, roletype: 'DomainAdmin', rolename: 'Domain Admin' },
  user: { accounttype: 0, roletype: 'User', rolename: 'User' },
} as const;

function userOf({ settings, caller: { role, account } }: Cloud) {
  return {
    id: uuidOf(settings.seed, 'user', account.id),
    username: account.name,
    firstname: account.name,
    lastname: 'example',
    created: '2025-12-01T08:00:00+0000',
    state: 'enabled',
    account: account.name,
    accountid: account.id,
    ...roleFields[role],
    roleid: uuidOf(settings.seed, 'role', role),
    domainid: account.domain.id,
    domain: account.domain.name,
    usersource: 'native',
    isdefault: role === 'root-admin',
  };
}
