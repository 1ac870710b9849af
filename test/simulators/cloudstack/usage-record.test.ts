import { describe, expect, it } from 'vitest';
import { formatAmount } from '../../../simulators/cloudstack/usage-record.ts';
import { cloudStack, type UsageRow, usage } from './caller.ts';

describe('amounts', () => {
  it.each([
    [24_000_000, '24'],
    [2_952_880, '2.95288'],
    [500_000, '0.5'],
    [278, '0.000278'],
    [25_000_001, '25.000001'],
  ])('%d millionths of an hour read %s', (amount, text) => expect(formatAmount(amount, 'hours')).toBe(text));

  it('of bytes are whole and without an exponent', () => {
    expect(formatAmount(8_314_541_673_349, 'bytes')).toBe('8314541673349');
  });
});

describe('the fields of each type', async () => {
  const always = [
    'description',
    'domain',
    'domainid',
    'domainpath',
    'enddate',
    'rawusage',
    'startdate',
    'tags',
    'usage',
    'usagetype',
    'zoneid',
  ];
  const os = ['oscategoryid', 'oscategoryname', 'osdisplayname', 'ostypeid'];
  const vm = [
    'cpunumber',
    'cpuspeed',
    'memory',
    'name',
    'offeringid',
    ...os,
    'templateid',
    'type',
    'usageid',
    'virtualmachineid',
  ];
  const disk = ['type', 'usageid', 'virtualmachineid'];
  const image = ['size', 'usageid', 'virtualsize'];
  const expected: Record<number, [readonly string[], RegExp]> = {
    1: [vm, / Hrs$/],
    2: [vm, / Hrs$/],
    3: [['issourcenat', 'issystem', 'usageid'], / Hrs$/],
    7: [[...image, 'templateid'], / Hrs$/],
    8: [image, / Hrs$/],
    9: [['size', 'usageid'], / Hrs$/],
    10: [['usageid', 'virtualmachineid'], / Hrs$/],
    11: [['usageid'], / Hrs$/],
    12: [['usageid'], / Hrs$/],
    13: [['isdefault', 'offeringid', 'virtualmachineid'], / Hrs$/],
    14: [['usageid'], / Hrs$/],
    21: [disk, /^\d+ io read$/],
    22: [disk, /^\d+ io write$/],
    23: [disk, /^\d+ bytes read$/],
    24: [disk, /^\d+ bytes write$/],
    25: [['name', 'offeringid', 'size', 'usageid', 'virtualmachineid'], / Hrs$/],
    26: [[], / Hrs$/],
    27: [['name', 'size', 'usageid', 'virtualmachineid'], / Hrs$/],
    28: [['name', 'size', 'usageid', 'virtualmachineid', 'virtualsize'], / Hrs$/],
    29: [['name', 'usageid'], /^\d+ bytes$/],
    30: [[], / Hrs$/],
    31: [[], / Hrs$/],
  };
  const month = { startdate: '2026-02-01', enddate: '2026-02-28' };

  it.each(Object.keys(expected).map(Number))('type %d', async (type) => {
    const [fields, text] = expected[type] ?? [[], /^$/];
    const rows = await usage(await cloudStack({ vms: 20 }), { ...month, type: String(type) });
    expect(rows.length).toBeGreaterThan(0);
    for (const { account, accountid, project, projectid, ...row } of rows) {
      expect(Object.keys(row).sort()).toEqual([...always, ...fields].sort());
      expect(row.usage).toMatch(text);
      expect(row.rawusage).toMatch(/^\d+(\.\d{0,5}[1-9])?$/);
    }
  });

  it('4 and 5 name the network, or the VPC of a router that has one', async () => {
    const rows = await usage(await cloudStack(), { ...month, type: '4' });
    const kinds = new Set(rows.map((row) => `${'networkid' in row} ${'vpcid' in row} ${row.type}`));
    expect(kinds).toEqual(new Set(['true false DomainRouter', 'false true DomainRouter']));
    expect(rows[0]?.usage).toMatch(/^\d+ bytes sent$/);
  });

  it('6 has an offering or a template, and names its machine only in newer releases', async () => {
    const shapes = async (dateFormat: 'quoted' | 'offset') => {
      const rows = await usage(await cloudStack({ vms: 20, dateFormat }), { ...month, type: '6' });
      return [
        ...new Set(
          rows.map((row) => `${'offeringid' in row} ${'templateid' in row} ${'virtualmachineid' in row}`),
        ),
      ].sort();
    };
    expect(await shapes('offset')).toEqual(['false true true', 'true false true']);
    expect(await shapes('quoted')).toEqual(['false true false', 'true false false']);
  });

  it('13 can exceed its period', async () => {
    const rows = await usage(await cloudStack({ vms: 20 }), { ...month, type: '13' });
    expect(Math.max(...rows.map((row) => Number(row.rawusage)))).toBeGreaterThan(24);
  });

  it('25 shows a number for its offering; 26, 30 and 31 say what they are only in words', async () => {
    const cloud = await cloudStack({ vms: 20 });
    const first = async (type: string): Promise<UsageRow | undefined> =>
      (await usage(cloud, { ...month, type }))[0];
    expect((await first('25'))?.offeringid).toMatch(/^\d+$/);
    expect((await first('26'))?.description).toMatch(
      /^Volume on secondary storage usage for \S+ \([0-9a-f-]{36}\) with size \(\d+\.\d\d GB\) \d+$/,
    );
    expect((await first('30'))?.description).toMatch(
      /^Network usage for network ID: \d+, network offering: 8$/,
    );
    expect((await first('31'))?.description).toMatch(/^VPC usage for VPC ID: \d+$/);
  });

  it('28 was a size in bytes once, and shows it in its text', async () => {
    const rows = await usage(await cloudStack({ vms: 20, backupUnit: 'bytes' }), { ...month, type: '28' });
    expect(rows.length).toBeGreaterThan(0);
    for (const row of rows) {
      expect(row.usage).toMatch(/^\d+\.\d{4} GiB$/);
      expect(row.rawusage).toBe(String(row.size));
    }
  });

  it('carries tags when they are asked for', async () => {
    const cloud = await cloudStack({ vms: 20 });
    const tagged = async (includetags: string) =>
      (await usage(cloud, { ...month, type: '2', includetags })).filter(
        (row) => (row.tags as unknown[]).length > 0,
      );
    expect(await tagged('false')).toEqual([]);
    expect((await tagged('true'))[0]?.tags).toEqual([
      { key: 'env', value: expect.stringMatching(/^(prod|test)$/) },
    ]);
  });
});
