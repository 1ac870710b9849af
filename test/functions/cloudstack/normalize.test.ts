import { describe, expect, it } from 'vitest';
import {
  instantOf,
  normalizeUsage,
  settleUsage,
  startOfUsage,
} from '../../../functions/cloudstack/normalize.ts';
import { MalformedResponse } from '../../../lib/errors.ts';
import { formatInstant } from '../../../lib/time.ts';
import docs2009 from '../../fixtures/cloudstack/listUsageRecords.docs2009.json' with { type: 'json' };
import recent from '../../fixtures/cloudstack/listUsageRecords.type2and6.json' with { type: 'json' };
import quotedT from '../../fixtures/cloudstack/listUsageRecords.type13.quotedT.json' with { type: 'json' };

const row = {
  usagetype: 1,
  rawusage: '24',
  usage: '24 Hrs',
  startdate: '2026-11-18T00:00:00+0000',
  enddate: '2026-11-18T23:59:59+0000',
  accountid: 'account-1',
  usageid: 'vm-1',
};
const only = (raw: unknown) => {
  const [record] = normalizeUsage(raw);
  if (!record) throw new Error('no record');
  return record;
};

describe('real records', () => {
  it('reads quotation marks around the T, and a network offering without a usageid', () => {
    const record = only(quotedT.listusagerecordsresponse.usagerecord[0]);
    expect(record).toMatchObject({
      kind: 'NETWORK_OFFERING',
      resource: { id: 'bfcb52bf-cb33-4c7d-bd9d-9b4b57d65a77/0c74f18a-2f1b-4bbe-b17e-bd16f4e55d86' },
      tenant: { id: 'a5f9d055-1ea1-11f0-8a38-1e00b50002f5', name: 'admin', path: '/' },
      location: { id: 'cd989e1a-0024-439d-8164-7db39e046c6f' },
    });
    expect([record.period.start, record.period.end].map(formatInstant)).toEqual([
      '2025-05-11T00:00:00Z',
      '2025-05-11T01:00:00Z',
    ]);
  });

  it('reads the newer dates, volumes and VMs', () => {
    const records = recent.listusagerecordsresponse.usagerecord.flatMap((raw) => normalizeUsage(raw));
    expect(records.map(({ kind, variables }) => [kind, variables.value, variables.size])).toEqual([
      ['ALLOCATED_VM', 1, null],
      ['VOLUME', 1, 5368709120],
      ['VOLUME', 1, 8589934592],
    ]);
    expect(records[0]?.attributes).toMatchObject({
      hypervisor: 'KVM',
      memory: 512,
      cpunumber: 1,
      osdisplayname: 'CentOS 5.5 (64-bit)',
    });
  });

  it('reads an offset that is not UTC', () => {
    const record = only(docs2009.listusagerecordsresponse.usagerecord[0]);
    expect(record.variables.value).toBe(2.95288);
    expect(formatInstant(record.period.end)).toBe('2009-09-18T23:14:27Z');
  });
});

describe('kinds and ids', () => {
  const id = '976ea7db-0207-41f2-bd83-5169ca92fb7b';
  const { usageid: _, ...nameless } = row;

  it.each([
    [
      {
        ...nameless,
        usagetype: 26,
        description: `Volume usage on secondary for v (${id}) with size (5.00 GB) 5368709120`,
      },
      'VOLUME_SECONDARY',
      id,
    ],
    [
      { ...nameless, usagetype: 30, description: 'Network usage for network ID: 205, network offering: 8' },
      'NETWORK',
      'network:205',
    ],
    [{ ...nameless, usagetype: 31, description: 'VPC usage for VPC ID: 7' }, 'VPC', 'vpc:7'],
    [{ ...nameless, usagetype: 13, offeringid: 'o', virtualmachineid: 'v' }, 'NETWORK_OFFERING', 'o/v'],
    [{ ...row, usagetype: 28, usage: '1 Hrs' }, 'BACKUP', 'vm-1'],
    [{ ...row, usagetype: 28, usage: '0.0000 GiB' }, 'BACKUP_BYTES', 'vm-1'],
    [{ ...row, usagetype: 99 }, 'TYPE_99', 'vm-1'],
    [
      { ...nameless, usagetype: 9, description: 'a snapshot whose row is gone' },
      'SNAPSHOT',
      'description:a snapshot whose row is gone',
    ],
  ])('%j', (raw, kind, resource) => {
    expect(only(raw)).toMatchObject({ kind, resource: { id: resource } });
  });

  it('takes a project for the tenant of what it owns', () => {
    const { accountid: _, ...owned } = row;
    expect(only({ ...owned, projectid: 'p', project: 'blue', domainpath: 'ROOT/a' }).tenant).toEqual({
      id: 'p',
      name: 'blue',
      path: 'ROOT/a',
    });
  });

  it('gives null for sizes that a record lacks, and 1 or 0 for flags', () => {
    const { variables } = only({ ...row, issourcenat: true });
    expect(variables).toMatchObject({ cpunumber: null, memory: null, size: null, issourcenat: true });
  });

  it('reads a decimal comma, which follows the locale of the server', () => {
    expect(only({ ...row, rawusage: '2,95288' }).variables.value).toBe(2.95288);
  });
});

describe('records that cannot be read', () => {
  it.each([
    ['rawusage', { ...row, rawusage: 'NaN' }],
    ['rawusage', { ...row, rawusage: '-1' }],
    ['rawusage', { ...row, rawusage: '1e400' }],
    ['rawusage', { ...row, rawusage: '9'.repeat(400) }],
    ['rawusage', { ...row, rawusage: Number.POSITIVE_INFINITY }],
    ['rawusage', { ...row, rawusage: undefined }],
    ['startdate', { ...row, startdate: '2026-11-18 00:00:00' }],
    ['startdate', { ...row, startdate: 'yesterday' }],
    ['enddate', { ...row, enddate: '2026-11-17T23:59:59+0000' }],
    ['enddate', { ...row, enddate: undefined }],
    ['usagetype', { ...row, usagetype: '1' }],
    ['usageid', { ...row, usageid: undefined }],
    ['', null],
    ['', []],
  ])('name the field %s', (field, raw) => {
    expect(() => normalizeUsage(raw)).toThrow(MalformedResponse);
    expect(() => normalizeUsage(raw)).toThrow(`: ${field}: `);
  });

  it('can still be dated when only the amount is odd', () => {
    expect(startOfUsage({ ...row, rawusage: 'NaN' })).toBe(Date.UTC(2026, 10, 18));
    expect(startOfUsage({ ...row, startdate: 'x' })).toBeNull();
    expect(startOfUsage(7)).toBeNull();
  });

  it('are not dated by a text that is longer than any date', () => {
    expect(instantOf(`${' '.repeat(100)}2026-11-18T00:00:00Z`)).toBeNull();
  });

  it('do not shift a date without an offset with the host', () => {
    expect(instantOf('2026-11-18T00:00:00')).toBeNull();
    expect(instantOf("2026-11-18'T'00:00:00+05:30")).toBe(Date.UTC(2026, 10, 17, 18, 30));
  });
});

describe('settleUsage', () => {
  it('drops what the server repeats, and keeps what differs', () => {
    const rows = [
      row,
      row,
      { ...row, startdate: "2026-11-18'T'00:00:00+00:00" },
      { ...row, rawusage: '23' },
      { ...row, description: 'x' },
    ];
    const { records, duplicates } = settleUsage(rows.flatMap((raw) => normalizeUsage(raw)));
    expect([records.length, duplicates]).toEqual([3, 2]);
  });

  it('never has the amount or the description in the identity', () => {
    expect(only({ ...row, rawusage: '1', description: 'a' }).identity).toEqual(
      only({ ...row, rawusage: '2', description: 'b' }).identity,
    );
  });
});
