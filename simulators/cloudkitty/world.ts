import Big from 'big.js';
import { HOUR, type Millis } from '../../lib/time.ts';
import { randomFor, uuidOf } from '../seeded.ts';

/** One thing that a project used in one hour. */
export interface Use {
  readonly type: string;
  readonly id: string;
  readonly unit: string;
  readonly quantity: Big;
  readonly metadata: Readonly<Record<string, string>>;
  /** What is priced: a key of {@link prices}. */
  readonly rule: Rule;
}

/** What one unit costs for one hour. */
export const prices = {
  'm1.small': '0.05',
  'm1.large': '0.2137',
  'm1.large for gamma': '0.3',
  volume: '0.0001',
  ssd: '0.00015',
  network: '0.00012',
  ip: '0.004',
  image: '0',
} as const;

export type Rule = keyof typeof prices;

/** What the operator's metrics.yml says (sheet 4.1): raw name → what it is called here. */
export const metrics = {
  ceilometer_cpu: ['compute', 'instance', ['display_name', 'flavor_name', 'vcpus']],
  ceilometer_volume_size: ['volume.size', 'GiB', ['volume_type', 'display_name']],
  ceilometer_network_outgoing_bytes: ['network.outgoing.bytes', 'MB', ['instance_id']],
  ceilometer_image_size: ['image.size', 'MiB', ['disk_format']],
  ceilometer_ip_floating: ['ip.floating', 'ip', ['state']],
} as const satisfies Record<string, readonly [string, string, readonly string[]]>;

/**
 * What a project used in the hour that begins then: a pure function of seed and hour. Servers that stay, one of
 * them resized every midnight, one there for some hours of the day; their traffic under the same ids, some hours
 * zero; volumes of which one grows; an image that costs nothing; an address.
 */
export function usesIn(seed: number, project: string, hour: Millis, servers: number): Use[] {
  const day = Math.floor(hour / (24 * HOUR));
  const clock = (hour / HOUR) % 24;
  const id = (name: string) => uuidOf(seed, project, name);
  const chance = randomFor(seed, project, 'opens');
  const opens = chance.int(0, 5);
  const closes = opens + chance.int(7, 12);
  const running: { name: string; flavor: 'm1.small' | 'm1.large' }[] = [
    { name: 'büro-01 "north"', flavor: day % 2 === 0 ? 'm1.small' : 'm1.large' },
    ...Array.from({ length: servers - 1 }, (_, at) => ({
      name: `web-${at + 2}`,
      flavor: 'm1.small' as const,
    })),
  ];
  if (clock >= opens && clock < closes) running.push({ name: 'batch', flavor: 'm1.large' });
  return [
    ...running.map(
      ({ name, flavor }): Use => ({
        type: 'compute',
        id: id(name),
        unit: 'instance',
        quantity: new Big(1),
        metadata: { display_name: name, flavor_name: flavor, vcpus: flavor === 'm1.small' ? '1' : '4' },
        rule: flavor === 'm1.large' && project === 'gamma' ? 'm1.large for gamma' : flavor,
      }),
    ),
    ...running.map(
      ({ name }): Use => ({
        type: 'network.outgoing.bytes',
        id: id(name),
        unit: 'MB',
        quantity: sent(seed, project, name, hour),
        metadata: { instance_id: id(name) },
        rule: 'network',
      }),
    ),
    volume(id('data'), 'data', 'ssd', 20 + 10 * (day % 5)),
    volume(id('archive'), 'archive', 'hdd', 200),
    {
      type: 'image.size',
      id: id('image'),
      unit: 'MiB',
      quantity: new Big(2252),
      metadata: { disk_format: 'qcow2' },
      rule: 'image',
    },
    {
      type: 'ip.floating',
      id: id('ip'),
      unit: 'ip',
      quantity: new Big(1),
      metadata: { state: 'ACTIVE' },
      rule: 'ip',
    },
  ];
}

function sent(seed: number, project: string, name: string, hour: Millis): Big {
  const chance = randomFor(seed, project, name, hour);
  return chance.chance(0.125) ? new Big(0) : new Big(chance.int(1, 499_999)).div(1000);
}

function volume(id: string, name: string, kind: 'ssd' | 'hdd', size: number): Use {
  return {
    type: 'volume.size',
    id,
    unit: 'GiB',
    quantity: new Big(size),
    metadata: { volume_type: kind, display_name: name },
    rule: kind === 'ssd' ? 'ssd' : 'volume',
  };
}
