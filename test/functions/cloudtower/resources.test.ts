import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { resourcesStream } from '../../../functions/cloudtower/inventory.ts';
import { statusStream } from '../../../functions/cloudtower/status.ts';
import { verifyAccess } from '../../../functions/cloudtower/verify.ts';
import { historyOf } from '../../../simulators/cloudtower/history.ts';
import { settingsOf } from '../../../simulators/cloudtower/options.ts';
import { worldOf } from '../../../simulators/cloudtower/world.ts';
import { NOW, type Script, scripted, signal, simulated } from './connected.ts';

const fixture = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../fixtures/cloudtower/${name}.json`, import.meta.url), 'utf8'));
const listings = [
  'get-datacenters',
  'get-clusters',
  'get-hosts',
  'get-vms',
  'get-vm-volumes',
  'get-vm-disks',
  'get-vm-nics',
  'get-vlans',
  'get-vdses',
  'get-disks',
  'get-alerts',
];
const synthetic = (): Record<string, Script> =>
  Object.fromEntries(listings.map((name) => [name, () => ({ body: fixture(name) })]));
const request = { locations: {}, partition: 'all', now: NOW, signal };
const collect = async (answers: Record<string, Script>, locations = {}) => {
  const { client } = await scripted(answers);
  return resourcesStream.collect(client, { ...request, locations });
};

describe('the inventory of the synthetic fleet', () => {
  it('has every thing once', async () => {
    const { items, notes, unseen } = await collect(synthetic());
    const count = (type: string) => items.filter((item) => item.type === type).length;
    expect([notes, unseen]).toEqual([[], []]);
    // Seven machines but the one that is being made, and five hosts.
    expect([count('server'), count('volume'), count('network'), count('compute_pool')]).toEqual([
      6 + 5,
      9,
      2,
      4,
    ]);
    expect(new Set(items.map(({ id, type }) => `${type} ${id}`)).size).toBe(items.length);
  });

  it('tells a machine whole', async () => {
    const { items } = await collect(synthetic(), { 'DC-East': { city: { name: 'Berlin' } } });
    const web = items.find(({ id }) => id === '00000000-0000-4000-8000-000000000301');
    expect(web).toMatchObject({
      type: 'server',
      base: {
        name: 'web-01',
        provider_created_at: '2026-01-15T08:00:00Z',
        locations: [{ city: { name: 'Berlin' } }],
      },
      connections: {
        volume: [1, 2, 9].map((n) => ({ id: `00000000-0000-4000-8000-00000000040${n}` })),
        network: [{ id: expect.stringMatching(/_00000000-0000-4000-8000-000000000601$/) }],
        server: [{ id: '00000000-0000-4000-8000-000000000201' }],
        compute_pool: [{ id: '00000000-0000-4000-8000-000000000101' }],
      },
      metadata: {
        provider_specific: {
          folder: 'tenant-a',
          cluster: 'elf-prod',
          host: 'elf-prod-n1',
          organization: 'Example Org',
          datacenter: 'DC-East',
          in_recycle_bin: false,
          is_system: false,
          'label.cost-center': 'CC-1001',
          'label.env': '',
        },
      },
      details: {
        server: {
          cpu_cores: 8,
          ram_b: 17_179_869_184,
          state: 'running',
          is_virtual: true,
          image_detail: { type: 'Linux', distribution: 'CentOS', version: '7' },
          ip_addresses: [{ ip_address: '10.0.0.11' }, { ip_address: '10.0.0.12' }],
        },
      },
    });
  });

  it('marks the recycle bin and the system, and keeps what is stale or detached', async () => {
    const { items } = await collect(synthetic());
    const find = (id: string) => items.find((item) => item.id === `00000000-0000-4000-8000-000000000${id}`);
    expect(find('304')).toMatchObject({
      base: { name: 'old-app' },
      metadata: { provider_specific: { in_recycle_bin: true } },
    });
    expect(find('305')).toMatchObject({
      metadata: { provider_specific: { is_system: true, vm_usage: 'CLOUDTOWER' } },
    });
    expect(find('307')).toMatchObject({
      details: { server: { state: 'unknown', provider_state: 'UNKNOWN' } },
    });
    expect(find('408')).toMatchObject({ connections: {}, base: { name: 'detached-vol' } });
    expect(find('409')).toMatchObject({
      connections: {
        server: [{ id: expect.stringContaining('301') }, { id: expect.stringContaining('302') }],
      },
      metadata: { provider_specific: { shared: true } },
    });
    expect(find('201')).toMatchObject({
      details: { server: { is_virtual: false, cpu_cores: 32, state: 'running' } },
    });
  });

  it('goes on without what may not be listed, and says so', async () => {
    const { 'get-vm-volumes': _, 'get-vlans': __, ...rest } = synthetic();
    const { items, notes, unseen } = await collect(rest);
    expect(unseen).toEqual(['volume', 'network']);
    expect(notes).toHaveLength(2);
    expect(items.find(({ type }) => type === 'server')?.details).toMatchObject({
      server: { volumes_b: null },
    });
  });

  it('finds labels by their ids where rows show no more', async () => {
    const old = fixture('get-vms').map((vm: { labels: { id: string }[] }) => ({
      ...vm,
      labels: vm.labels.map(({ id }) => ({ id })),
    }));
    const labels = [{ id: 'cmsynlab00000000000000013', key: 'cost-center', value: 'CC-1001' }];
    const { items } = await collect({
      ...synthetic(),
      'get-vms': () => ({ body: old }),
      'get-labels': () => ({ body: labels }),
    });
    expect(items[0]).toMatchObject({ metadata: { provider_specific: { 'label.cost-center': 'CC-1001' } } });
  });
});

it('the inventory of a simulated tower is what is there, though ids of links and cards change', async () => {
  const options = { seed: 4, vms: 20 };
  const { client } = await simulated(options);
  const { items } = await resourcesStream.collect(client, request);
  const history = historyOf(worldOf(settingsOf(options)));
  const moment = { start: NOW, end: NOW + 1 };
  const ids = (type: string) =>
    items.flatMap((item) => {
      const details = item.details as { server?: { is_virtual: boolean } };
      return item.type === type && details.server?.is_virtual !== false ? [item.id] : [];
    });
  expect(ids('server').sort()).toEqual(
    history
      .machinesIn(moment)
      .map(({ local_id }) => local_id)
      .sort(),
  );
  expect(ids('volume').sort()).toEqual(
    history
      .volumesIn(moment)
      .map(({ local_id }) => local_id)
      .sort(),
  );
});

describe('the status', () => {
  it('of the synthetic fleet: clusters, disks that are not well, alerts that go on', async () => {
    const { client } = await scripted(synthetic());
    const { items, notes } = await statusStream.collect(client, request);
    expect(notes).toEqual([]);
    expect(items.map(({ level, reason }) => [level, reason])).toEqual([
      [0, 'Cluster elf-prod: CONNECTED'],
      [0, 'Cluster zbs-block: CONNECTED'],
      [2, 'Cluster elf-remote: DISCONNECTED, LOAD_CLUSTER_FAILED'],
      [0, 'Cluster vmware-legacy: CONNECTED'],
      [2, 'Disk sdd of elf-prod-n2: SUBHEALTHY'],
      [2, 'elf-prod: Disk health is degraded.'],
    ]);
    expect(items.at(-1)?.time).toBe('2026-11-20T10:00:00Z');
  });

  it('of a tower whose disks and alerts may not be seen says so', async () => {
    const { client } = await scripted({ 'get-clusters': synthetic()['get-clusters'] as Script });
    const { items, notes } = await statusStream.collect(client, request);
    expect([items.length, notes.length]).toEqual([4, 2]);
  });
});

describe('credentials', () => {
  it('that may see everything leave nothing to say', async () => {
    expect(await verifyAccess((await simulated()).client)).toEqual({ notes: [] });
  });

  it('that may not read the audit are good, and it is said what that costs', async () => {
    const { notes } = await verifyAccess((await simulated({ faults: ['no-audit'] })).client);
    expect(notes).toEqual([expect.stringMatching(/get-user-audit-logs.*exact moments/)]);
  });

  it('that may see nothing are not enough', async () => {
    await expect(verifyAccess((await simulated({ faults: ['no-permission'] })).client)).rejects.toMatchObject(
      {
        name: 'InsufficientPermission',
        message: expect.stringContaining('get-clusters, get-vms'),
      },
    );
  });
});
