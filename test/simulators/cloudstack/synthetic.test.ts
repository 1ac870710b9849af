import { describe, expect, it } from 'vitest';
import { oracle, totals } from '../../../simulators/cloudstack/oracle.ts';
import { call, cloudStack, usage } from './caller.ts';

const synthetic = { recordsPerCell: 1_001, cells: 3, start: Date.UTC(2026, 9, 23, 22) };
const options = { synthetic, zone: 'Europe/Berlin' };

describe('synthetic rows', () => {
  it('are as many as were ordered, in cells of the grid, each of its own', async () => {
    const rows = await usage(await cloudStack(options), { startdate: '2026-10-01', enddate: '2026-10-31' });
    expect(rows).toHaveLength(3_003);
    expect(new Set(rows.map(({ startdate, enddate }) => `${startdate} ${enddate}`))).toEqual(
      new Set([
        '2026-10-23T22:00:00+0000 2026-10-24T21:59:59+0000',
        '2026-10-24T22:00:00+0000 2026-10-25T22:59:59+0000',
        '2026-10-25T23:00:00+0000 2026-10-26T22:59:59+0000',
      ]),
    );
    expect(new Set(rows.map((row) => JSON.stringify([row.usagetype, row.usageid, row.startdate]))).size).toBe(
      3_003,
    );
    expect(new Set(rows.map((row) => row.usagetype))).toEqual(new Set([1, 2, 6]));
  });

  it('are what the oracle says', async () => {
    const cloud = await cloudStack(options);
    const rows = await usage(cloud, { startdate: '2026-10-25', enddate: '2026-10-25' });
    const truth = oracle(cloud, { start: Date.UTC(2026, 9, 24, 22), end: Date.UTC(2026, 9, 25, 23) });
    expect(rows).toHaveLength(1_001);
    expect(truth.map(({ id, tenant }) => [id, tenant])).toEqual(
      rows.map((row) => [row.usageid, row.accountid ?? row.projectid]),
    );
    expect(truth.map(({ amount }) => Number(amount))).toEqual(
      rows.map((row) => Math.round(Number(row.rawusage) * 1e6)),
    );
    expect([...totals(truth).keys()]).toEqual(['RUNNING_VM', 'ALLOCATED_VM', 'VOLUME']);
  });

  it('are paged as all listings are, and signed for', async () => {
    const cloud = await cloudStack(options);
    const asked = {
      command: 'listUsageRecords',
      startdate: '2026-10-24',
      enddate: '2026-10-24',
      pagesize: '500',
    };
    const lengths = [];
    for (const page of ['1', '2', '3']) {
      lengths.push(((await call(cloud, { ...asked, page })).body.usagerecord as unknown[]).length);
    }
    expect(lengths).toEqual([500, 500, 1]);
    expect((await call(cloud, { ...asked, page: '4' })).body).toEqual({ count: 1_001 });
    expect(
      (await call(cloud, { ...asked, startdate: '2020-01-01', enddate: '2020-01-02', page: '1' })).body,
    ).toEqual({});
    expect((await call(cloud, { ...asked, page: '1' }, { secretKey: 'x' })).status).toBe(401);
  });
});
