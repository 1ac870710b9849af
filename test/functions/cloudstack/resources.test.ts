import { describe, expect, it } from 'vitest';
import {
  cloudStackBalancer,
  cloudStackHost,
  cloudStackMachine,
  cloudStackNetwork,
  cloudStackOffering,
  cloudStackRouter,
  cloudStackVolume,
  cloudStackZone,
} from '../../../functions/cloudstack/resource-types.ts';
import {
  balancerOf,
  hostPoolOf,
  networkOf,
  offeringOf,
  routerOf,
  serversOf,
  volumeOf,
  zonePoolsOf,
} from '../../../functions/cloudstack/resources.ts';

/** From a server's own answer, shortened. */
const recorded = {
  account: 'admin',
  cpunumber: 1,
  cpuspeed: 100,
  cpuused: '10%',
  created: '2021-10-04T09:24:38+0530',
  details: { 'Message.ReservedCapacityFreed.Flag': 'false' },
  displayname: 'the dummy',
  domain: 'ROOT',
  domainid: 'e4874e10',
  guestosid: 'e53f7606',
  hostid: '8e8e68e7',
  hostname: 'SimulatedAgent.4234d24b',
  hypervisor: 'Simulator',
  id: '915653c4',
  instancename: 'i-2-683-QA',
  memory: 256,
  name: 'testDummyVM',
  nic: [
    {
      id: '47d79da1',
      ipaddress: '10.1.1.62',
      ip6address: 'fd00::62',
      isdefault: true,
      macaddress: '02:00:34:fb:00:01',
      networkid: '87503ba2',
      networkname: 'test',
      secondaryip: [{ id: 's1', ipaddress: '10.1.1.63' }],
      traffictype: 'Guest',
    },
    { id: '47d79da2', macaddress: '02:00:34:fb:00:02', isdefault: false, networkid: '87503ba2' },
  ],
  osdisplayname: 'CentOS 5.6 (64-bit)',
  password: 'never-shown',
  serviceofferingid: '498ce071',
  serviceofferingname: 'Very small instance',
  state: 'Running',
  tags: [{ key: 'cost center', value: 'R&D', resourcetype: 'UserVm' }],
  templateid: '50459b99',
  templatename: 'CentOS 5.6 (64-bit)',
  userdata: 'bmV2ZXItc2hvd24=',
  userid: '27f2484f',
  zoneid: '1d8d87d4',
  zonename: 'shouldwork',
};

const machine = (change: Record<string, unknown> = {}) => cloudStackMachine.parse({ ...recorded, ...change });
const disk = (change: Record<string, unknown> = {}) => cloudStackVolume.parse({ id: 'd1', ...change });
const serverOf = (change: Record<string, unknown>) => serversOf([machine(change)], [], {})[0];
const detailsOf = (change: Record<string, unknown>) => serverOf(change)?.details?.server;

describe('a server', () => {
  it('is a virtual machine with its disks', () => {
    const disks = [
      disk({ id: 'd1', size: 8_589_934_592, virtualmachineid: '915653c4' }),
      disk({ id: 'd2', size: 1024, virtualmachineid: '915653c4' }),
      disk({ id: 'd3', size: 4096, virtualmachineid: 'another' }),
      disk({ id: 'd4', size: 4096 }),
    ];
    const description = '02:00:34:fb:00:01, default';
    const network = { id: '87503ba2', name: 'test' };
    expect(serversOf([machine()], disks, {})).toEqual([
      {
        id: '915653c4',
        type: 'server',
        base: {
          name: 'the dummy',
          provider_created_at: '2021-10-04T03:54:38Z',
          regions: [{ id: '1d8d87d4' }],
        },
        connections: {
          volume: [{ id: 'd1' }, { id: 'd2' }],
          network: [{ id: '87503ba2' }],
          compute_pool: [{ id: '8e8e68e7' }],
        },
        metadata: {
          provider_specific: {
            instancename: 'i-2-683-QA',
            hypervisor: 'Simulator',
            serviceofferingid: '498ce071',
            templateid: '50459b99',
            guestosid: 'e53f7606',
            osdisplayname: 'CentOS 5.6 (64-bit)',
            hostid: '8e8e68e7',
            hostname: 'SimulatedAgent.4234d24b',
            userid: '27f2484f',
            account: 'admin',
            domain: 'ROOT',
            domainid: 'e4874e10',
            zoneid: '1d8d87d4',
            zonename: 'shouldwork',
            'tag.cost center': 'R&D',
          },
        },
        details: {
          server: {
            cpu_cores: 1,
            cpu_hz: 100_000_000,
            ram_b: 268_435_456,
            volumes_b: 8_589_935_616,
            instance_type: 'Very small instance',
            state: 'running',
            provider_state: 'Running',
            ip_addresses: [
              { ip_address: '10.1.1.62', network, description },
              { ip_address: 'fd00::62', network, description },
              { ip_address: '10.1.1.63', network, description },
            ],
            image_detail: {
              id: '50459b99',
              name: 'CentOS 5.6 (64-bit)',
              architecture: null,
              distribution: 'CentOS',
              type: 'Linux',
              version: '5.6',
            },
            is_virtual: true,
          },
        },
      },
    ]);
  });

  it.each([
    ['Starting', 'pending'],
    ['Restoring', 'pending'],
    ['Running', 'running'],
    ['Migrating', 'running'],
    ['Stopping', 'stopping'],
    ['Stopped', 'stopped'],
    ['Shutdown', 'stopped'],
    ['Shutdowned', 'stopped'],
    ['Destroyed', 'terminated'],
    ['Expunging', 'terminated'],
    ['Error', 'unknown'],
    ['Unknown', 'unknown'],
    ['constructor', 'unknown'],
  ])('that is %s is %s', (provider_state, state) => {
    expect(detailsOf({ state: provider_state })).toMatchObject({ state, provider_state });
  });

  it('that tells nothing of itself has no values, and no zeros', () => {
    expect(serversOf([cloudStackMachine.parse({ id: 'v1' })], null, {})).toEqual([
      {
        id: 'v1',
        type: 'server',
        base: { name: 'v1', provider_created_at: null, regions: [] },
        connections: {},
        metadata: {},
        details: {
          server: {
            cpu_cores: null,
            cpu_hz: null,
            ram_b: null,
            volumes_b: null,
            instance_type: null,
            state: 'unknown',
            provider_state: 'unknown',
            ip_addresses: [],
            image_detail: null,
            is_virtual: true,
          },
        },
      },
    ]);
  });

  it('without disks has none of their bytes', () => {
    expect(detailsOf({})).toMatchObject({ volumes_b: 0 });
  });

  it.each([
    [{ displayname: 'shown', name: 'host' }, 'shown'],
    [{ displayname: '', name: 'host' }, 'host'],
    [{ displayname: undefined, name: undefined }, '915653c4'],
  ])('of %j goes by %s', (names, name) => {
    expect(serverOf(names)?.base.name).toBe(name);
  });

  it.each([
    ['Windows Server 2022 (64-bit)', 'Windows', 'Windows Server', '2022'],
    ['Ubuntu 24.04 LTS', 'Linux', 'Ubuntu', '24.04'],
    ['Other Linux (64-bit)', 'Linux', 'Other Linux', null],
    ['FreeBSD 13', null, 'FreeBSD', '13'],
  ])('of %s has a system of that name', (osdisplayname, type, distribution, version) => {
    expect(detailsOf({ osdisplayname, arch: 'x86_64' })).toMatchObject({
      image_detail: { type, distribution, version, architecture: 'x86_64' },
    });
  });

  it('from an ISO names it', () => {
    const iso = { templateid: undefined, templatename: undefined, isoid: 'i1', isoname: 'Debian install' };
    expect(detailsOf(iso)).toMatchObject({ image_detail: { id: 'i1', name: 'Debian install' } });
  });

  it('shows the public address that leads to it', () => {
    expect(detailsOf({ nic: [], publicip: '192.0.2.10' })).toMatchObject({
      ip_addresses: [{ ip_address: '192.0.2.10', description: 'public' }],
    });
  });

  it('shows nothing that may be secret', () => {
    expect(JSON.stringify(serversOf([machine()], [], {}))).not.toMatch(/never-shown|bmV2ZXIt|Message\./);
  });
});

describe('a place', () => {
  const place = { city: { name: 'Berlin' }, type: 'provider' };

  it.each([['1d8d87d4'], ['shouldwork']])('is found by the zone %s', (key) => {
    const [{ base } = { base: {} }] = serversOf([machine()], [], { [key]: place });
    expect(base).toMatchObject({ locations: [place] });
    expect(base).not.toHaveProperty('regions');
  });

  it('of another zone, or a name that objects have, is none', () => {
    expect(serversOf([machine()], [], { elsewhere: place })[0]?.base).not.toHaveProperty('locations');
    expect(serverOf({ zonename: 'constructor' })?.base).not.toHaveProperty('locations');
  });
});

describe('a volume', () => {
  it('tells size, encryption, iops and its machine', () => {
    const fields = {
      name: 'DATA-1',
      created: '2021-10-04T09:24:38+0000',
      size: 5 * 1024 ** 3,
      maxiops: 2000,
      encryptformat: 'LUKS',
      virtualmachineid: 'v1',
      type: 'DATADISK',
      project: 'atlas',
      projectid: 'p1',
      zoneid: 'z1',
      zonename: 'zone1',
    };
    expect(volumeOf(disk(fields), {})).toEqual({
      id: 'd1',
      type: 'volume',
      base: { name: 'DATA-1', provider_created_at: '2021-10-04T09:24:38Z', regions: [{ id: 'z1' }] },
      connections: { server: [{ id: 'v1' }] },
      metadata: {
        provider_specific: {
          type: 'DATADISK',
          encryptformat: 'LUKS',
          virtualmachineid: 'v1',
          project: 'atlas',
          projectid: 'p1',
          zoneid: 'z1',
          zonename: 'zone1',
        },
      },
      details: { volume: { encrypted: true, iops: 2000, size_b: 5_368_709_120, zone_name: 'zone1' } },
    });
  });

  it('that says nothing is not encrypted', () => {
    expect(volumeOf(disk(), {})).toMatchObject({
      base: { name: 'd1' },
      connections: {},
      details: { volume: { encrypted: false, iops: null, size_b: null } },
    });
  });
});

describe('what connects', () => {
  it('is a network', () => {
    const net = cloudStackNetwork.parse({ id: 'n1', displaytext: 'net', type: 'Isolated', tags: [] });
    expect(networkOf(net, {})).toEqual({
      id: 'n1',
      type: 'network',
      base: { name: 'net', provider_created_at: null, regions: [] },
      connections: {},
      metadata: { provider_specific: { displaytext: 'net', type: 'Isolated' } },
      details: { network: {} },
    });
  });

  it('is a router, in its networks', () => {
    const nic = [{ networkid: 'n2' }, { networkid: 'n1' }, {}];
    const router = cloudStackRouter.parse({ id: 'r1', name: 'r-4-VM', guestnetworkid: 'n1', nic, role: 'X' });
    expect(routerOf(router, {})).toMatchObject({
      type: 'appliance',
      base: { name: 'r-4-VM' },
      connections: { network: [{ id: 'n1' }, { id: 'n2' }] },
      metadata: { provider_specific: { role: 'X', guestnetworkid: 'n1' } },
      details: { appliance: { type_id: 'router' } },
    });
  });

  it('is a load balancer', () => {
    const rule = cloudStackBalancer.parse({ id: 'b1', name: 'web', publicport: '443', networkid: 'n1' });
    expect(balancerOf(rule, {})).toMatchObject({
      connections: { network: [{ id: 'n1' }] },
      metadata: { provider_specific: { publicport: '443', networkid: 'n1' } },
      details: { appliance: { type_id: 'load_balancer' } },
    });
  });
});

describe('a pool', () => {
  it('is a host with all of its cores', () => {
    const host = cloudStackHost.parse({
      id: 'h1',
      name: 'h-1',
      cpunumber: 4,
      cpuspeed: 8000,
      memorytotal: 8_589_934_592,
      disksizetotal: 1024,
    });
    expect(hostPoolOf(host, {}).details).toEqual({
      compute_pool: { cpu_hz: 32e9, memory_b: 8_589_934_592, storage_b: 1024 },
    });
  });

  it('is a zone by its capacities', () => {
    const capacity = [
      { type: 0, capacitytotal: 1024 },
      { type: 1, capacitytotal: 2400 },
      { type: 4, capacitytotal: 7 },
    ];
    const [pool] = zonePoolsOf(cloudStackZone.parse({ id: 'z1', name: 'zone1', capacity }), {});
    expect(pool).toMatchObject({
      base: { name: 'zone1', regions: [{ id: 'z1' }] },
      details: { compute_pool: { cpu_hz: 2.4e9, memory_b: 1024, storage_b: null } },
    });
  });

  it('is no zone that does not tell', () => {
    expect(zonePoolsOf(cloudStackZone.parse({ id: 'z1', name: 'zone1' }), {})).toEqual([]);
  });
});

describe('an offering', () => {
  it.each(['compute', 'disk'] as const)('is for %s', (type) => {
    const offering = cloudStackOffering.parse({ id: 'o1', name: 'Small', cpunumber: 1, iscustomized: false });
    expect(offeringOf(offering, type, {})).toMatchObject({
      type: 'service_offering',
      base: { name: 'Small' },
      metadata: { provider_specific: { cpunumber: 1, iscustomized: false } },
      details: { service_offering: { type_id: type } },
    });
  });
});
