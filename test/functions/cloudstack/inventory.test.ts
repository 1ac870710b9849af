import { describe, expect, it } from 'vitest';
import type { CloudStackClient } from '../../../functions/cloudstack/client.ts';
import { resourcesStream } from '../../../functions/cloudstack/inventory.ts';
import type { Resource } from '../../../lib/models/resource.ts';
import { inventoryOracle, type TrueInventory } from '../../../simulators/cloudstack/inventory-oracle.ts';
import type { CloudStackOptions } from '../../../simulators/cloudstack/options.ts';
import { NOW, page, scripted, signal, simulated } from './connected.ts';

const collect = (client: CloudStackClient, locations = {}) =>
  resourcesStream.collect(client, { locations, partition: 'all', now: NOW, signal });

/** Type and id of all that the truth holds, as an inventory names it. */
function trueKeys(truth: TrueInventory): string[] {
  const { machines, volumes, networks, routers, balancers, hosts, world } = truth;
  const pools = hosts.length > 0 ? hosts : world.zones;
  const offerings = [...world.serviceOfferings, ...world.diskOfferings];
  const keys = (type: string, things: readonly { readonly id: string }[]) =>
    things.map(({ id }) => `${type}/${id}`);
  return [
    ...keys('server', machines),
    ...keys('volume', volumes),
    ...keys('network', networks),
    ...keys('appliance', [...routers, ...balancers]),
    ...keys('compute_pool', pools),
    ...keys('service_offering', offerings),
  ].sort();
}

const keysOf = (items: readonly Resource[]) => items.map(({ type, id }) => `${type}/${id}`).sort();

describe('the inventory is what exists', () => {
  it.each<[string, CloudStackOptions]>([
    ['for a root administrator', { seed: 1, vms: 20 }],
    ['for a domain administrator', { seed: 2, vms: 20, role: 'domain-admin' }],
    ['for a user', { seed: 3, vms: 20, role: 'user' }],
    ['of a former release', { seed: 4, vms: 20, dateFormat: 'quoted' }],
    ['in pages of seven', { seed: 5, vms: 20, maxPageSize: 7 }],
    ['in listings that move', { seed: 6, vms: 20, maxPageSize: 7, faults: ['page-drift'] }],
    ['of a server that fails now and then', { seed: 7, vms: 6, faults: ['5xx'] }],
    ['of nothing yet', { seed: 8, since: NOW }],
  ])('%s', async (_, options) => {
    const { client } = await simulated(options);
    const truth = inventoryOracle(options, NOW);
    const { items } = await collect(client);
    expect(keysOf(items)).toEqual(trueKeys(truth));
    const stateOf = new Map(truth.machines.map(({ id, state }) => [id, state as string]));
    const sizeOf = new Map(truth.volumes.map(({ id, bytes }) => [id, bytes]));
    for (const { type, id, details } of items) {
      if (type === 'server') expect(details?.server).toMatchObject({ provider_state: stateOf.get(id) });
      if (type === 'volume') expect(details?.volume).toMatchObject({ size_b: sizeOf.get(id) });
    }
  });

  it('with disks and networks that are listed too', async () => {
    const options = { seed: 9, vms: 20 };
    const { client } = await simulated(options);
    const { items } = await collect(client);
    const known = new Set(keysOf(items));
    const named = items.flatMap(({ connections }) =>
      Object.entries(connections).flatMap(([type, ends]) =>
        ends.map((end) => `${type}/${(end as { id: string }).id}`),
      ),
    );
    expect(named.filter((key) => !known.has(key))).toEqual([]);
    const { machines, volumes } = inventoryOracle(options, NOW);
    for (const machine of machines) {
      const server = items.find(({ type, id }) => type === 'server' && id === machine.id);
      const disks = volumes.filter((disk) => disk.machine?.id === machine.id);
      expect(server?.details?.server).toMatchObject({
        cpu_cores: machine.offering.cpunumber,
        ram_b: machine.offering.memory * 1024 ** 2,
        volumes_b: disks.reduce((sum, { bytes }) => sum + bytes, 0),
      });
    }
  });

  it('narrowed to a domain and those below it', async () => {
    const options = { seed: 10, vms: 20 };
    const { world, machines } = inventoryOracle(options, NOW);
    const acme = world.domains.find(({ name }) => name === 'acme');
    const { client } = await simulated(options, { domain_id: acme?.id });
    const { items } = await collect(client);
    const expected = machines.filter(({ owner }) => owner.domain.path.startsWith('/acme/'));
    expect(expected.length).toBeLessThan(machines.length);
    expect(keysOf(items.filter(({ type }) => type === 'server'))).toEqual(
      expected.map(({ id }) => `server/${id}`).sort(),
    );
  });
});

describe('what is not allowed', () => {
  it('is noted, by command and by what is missing', async () => {
    const { client } = await simulated({ role: 'user', vms: 2 });
    const { notes } = await collect(client);
    expect(notes).toEqual([
      "Routers are missing: listRouters: The given command 'listRouters' either does not exist, is not available for user. (401)",
      "Hosts are missing, zones stand for them where they tell their capacity: listHosts: The given command 'listHosts' either does not exist, is not available for user. (401)",
    ]);
  });

  it('leaves the size of disks unknown, not zero', async () => {
    const { client } = await scripted({ listVirtualMachines: [{ id: 'v1' }] });
    const { items, notes } = await collect(client);
    expect(items.map(({ details }) => details)).toEqual([
      { server: expect.objectContaining({ volumes_b: null, state: 'unknown' }) },
    ]);
    expect(notes.map((note) => note.split(':')[0])).toEqual([
      'Volumes and the disk sizes of servers are missing',
      'Networks are missing',
      'Routers are missing',
      'Load balancers are missing',
      'Hosts are missing, zones stand for them where they tell their capacity',
      'Compute pools are missing',
      'Service offerings are missing',
      'Disk offerings are missing',
    ]);
  });

  it('is an error when it is the machines', async () => {
    const { client } = await scripted({ listVolumes: [], listNetworks: [] });
    await expect(collect(client)).rejects.toMatchObject({
      name: 'InsufficientPermission',
      code: 'COMMAND_NOT_AVAILABLE',
      message: expect.stringContaining('listVirtualMachines'),
    });
  });

  it('is no other failure', async () => {
    const refused = { errorcode: 431, errortext: 'Unable to execute' };
    const { client } = await scripted({ listVirtualMachines: [], listVolumes: () => refused });
    await expect(collect(client)).rejects.toMatchObject({ name: 'InvalidConfig' });
  });
});

describe('what is asked', () => {
  it('is everything of accounts, then of projects, without statistics', async () => {
    const { client, calls } = await scripted({ listVirtualMachines: [] }, { domain_id: 'd1' });
    await collect(client);
    const scope = { listall: 'true', domainid: 'd1', isrecursive: 'true', page: '1', pagesize: '500' };
    const details = 'min,nics,tmpl,iso,servoff,diskoff,group';
    expect(calls.slice(0, 2)).toEqual([
      { command: 'listVirtualMachines', details, ...scope },
      { command: 'listVirtualMachines', details, ...scope, projectid: '-1' },
    ]);
    expect(calls.map(({ command }) => command)).not.toContain('listApis');
    expect(calls.filter(({ account }) => account !== undefined)).toEqual([]);
  });

  it('counts once what both passes give', async () => {
    const { client } = await scripted({ listVirtualMachines: [{ id: 'v1' }, { id: 'v2' }] });
    const { items } = await collect(client);
    expect(keysOf(items)).toEqual(['server/v1', 'server/v2']);
  });
});

describe('half an inventory is none', () => {
  it.each([
    ['lying-count', 'InconsistentListing', 'COUNT_NOT_REACHED'],
    ['repeat-page', 'InconsistentListing', 'REPEATED_PAGE'],
    ['missing-array', 'MalformedResponse', 'MISSING_ARRAY'],
    ['restless-listing', 'InconsistentListing', 'LISTING_MOVED'],
  ])('%s', async (fault, name, code) => {
    const { client } = await simulated({ seed: 11, vms: 20, maxPageSize: 4, faults: [fault] });
    await expect(collect(client)).rejects.toMatchObject({ name, code });
  });

  it('when an id comes twice in as many rows as there should be', async () => {
    const { client, calls } = await scripted({
      listVirtualMachines: () => page([{ id: 'v1' }, { id: 'v1', name: 'again' }]),
    });
    await expect(collect(client)).rejects.toMatchObject({
      name: 'InconsistentListing',
      code: 'REPEATED_ROWS',
    });
    expect(calls).toHaveLength(2);
  });

  it('unless it is whole when it is read again', async () => {
    let walks = 0;
    const { client } = await scripted({
      listVirtualMachines: () => {
        walks += 1;
        return page(walks === 1 ? [{ id: 'v1' }, { id: 'v1' }] : [{ id: 'v1' }, { id: 'v2' }]);
      },
    });
    expect(keysOf((await collect(client)).items)).toEqual(['server/v1', 'server/v2']);
  });

  it.each([
    [{}, 'listVirtualMachines: row 2: id: must be a text with a value'],
    [null, 'listVirtualMachines: row 2: id: must be a text with a value'],
    [{ id: 7 }, 'listVirtualMachines: row 2: id: must be a text with a value'],
    [{ id: 'v2', memory: '512' }, 'listVirtualMachines "v2".memory: expected number, received string'],
    [{ id: 'v2', created: 'soon' }, 'server "v2": provider_created_at: "soon" is not an RFC 3339 time'],
  ])('when a row is %j', async (row, message) => {
    const { client } = await scripted({ listVirtualMachines: [{ id: 'v1' }, row] });
    await expect(collect(client)).rejects.toMatchObject({
      name: 'MalformedResponse',
      message: expect.stringContaining(message),
    });
  });
});
