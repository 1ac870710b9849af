import type { Interval, Millis } from '../../lib/time.ts';
import { type Existing, existingAt } from './existing.ts';
import {
  type Alert,
  alertsUntil,
  type CloudEvent,
  eventsUntil,
  type Host,
  hostsOf,
} from './infrastructure.ts';
import { mayList } from './inventory-scope.ts';
import { type CloudStackOptions, settingsOf } from './options.ts';
import { callerOf, type Tenant, type World, worldOf } from './world.ts';

/** What a role may know of a cloud at a moment. */
export interface TrueInventory extends Existing {
  readonly world: World;
  /** For root administrators. */
  readonly hosts: readonly Host[];
  readonly alerts: readonly Alert[];
}

type Source = CloudStackOptions | { readonly options: CloudStackOptions };

/**
 * What exists at a moment and the role may see, accounts' and projects' alike. Made from the history; neither
 * the answers nor the faults nor the clock have a part in it.
 */
export function inventoryOracle(source: Source, now: Millis): TrueInventory {
  const { world, role, isSeen } = viewOf(source);
  const all = existingAt(world, now);
  const isRoot = role === 'root-admin';
  return {
    world,
    machines: all.machines.filter((vm) => isSeen(vm) && (role !== 'user' || vm.state !== 'Destroyed')),
    volumes: all.volumes.filter(isSeen),
    networks: all.networks.filter((network) => network.shared || isSeen(network)),
    routers: role === 'user' ? [] : all.routers.filter(isSeen),
    balancers: all.balancers.filter(isSeen),
    addresses: all.addresses.filter(isSeen),
    hosts: isRoot ? hostsOf(world) : [],
    alerts: isRoot ? alertsUntil(world, now) : [],
  };
}

/** What happened in a half-open interval and the role may see, by time and id. */
export function eventOracle(source: Source, { start, end }: Interval): CloudEvent[] {
  const { world, isSeen } = viewOf(source);
  return eventsUntil(world, end)
    .filter((event) => isSeen(event) && start <= event.created && event.created < end)
    .sort((a, b) => a.created - b.created || (a.id < b.id ? -1 : 1));
}

function viewOf(source: Source) {
  const settings = settingsOf('options' in source ? source.options : source);
  const { role } = settings;
  const world = worldOf(settings);
  const caller = { role, account: callerOf(world, role) };
  return { world, role, isSeen: ({ owner }: { readonly owner: Tenant }) => mayList(caller, owner) };
}
