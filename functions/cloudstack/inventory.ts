import type * as z from 'zod';
import type { Resource } from '../../lib/models/resource.ts';
import type { Snapshot, SnapshotRequest, SnapshotStream } from '../../lib/provider.ts';
import type { CloudStackClient, Parameters } from './client.ts';
import { listById, listOwned, type Rows, readRows, whereAllowed } from './listings.ts';
import type { Places } from './resource-base.ts';
import {
  cloudStackBalancer,
  cloudStackHost,
  cloudStackMachine,
  cloudStackNetwork,
  cloudStackOffering,
  cloudStackRouter,
  cloudStackVolume,
  cloudStackZone,
} from './resource-types.ts';
import {
  balancerOf,
  hostPoolOf,
  networkOf,
  offeringOf,
  routerOf,
  serversOf,
  volumeOf,
  zonePoolsOf,
} from './resources.ts';

/** What exists in the account's cloud now (sheet 6). */
export const resourcesStream: SnapshotStream<CloudStackClient, Resource> = { collect: collectResources };

/** Everything but the statistics, which cost the server a question to every host (sheet 6.3). */
const machineDetails = 'min,nics,tmpl,iso,servoff,diskoff,group';

async function collectResources(
  client: CloudStackClient,
  { locations, signal }: SnapshotRequest,
): Promise<Snapshot<Resource>> {
  const notes: string[] = [];
  const unseen = new Set<string>();
  const asker: Asker = {
    locations,
    owned: (command, parameters = {}) => listOwned(client, command, parameters, signal),
    all: (command, parameters = {}) => listById(client, command, parameters, signal),
    // Found out by calling: a list of what the role may call costs a small account its whole limit (sheet 4.4).
    allowed: async (type, missing, listing) => {
      const rows = await whereAllowed(notes, missing, listing);
      if (rows === null) unseen.add(type);
      return rows;
    },
  };
  const items = [
    ...(await machinesAndVolumes(asker)),
    ...(await networksAndAppliances(asker)),
    ...(await pools(asker)),
    ...(await offerings(asker)),
  ];
  return { items, notes, unseen: [...unseen] };
}

interface Asker {
  readonly locations: Places;
  owned(command: string, parameters?: Parameters): Promise<Rows>;
  all(command: string, parameters?: Parameters): Promise<Rows>;
  /** @param type of the resources that are missed when the role may not list them. */
  allowed(type: string, missing: string, listing: Promise<Rows>): Promise<Rows | null>;
}

/** Without its machines there is no inventory: a role that may not list them is an error. */
async function machinesAndVolumes({ owned, allowed, locations }: Asker): Promise<Resource[]> {
  const machines = await owned('listVirtualMachines', { details: machineDetails });
  const disks = await allowed(
    'volume',
    'Volumes and the disk sizes of servers are missing',
    owned('listVolumes'),
  );
  const volumes = disks && readRows(cloudStackVolume, 'listVolumes', disks);
  return [
    ...serversOf(readRows(cloudStackMachine, 'listVirtualMachines', machines), volumes, locations),
    ...(volumes ?? []).map((disk) => volumeOf(disk, locations)),
  ];
}

async function networksAndAppliances({ owned, allowed, locations }: Asker): Promise<Resource[]> {
  const networks = await allowed('network', 'Networks are missing', owned('listNetworks'));
  const routers = await allowed('appliance', 'Routers are missing', owned('listRouters'));
  const rules = await allowed('appliance', 'Load balancers are missing', owned('listLoadBalancerRules'));
  return [
    ...read(cloudStackNetwork, 'listNetworks', networks).map((one) => networkOf(one, locations)),
    ...read(cloudStackRouter, 'listRouters', routers).map((one) => routerOf(one, locations)),
    ...read(cloudStackBalancer, 'listLoadBalancerRules', rules).map((one) => balancerOf(one, locations)),
  ];
}

/** Hosts are for root administrators; others are told a zone's capacity at most. */
async function pools({ all, allowed, locations }: Asker): Promise<Resource[]> {
  const hosts = await allowed(
    'compute_pool',
    'Hosts are missing, zones stand for them where they tell their capacity',
    all('listHosts', { type: 'Routing', details: 'capacity' }),
  );
  if (hosts) return readRows(cloudStackHost, 'listHosts', hosts).map((host) => hostPoolOf(host, locations));
  const zones = await allowed(
    'compute_pool',
    'Compute pools are missing',
    all('listZones', { showcapacities: 'true' }),
  );
  return read(cloudStackZone, 'listZones', zones).flatMap((zone) => zonePoolsOf(zone, locations));
}

/** Not narrowed to a domain: most offerings are everybody's, and belong to none. */
async function offerings({ all, allowed, locations }: Asker): Promise<Resource[]> {
  const listall = { listall: 'true' };
  const compute = await allowed(
    'service_offering',
    'Service offerings are missing',
    all('listServiceOfferings', listall),
  );
  const disk = await allowed(
    'service_offering',
    'Disk offerings are missing',
    all('listDiskOfferings', listall),
  );
  return [
    ...read(cloudStackOffering, 'listServiceOfferings', compute).map((one) =>
      offeringOf(one, 'compute', locations),
    ),
    ...read(cloudStackOffering, 'listDiskOfferings', disk).map((one) => offeringOf(one, 'disk', locations)),
  ];
}

/** Nothing of what may not be listed: a note says so. */
function read<Row>(schema: z.ZodType<Row>, command: string, rows: Rows | null): Row[] {
  return rows ? readRows(schema, command, rows) : [];
}
