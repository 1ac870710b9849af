import { DAY, HOUR, type Interval } from '../../lib/time.ts';
import { randomFor, uuidOf } from '../seeded.ts';
import { seconds } from './machine.ts';
import { counter, gauge, hours, humanSize, type Use } from './use.ts';
import { GIB, numberOf, type Tenant, type World } from './world.ts';

interface Estate {
  readonly world: World;
  readonly owner: Tenant;
  /** From the tenant's beginning on, without an end. */
  readonly life: Interval;
}

/** What a tenant holds for good: its network and router, images, a bucket, people on its VPN. */
export function tenantUses(world: World, owner: Tenant, index: number): Use[] {
  const start = world.since + seconds(randomFor(world.seed, 'tenant', owner.id), 0, 6 * HOUR);
  const estate = { world, owner, life: { start, end: Number.POSITIVE_INFINITY } };
  return [
    ...networkUses(estate, index % 3 === 0),
    ...imageUses(estate),
    ...(index % 2 === 0 ? [bucketUse(estate), vpnUse(estate)] : []),
  ];
}

/** Types 3, 4, 5 and 30; the traffic of a VPC carries the VPC instead of the network, and 31 is the VPC. */
function networkUses({ world, owner, life }: Estate, vpc: boolean): Use[] {
  const id = (kind: string) => uuidOf(world.seed, kind, owner.id);
  const number = numberOf(world.seed, 'network', owner.id);
  const use = { owner, zone: zoneOf(world), spans: [life] };
  const name = `${owner.name}-net`;
  const router = id('router');
  const fields = {
    usageid: router,
    type: 'DomainRouter',
    name,
    ...(vpc ? { vpcid: id('vpc') } : { networkid: id('network') }),
  };
  const bytes = (type: number, direction: string, rate: number) =>
    counter(
      {
        ...use,
        type,
        id: router,
        fields,
        description: (amount) =>
          `Bytes ${direction} by network ${name} (${id('network')})  ${humanSize(amount)} using router r-${number}-VM (${router})`,
      },
      'bytes',
      rate,
    );
  const plain = (type: number, key: string, description: string) =>
    hours({ ...use, type, id: key, fields: {}, description });
  return [
    hours({
      ...use,
      type: 3,
      id: id('sourcenat'),
      fields: { usageid: id('sourcenat'), issourcenat: true, issystem: false },
      description: `IPAddress: 198.51.100.${numberOf(world.seed, 'ip', owner.id) % 250}`,
    }),
    bytes(4, 'sent', 40_000),
    bytes(5, 'received', 95_000),
    plain(30, `network:${number}`, `Network usage for network ID: ${number}, network offering: 8`),
    ...(vpc ? [plain(31, `vpc:${number + 1}`, `VPC usage for VPC ID: ${number + 1}`)] : []),
  ];
}

/** Types 7, one row a zone, and 8. */
function imageUses({ world, owner, life }: Estate): Use[] {
  const [source] = world.templates;
  if (source === undefined) return [];
  const template = uuidOf(world.seed, 'own-template', owner.id);
  const iso = uuidOf(world.seed, 'iso', owner.id);
  const size = 2 * GIB + numberOf(owner.id) * 4096;
  const templates = world.zones.map((zone) =>
    hours({
      type: 7,
      id: template,
      owner,
      zone,
      spans: [life],
      fields: { usageid: template, templateid: source.id, size, virtualsize: source.size },
      description: `Template usage for ${owner.name}-golden (${template}) with size ${humanSize(size)} and virtual size ${humanSize(source.size)}`,
    }),
  );
  return [
    ...templates,
    hours({
      type: 8,
      id: iso,
      owner,
      zone: zoneOf(world),
      spans: [{ start: life.start + DAY, end: life.end }],
      fields: { usageid: iso, size: GIB, virtualsize: GIB },
      description: `ISO usage for ${owner.name}-install (${iso}) with size ${humanSize(GIB)} and virtual size ${humanSize(GIB)}`,
    }),
  ];
}

/** Type 29: the size when the job runs; its zone is always the first. */
function bucketUse({ world, owner, life }: Estate): Use {
  const id = uuidOf(world.seed, 'bucket', owner.id);
  const name = `${owner.name}-backups`;
  const use = {
    type: 29,
    id,
    owner,
    zone: zoneOf(world),
    spans: [life],
    fields: { usageid: id, name },
    description: `Bucket usage for ${name}`,
  };
  return gauge(use, (instant) => GIB + Math.floor((instant - life.start) / 1000) * 1234);
}

/** Type 14. */
function vpnUse({ world, owner, life }: Estate): Use {
  const id = uuidOf(world.seed, 'vpn', owner.id);
  return hours({
    type: 14,
    id,
    owner,
    zone: zoneOf(world),
    spans: [life],
    fields: { usageid: id },
    description: `VPN usage for user ${owner.name}-remote (${id})`,
  });
}

function zoneOf(world: World) {
  const [zone] = world.zones;
  if (zone === undefined) throw new Error('The simulated cloud has no zone');
  return zone;
}
