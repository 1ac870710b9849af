import { describe, expect, it } from 'vitest';
import { DAY, HOUR } from '../../../lib/time.ts';
import { existingAt } from '../../../simulators/cloudstack/existing.ts';
import { eventOracle, inventoryOracle } from '../../../simulators/cloudstack/inventory-oracle.ts';
import { type CloudStackOptions, settingsOf } from '../../../simulators/cloudstack/options.ts';
import { oracle } from '../../../simulators/cloudstack/oracle.ts';
import { worldOf } from '../../../simulators/cloudstack/world.ts';
import { call, cloudStack, NOW } from './caller.ts';

type Cloud = Awaited<ReturnType<typeof cloudStack>>;
type Row = Record<string, unknown> & { readonly id: string };

/** The rows of one page. */
async function rows(cloud: Cloud, command: string, parameters: Record<string, string> = {}): Promise<Row[]> {
  const { body, status, text } = await call(cloud, { command, ...parameters });
  if (status !== 200) throw new Error(text);
  const { count: _, ...rest } = body;
  return (Object.values(rest)[0] ?? []) as Row[];
}

const ids = (things: readonly { readonly id: string }[]) => things.map(({ id }) => id).sort();
const cloudOf = (options: CloudStackOptions = {}) => cloudStack({ vms: 20, ...options });

describe('what is listed is what usage was made of', () => {
  const day = { start: NOW - 12 * HOUR, end: NOW };
  /** The same moment as the end of an hour that usage is cut by. */
  const hours: CloudStackOptions = { seed: 4, vms: 20, rangeMinutes: 60 };

  it('runs all through an hour when it runs at both ends of it and in between', () => {
    const used = oracle(hours, { start: NOW, end: NOW + HOUR }, ['RUNNING_VM']);
    const wholeHour = used.filter(({ amount }) => amount === 1_000_000n).map(({ id }) => ({ id }));
    expect(wholeHour.length).toBeGreaterThan(0);
    const running = inventoryOracle(hours, NOW).machines.filter(({ state }) => state === 'Running');
    expect(ids(running)).toEqual(expect.arrayContaining(ids(wholeHour)));
    expect(used.map(({ id }) => id)).toEqual(expect.arrayContaining(ids(running)));
  });

  it('has the volumes that are billed', () => {
    const billed = new Set(oracle(hours, { start: NOW, end: NOW + HOUR }, ['VOLUME']).map(({ id }) => id));
    const { volumes } = inventoryOracle(hours, NOW);
    expect(volumes.length).toBeGreaterThan(20);
    expect(volumes.filter(({ id }) => !billed.has(id))).toEqual([]);
  });

  it('has machines in every state at some time, and disks that outlive them', () => {
    const world = worldOf(settingsOf({ vms: 20 }));
    const moments = Array.from({ length: 60 }, (_, index) => existingAt(world, NOW - index * 7 * HOUR));
    const states = new Set(moments.flatMap(({ machines }) => machines.map(({ state }) => state)));
    expect([...states].sort()).toEqual(['Destroyed', 'Running', 'Stopped']);
    const alone = moments.flatMap(({ volumes }) => volumes.filter(({ machine }) => machine === null));
    expect(alone.length).toBeGreaterThan(0);
    const [young] = existingAt(world, NOW).machines;
    const born = young?.created ?? 0;
    expect(existingAt(world, born).machines.find(({ id }) => id === young?.id)?.state).toBe('Starting');
    expect(existingAt(world, born - 1).machines.map(({ id }) => id)).not.toContain(young?.id);
  });

  it('changes with the clock alone', () => {
    expect(inventoryOracle({ seed: 2 }, day.start)).toEqual(inventoryOracle({ seed: 2 }, day.start));
    expect(ids(inventoryOracle({ seed: 2 }, day.start).machines)).not.toEqual(
      ids(inventoryOracle({ seed: 2 }, day.start - 60 * DAY).machines),
    );
  });
});

describe('the scope of a list', () => {
  it('is the caller’s own things without listall, and never a project’s', async () => {
    const cloud = await cloudOf();
    const { machines } = inventoryOracle({ vms: 20 }, NOW);
    const of = (test: (owner: (typeof machines)[number]['owner']) => boolean) =>
      ids(machines.filter(({ owner }) => test(owner)));
    const listed = async (parameters: Record<string, string> = {}) =>
      ids(await rows(cloud, 'listVirtualMachines', parameters));
    expect(await listed()).toEqual(of(({ name }) => name === 'admin'));
    expect(await listed({ listall: 'true' })).toEqual(of(({ project }) => !project));
    expect(await listed({ listall: 'true', projectid: '-1' })).toEqual(of(({ project }) => project));
    expect(await listed({ account: 'ada', listall: 'true' })).toEqual(of(({ project }) => !project));
    expect(of(({ project }) => project).length).toBeGreaterThan(0);
  });

  it('is a domain, and those below it when asked', async () => {
    const cloud = await cloudOf();
    const { machines, world } = inventoryOracle({ vms: 20 }, NOW);
    const acme = world.domains.find(({ name }) => name === 'acme')?.id ?? '';
    const paths = (among: RegExp) =>
      ids(machines.filter(({ owner }) => !owner.project && among.test(owner.domain.path)));
    const listed = async (parameters: Record<string, string>) =>
      ids(await rows(cloud, 'listVirtualMachines', { domainid: acme, listall: 'true', ...parameters }));
    expect(await listed({})).toEqual(paths(/^\/acme\/$/));
    expect(await listed({ isrecursive: 'true' })).toEqual(paths(/^\/acme\//));
    expect(await listed({ account: 'ada' })).toEqual(
      ids(machines.filter(({ owner }) => owner.name === 'ada')),
    );
    expect((await call(cloud, { command: 'listVolumes', domainid: 'none' })).status).toBe(431);
  });

  it('is a role’s', async () => {
    for (const role of ['root-admin', 'domain-admin', 'user'] as const) {
      const cloud = await cloudOf({ role });
      const truth = inventoryOracle(cloud, NOW);
      const accounts = await rows(cloud, 'listVirtualMachines', { listall: 'true' });
      const projects = await rows(cloud, 'listVirtualMachines', { listall: 'true', projectid: '-1' });
      expect(ids([...accounts, ...projects])).toEqual(ids(truth.machines));
    }
    const others = inventoryOracle({ vms: 20 }, NOW).world.domains.find(({ name }) => name === 'globex');
    const cloud = await cloudOf({ role: 'domain-admin' });
    expect((await call(cloud, { command: 'listVolumes', domainid: others?.id })).status).toBe(531);
  });

  it.each([
    ['user', ['listAlerts', 'listDomains', 'listHosts', 'listRouters', 'listSystemVms']],
    ['domain-admin', ['listAlerts', 'listHosts', 'listSystemVms']],
    ['root-admin', []],
  ] as const)('forbids a %s %j', async (role, forbidden) => {
    const cloud = await cloudOf({ role });
    const commands =
      'Accounts Alerts DiskOfferings Domains Events Hosts LoadBalancerRules Networks Projects PublicIpAddresses Routers ServiceOfferings SystemVms VirtualMachines Volumes Zones';
    const names = commands.split(' ').map((name) => `list${name}`);
    const refused: string[] = [];
    for (const command of names) {
      if ((await call(cloud, { command })).status === 401) refused.push(command);
    }
    expect(refused).toEqual(forbidden);
  });
});

describe('rows', () => {
  it('of machines say what they are, and nothing that the role may not know', async () => {
    const [machine] = await rows(await cloudOf(), 'listVirtualMachines', { listall: 'true' });
    const truth = inventoryOracle({ vms: 20 }, NOW).machines.find(({ id }) => id === machine?.id);
    expect(machine).toMatchObject({
      name: truth?.name,
      instancename: truth?.vm.instanceName,
      state: truth?.state,
      cpunumber: truth?.offering.cpunumber,
      memory: truth?.offering.memory,
      account: truth?.owner.name,
      nic: truth?.networks.map(({ id, name }, index) => ({
        networkid: id,
        networkname: name,
        isdefault: index === 0,
      })),
    });
    const seen = await rows(await cloudOf({ role: 'domain-admin' }), 'listVirtualMachines', {
      listall: 'true',
    });
    expect(seen.filter((row) => 'hostid' in row)).toEqual([]);
  });

  it('of projects lack the account, of former releases the path of the domain', async () => {
    const cloud = await cloudOf({ dateFormat: 'quoted' });
    const [row] = await rows(cloud, 'listVolumes', { listall: 'true', projectid: '-1' });
    expect(row).toMatchObject({ project: 'atlas', domain: 'acme' });
    expect(row).not.toHaveProperty('account');
    expect(row).not.toHaveProperty('domainpath');
  });

  it('of zones tell their capacity when asked, the sum of their hosts', async () => {
    const cloud = await cloudOf({ role: 'user' });
    expect((await rows(cloud, 'listZones')).filter((zone) => 'capacity' in zone)).toEqual([]);
    const [zone] = await rows(cloud, 'listZones', { showcapacities: 'true' });
    expect(zone).toMatchObject({
      capacity: [
        { type: 0, capacitytotal: 512 * 1024 ** 3 },
        { type: 1, capacitytotal: 2 * 32 * 2400 },
        { type: 2, capacitytotal: 4096 * 1024 ** 3 },
      ],
    });
  });

  it('of addresses, accounts, domains and projects are there', async () => {
    const cloud = await cloudOf();
    const truth = inventoryOracle(cloud, NOW);
    const all = { listall: 'true' };
    expect(ids(await rows(cloud, 'listPublicIpAddresses', all))).toEqual(
      ids(truth.addresses.filter(({ owner }) => !owner.project)),
    );
    const { domains, tenants } = truth.world;
    expect(ids(await rows(cloud, 'listDomains', all))).toEqual(ids(domains));
    expect(ids(await rows(cloud, 'listProjects', all))).toEqual(ids(tenants.filter((one) => one.project)));
    expect(ids(await rows(cloud, 'listAccounts', all))).toEqual(ids(tenants.filter((one) => !one.project)));
  });

  it('of events lie between the dates, both included', async () => {
    const cloud = await cloudOf();
    const span = { start: NOW - 9 * DAY, end: NOW };
    const [first] = eventOracle(cloud, span).filter(({ owner }) => !owner.project);
    const at = new Date(first?.created ?? 0).toISOString().slice(0, 19);
    const found = await rows(cloud, 'listEvents', {
      listall: 'true',
      startdate: `${at}+0000`,
      enddate: `${at}+0000`,
    });
    expect(ids(found)).toContain(first?.id);
    expect(new Set(found.map(({ created }) => created))).toEqual(new Set([`${at}+0000`]));
  });
});

describe('pages of a list', () => {
  const all = { listall: 'true' };

  it('make the same whole', async () => {
    const cloud = await cloudOf();
    const whole = await rows(cloud, 'listVolumes', all);
    const paged: Row[] = [];
    for (let page = 1; paged.length < whole.length; page += 1) {
      paged.push(...(await rows(cloud, 'listVolumes', { ...all, page: String(page), pagesize: '7' })));
    }
    expect(paged).toEqual(whole);
  });

  it('meet the faults of listings', async () => {
    const asked = { command: 'listVolumes', ...all, page: '1', pagesize: '5' };
    const calm = (await call(await cloudOf(), asked)).body as { count: number; volume: Row[] };
    const struck = async (fault: string, page = '1') =>
      (await call(await cloudOf({ faults: [fault] }), { ...asked, page })).body;
    expect(calm.volume).toHaveLength(5);
    expect((await struck('lying-count')).count).toBeGreaterThan(calm.count);
    expect(await struck('missing-array')).toEqual({ count: calm.count });
    expect(await struck('repeat-page', '2')).toEqual(calm);
    const cloud = await cloudOf({ faults: ['page-drift'] });
    const first = (await call(cloud, asked)).body;
    const second = (await call(cloud, { ...asked, page: '2' })).body;
    expect(Math.abs(Number(first.count) - Number(second.count))).toBe(1);
  });
});
