import { describe, expect, it } from 'vitest';
import { settingsOf } from '../../../simulators/cloudstack/options.ts';
import { worldOf } from '../../../simulators/cloudstack/world.ts';
import { call, cloudStack, NOW, type UsageRow, usage } from './caller.ts';

const world = worldOf(settingsOf({}));
const day = { startdate: '2026-11-10 00:00:00', enddate: '2026-11-10 23:59:59' };
const idOf = (list: readonly { name: string; id: string }[], name: string) =>
  list.find((one) => one.name === name)?.id;
const ownersOf = (rows: readonly UsageRow[]) =>
  [...new Set(rows.map((row) => row.account ?? row.project))].sort();
const startsOf = (rows: readonly UsageRow[]) => [...new Set(rows.map((row) => row.startdate))];

describe('dates', () => {
  it('are included at both ends, for a start and for a last second', async () => {
    const cloud = await cloudStack();
    const count = async (startdate: string, enddate: string) =>
      (await usage(cloud, { startdate, enddate })).length;
    const all = await count(day.startdate, day.enddate);
    expect(all).toBeGreaterThan(30);
    expect(await count('2026-11-10 00:00:01', day.enddate)).toBe(0);
    expect(await count(day.startdate, '2026-11-10 23:59:58')).toBe(0);
    expect(await count(day.startdate, '2026-11-11 23:59:58')).toBe(all);
  });

  it('may be dates alone, or carry an offset where the release reads one', async () => {
    const berlin = await cloudStack({ zone: 'Europe/Berlin' });
    const startdate = '2026-11-10T00:00:00+0100';
    const rows = await usage(berlin, { startdate, enddate: '2026-11-10T22:59:59Z' });
    expect(startsOf(rows)).toEqual(['2026-11-09T23:00:00+0000']);
    expect(await usage(berlin, { startdate: '2026-11-10', enddate: '2026-11-10' })).toEqual(rows);
    expect(await usage(berlin, day)).toEqual(rows);
  });

  it('lose their time in an older release that gets a T', async () => {
    const cloud = await cloudStack({ dateFormat: 'quoted', rangeMinutes: 60, vms: 0 });
    const rows = await usage(cloud, {
      startdate: '2026-11-10T14:00:00+0000',
      enddate: '2026-11-10T14:00:00+0000',
    });
    expect(startsOf(rows)).toHaveLength(24);
    expect(startsOf(rows)[0]).toBe("2026-11-10'T'00:00:00+00:00");
  });

  it('are shown in the aggregation zone by an older release', async () => {
    const cloud = await cloudStack({ dateFormat: 'quoted', zone: 'Europe/Berlin', vms: 0 });
    const [row] = await usage(cloud, { startdate: '2026-10-25', enddate: '2026-10-25' });
    expect([row?.startdate, row?.enddate]).toEqual([
      "2026-10-25'T'00:00:00+02:00",
      "2026-10-25'T'23:59:59+01:00",
    ]);
  });

  it.each([
    ['none', {}, 'missing parameter startdate'],
    ['an end only', { enddate: '2026-11-10' }, 'missing parameter startdate'],
    [
      'one that is none',
      { ...day, startdate: 'yesterday' },
      'Unable to parse date yesterday for command listusagerecords',
    ],
    ['a 30th of February', { ...day, startdate: '2026-02-30 00:00:00' }, 'Unable to parse date 2026-02-30'],
    ['a start after the end', { startdate: '2026-11-11', enddate: '2026-11-10' }, 'Incorrect Date Range'],
  ])('are refused: %s', async (_, dates, text) => {
    const { status, body } = await call(await cloudStack(), { command: 'listUsageRecords', ...dates });
    expect([status, body.errorcode]).toEqual([431, 431]);
    expect(body.errortext).toContain(text);
  });

  it('of all times find what is stored, and make no future', async () => {
    const cloud = await cloudStack({ since: NOW - 3 * 86_400_000, vms: 1 });
    const rows = await usage(cloud, { startdate: '1970-01-01', enddate: '9999-12-31' });
    expect(startsOf(rows)).toEqual(
      ['2026-11-18', '2026-11-19', '2026-11-20'].map((date) => `${date}T00:00:00+0000`),
    );
  });

  it('of the same instant find nothing', async () => {
    const { status, text } = await call(await cloudStack(), {
      command: 'listUsageRecords',
      startdate: day.startdate,
      enddate: day.startdate,
    });
    expect([status, text]).toEqual([200, '{"listusagerecordsresponse":{}}']);
  });
});

describe('type and usageid', () => {
  it('select', async () => {
    const cloud = await cloudStack({ vms: 12 });
    const volumes = await usage(cloud, { ...day, type: '6' });
    expect(new Set(volumes.map((row) => row.usagetype))).toEqual(new Set([6]));
    const [volume] = volumes;
    expect(await usage(cloud, { ...day, type: '6', usageid: String(volume?.usageid) })).toEqual([volume]);
    const [offering] = await usage(cloud, { ...day, type: '13' });
    const offered = await usage(cloud, { ...day, type: '13', usageid: String(offering?.offeringid) });
    expect(offered[0]).toEqual(offering);
    const [network] = await usage(cloud, { ...day, type: '30' });
    expect(network?.usageid).toBeUndefined();
    expect(await usage(cloud, { ...day, type: '30', usageid: String(volume?.usageid) })).toEqual([]);
  });

  it('belong together', async () => {
    const { status, body } = await call(await cloudStack(), {
      command: 'listUsageRecords',
      ...day,
      usageid: 'x',
    });
    expect([status, body.cserrorcode]).toEqual([431, 4350]);
  });
});

describe('whose usage', () => {
  const acme = idOf(world.domains, 'acme');
  const everybody = ['acme-admin', 'ada', 'admin', 'atlas', 'gus', 'lab-1'];

  it.each([
    ['everybody', {}, everybody],
    ['a domain alone', { domainid: acme }, ['acme-admin', 'ada', 'atlas']],
    ['a domain and below', { domainid: acme, isrecursive: 'true' }, ['acme-admin', 'ada', 'atlas', 'lab-1']],
    ['an account of a domain', { domainid: acme, account: 'ada' }, ['ada']],
    ['an account without a domain, which is ignored', { account: 'ada' }, everybody],
    ['an account by id', { accountid: idOf(world.tenants, 'gus') }, ['gus']],
    ['a project', { projectid: idOf(world.tenants, 'atlas') }, ['atlas']],
  ])('root admin: %s', async (_, scope, owners) => {
    expect(ownersOf(await usage(await cloudStack(), { ...day, ...scope }))).toEqual(owners);
  });

  it.each([
    ['itself', {}, ['acme-admin']],
    ['its tree', { isrecursive: 'true' }, ['acme-admin', 'ada', 'atlas', 'lab-1']],
    ['a domain below', { domainid: idOf(world.domains, 'lab') }, ['lab-1']],
    ['an account below', { accountid: idOf(world.tenants, 'lab-1') }, ['lab-1']],
  ])('domain admin: %s', async (_, scope, owners) => {
    expect(ownersOf(await usage(await cloudStack({ role: 'domain-admin' }), { ...day, ...scope }))).toEqual(
      owners,
    );
  });

  it.each([
    ['a foreign domain', { domainid: idOf(world.domains, 'globex') }],
    ['a foreign account', { accountid: idOf(world.tenants, 'gus') }],
  ])('domain admin: %s is forbidden', async (_, scope) => {
    const cloud = await cloudStack({ role: 'domain-admin' });
    const { status, body } = await call(cloud, { command: 'listUsageRecords', ...day, ...scope });
    expect([status, body.errorcode, body.cserrorcode]).toEqual([531, 531, 4365]);
  });

  it('refuses ids that do not exist, and two that contradict each other', async () => {
    const cloud = await cloudStack();
    const unknown = '00000000-0000-4000-a000-000000000000';
    const scopes = [
      { domainid: unknown },
      { accountid: unknown },
      { projectid: unknown },
      { domainid: acme, account: 'nobody' },
      { accountid: idOf(world.tenants, 'ada'), projectid: idOf(world.tenants, 'atlas') },
    ];
    for (const scope of scopes) {
      expect((await call(cloud, { command: 'listUsageRecords', ...day, ...scope })).status).toBe(431);
    }
  });

  it('leaves the account out of a project’s rows', async () => {
    const [row] = await usage(await cloudStack(), { ...day, projectid: idOf(world.tenants, 'atlas') });
    expect(row).toMatchObject({ project: 'atlas', domain: 'acme', domainpath: '/acme/' });
    expect(Object.keys(row ?? {})).not.toContain('accountid');
  });
});
