import { describe, expect, it } from 'vitest';
import { call, cloudStack, type UsageRow, usage } from './caller.ts';

const day = { command: 'listUsageRecords', startdate: '2026-11-10', enddate: '2026-11-10' };

describe('pages', () => {
  it('of any size make the same whole', async () => {
    const cloud = await cloudStack();
    const whole = await usage(cloud, day);
    expect(whole.length).toBeGreaterThan(50);
    expect(await usage(cloud, day, 7)).toEqual(whole);
    expect((await call(cloud, { ...day, page: '2', pagesize: '10' })).body).toEqual({
      count: whole.length,
      usagerecord: whole.slice(10, 20),
    });
  });

  it('past the end have a count alone, and nothing has not even that', async () => {
    const cloud = await cloudStack();
    const past = await call(cloud, { ...day, page: '99', pagesize: '500' });
    expect(past.body).toEqual({ count: expect.any(Number) });
    const none = await call(cloud, { ...day, startdate: '2020-01-01', enddate: '2020-01-31' });
    expect(none.body).toEqual({});
  });

  it('below one are the first', async () => {
    const cloud = await cloudStack();
    const first = await call(cloud, { ...day, page: '1', pagesize: '5' });
    expect((await call(cloud, { ...day, page: '0', pagesize: '5' })).body).toEqual(first.body);
    expect((await call(cloud, { ...day, page: '-3', pagesize: '5' })).body).toEqual(first.body);
  });

  it('are cut silently when none is asked for, and not at all for -1', async () => {
    const cloud = await cloudStack({ maxPageSize: 20 });
    const cut = (await call(cloud, day)).body;
    expect(cut.usagerecord).toHaveLength(20);
    const all = (await call(cloud, { ...day, pagesize: '-1' })).body;
    expect((all.usagerecord as UsageRow[]).length).toBe(cut.count);
  });

  it.each([
    [{ page: '1' }, '"pagesize" parameter is required when "page" is specified'],
    [{ pagesize: '10' }, '"page" parameter is required when "pagesize" is specified'],
    [{ page: '1', pagesize: '501' }, "Page size can't exceed max allowed page size value: 500"],
    [{ page: '1', pagesize: '-1' }, 'Parameter pagesize: -1 must be positive'],
    [
      { page: 'x', pagesize: '10' },
      'Unable to execute API command due to invalid value x for parameter page',
    ],
  ])('%j are refused', async (page, errortext) => {
    const { status, body } = await call(await cloudStack(), { ...day, ...page });
    expect(status).toBe(431);
    expect(body).toEqual({ uuidList: [], errorcode: 431, cserrorcode: 9999, errortext });
  });

  it('may be as large as allowed', async () => {
    expect((await call(await cloudStack(), { ...day, page: '1', pagesize: '500' })).status).toBe(200);
  });
});
