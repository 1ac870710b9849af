import { DAY, type Millis, SECOND } from '../../lib/time.ts';
import { randomFor, uuidOf } from '../seeded.ts';
import { bornIn } from './existing.ts';
import type { Machine } from './machine.ts';
import { GIB, type Named, type Tenant, type World } from './world.ts';

export interface Host extends Named {
  readonly zone: Named;
  readonly cpunumber: number;
  /** MHz. */
  readonly cpuspeed: number;
  readonly memoryBytes: number;
  readonly diskBytes: number;
  readonly resourcestate: 'Enabled' | 'Maintenance';
}

export interface SystemVm extends Named {
  readonly zone: Named;
  readonly type: 'consoleproxy' | 'secondarystoragevm';
}

export interface Alert extends Named {
  readonly type: number;
  readonly description: string;
  readonly sent: Millis;
}

export interface CloudEvent {
  readonly id: string;
  readonly type: 'VM.CREATE' | 'VM.START' | 'VM.STOP' | 'VM.DESTROY';
  readonly level: 'INFO' | 'WARN' | 'ERROR';
  readonly description: string;
  readonly owner: Tenant;
  readonly vm: Machine;
  readonly created: Millis;
}

/** Two in each zone; the last one of all is being maintained. */
export function hostsOf({ seed, zones }: World): Host[] {
  const hosts = zones.flatMap((zone) => ['h1', 'h2'].map((name) => ({ zone, name: `${zone.name}-${name}` })));
  return hosts.map(({ zone, name }, index) => ({
    id: uuidOf(seed, 'host', name),
    name,
    zone,
    cpunumber: 32,
    cpuspeed: 2400,
    memoryBytes: 256 * GIB,
    diskBytes: 2048 * GIB,
    resourcestate: index === hosts.length - 1 ? 'Maintenance' : 'Enabled',
  }));
}

/** A console proxy and a secondary storage machine in each zone. */
export function systemVmsOf({ seed, zones }: World): SystemVm[] {
  return zones.flatMap((zone, index) => [
    { id: uuidOf(seed, 'systemvm', 'v', zone.id), name: `v-${2 * index + 1}-VM`, zone, type: 'consoleproxy' },
    {
      id: uuidOf(seed, 'systemvm', 's', zone.id),
      name: `s-${2 * index + 2}-VM`,
      zone,
      type: 'secondarystoragevm',
    },
  ]);
}

/** Up to three a day, about hosts and about storage; the latest first. */
export function alertsUntil(world: World, now: Millis): Alert[] {
  const days = Math.floor((now - world.since) / DAY) + 1;
  const alerts = Array.from({ length: Math.max(days, 0) }, (_, day) => alertsOf(world, day)).flat();
  return alerts.filter(({ sent }) => sent <= now).sort((a, b) => b.sent - a.sent || (a.id < b.id ? -1 : 1));
}

function alertsOf(world: World, day: number): Alert[] {
  const chance = randomFor(world.seed, 'alerts', day);
  return Array.from({ length: chance.int(0, 3) }, (_, index) => {
    const host = chance.pick(hostsOf(world));
    const down = chance.chance(0.5);
    return {
      id: uuidOf(world.seed, 'alert', day, index),
      type: down ? 7 : 2,
      name: down ? 'ALERT.COMPUTE.HOST' : 'ALERT.STORAGE',
      description: down
        ? `Host is down, name: ${host.name} (id:${host.id})`
        : `System Alert: Low Available Storage in zone ${host.zone.name}`,
      sent: world.since + day * DAY + chance.int(0, DAY / SECOND - 1) * SECOND,
    };
  });
}

/** What happened to machines, as usage has it; the latest first. Now and then a start fails before it succeeds. */
export function eventsUntil(world: World, now: Millis): CloudEvent[] {
  const machines = Array.from({ length: world.vms }, (_, slot) => bornIn(world, slot, now)).flat();
  return machines
    .flatMap((vm) => eventsOf(world, vm))
    .filter(({ created }) => created <= now)
    .sort((a, b) => b.created - a.created || (a.id < b.id ? -1 : 1));
}

function eventsOf(world: World, vm: Machine): CloudEvent[] {
  const event = (type: CloudEvent['type'], created: Millis, level: CloudEvent['level'] = 'INFO') => ({
    id: uuidOf(world.seed, 'event', vm.id, type, created, level),
    type,
    level,
    description: `${level === 'INFO' ? 'Successfully completed' : 'Error while'} ${verbs[type]} Vm. Vm Id: ${vm.id}`,
    owner: vm.owner,
    vm,
    created,
  });
  const runs = vm.running.flatMap(({ start, end }) => {
    const failed = randomFor(world.seed, 'failed start', vm.id, start).chance(0.1);
    return [
      ...(failed ? [event('VM.START', start, 'ERROR')] : []),
      event('VM.START', start),
      ...(end < vm.life.end ? [event('VM.STOP', end)] : []),
    ];
  });
  return [event('VM.CREATE', vm.life.start), ...runs, event('VM.DESTROY', vm.life.end)];
}

const verbs = {
  'VM.CREATE': 'creating',
  'VM.START': 'starting',
  'VM.STOP': 'stopping',
  'VM.DESTROY': 'destroying',
} as const;
