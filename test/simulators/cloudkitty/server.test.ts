import Big from 'big.js';
import { describe, expect, it } from 'vitest';
import { DAY, HOUR } from '../../../lib/time.ts';
import { faults } from '../../../simulators/cloudkitty/faults.ts';
import { startCloudKitty } from '../../../simulators/cloudkitty/server.ts';
import { asker, NOW, started } from './caller.ts';

const day = Date.UTC(2026, 10, 18);
const window = 'begin=2026-11-18T00:00:00Z&end=2026-11-19T00:00:00Z';

interface Summary {
  readonly total: number;
  readonly columns: readonly string[];
  readonly results: readonly (readonly (string | number | null)[])[];
}
interface Dataframes {
  readonly total: number;
  readonly dataframes: readonly {
    readonly period: { readonly begin: string };
    readonly usage: Readonly<Record<string, readonly { readonly rating: { readonly price: number } }[]>>;
  }[];
}

const sum = (rows: readonly (number | string)[]) =>
  rows
    .reduce<Big>((total, one) => total.plus(one), new Big(0))
    .round(9)
    .toFixed();

describe('the same day', () => {
  it('costs the same in every API and both storages, and the oracle knows it', async () => {
    const cloud = await started();
    const ask = await asker(cloud, 'member');
    const total = new Big(cloud.oracleTotal('alpha', day)).round(9).toFixed();
    const summary = (await ask(`/v2/summary?${window}&groupby=type`)).body as Summary;
    expect(sum(summary.results.map((row) => Number(row[3])))).toBe(total);
    const { dataframes } = (await ask(`/v2/dataframes?${window}&limit=9999`)).body as Dataframes;
    const prices = dataframes.flatMap(({ usage }) =>
      Object.values(usage).flatMap((points) => points.map(({ rating }) => rating.price)),
    );
    expect(sum(prices)).toBe(total);
    expect((await ask(`/v1/report/total?${window}`)).body).toEqual(expect.stringMatching(/^\d+\.\d+$/));
    const old = await started({ storage: 'v1' });
    const asked = await (await asker(old, 'member'))(`/v1/storage/dataframes?${window}`);
    const { dataframes: frames } = asked.body as { dataframes: { resources: { rating: string }[] }[] };
    expect(frames.every(({ resources }) => resources.length === 1)).toBe(true);
    const single = sum(frames.flatMap(({ resources }) => resources.map(({ rating }) => rating)));
    expect(Math.abs(Number(single) - Number(total))).toBeLessThan(1e-5);
  });

  it('is a function of the seed and the hour', async () => {
    const [one, again, other] = await Promise.all([started(), started({ since: day }), started({ seed: 2 })]);
    expect(again.oracle('alpha', day)).toEqual(one.oracle('alpha', day));
    expect(other.oracle('alpha', day)).not.toEqual(one.oracle('alpha', day));
  });
});

describe('windows', () => {
  it('count points that begin in them with v2 storage, and points that lie in them with v1', async () => {
    const half = 'begin=2026-11-18T00:00:00&end=2026-11-18T01:30:00&service=ip.floating';
    const rate = async (storage: 'v1' | 'v2') => {
      const told = await (await asker(await started({ storage }), 'member'))(`/v1/report/summary?${half}`);
      return (told.body as { summary: { rate: string }[] }).summary.map(({ rate }) => rate);
    };
    await expect(rate('v2')).resolves.toEqual(['0.008']);
    await expect(rate('v1')).resolves.toEqual(['0.004']);
  });

  it('of nothing have six faces', async () => {
    const old = 'begin=2020-01-01T00:00:00&end=2020-02-01T00:00:00';
    const v2 = await asker(await started(), 'member');
    const v1 = await asker(await started({ storage: 'v1' }), 'member');
    expect((await v2(`/v1/report/summary?${old}`)).body).toEqual({ summary: [] });
    expect((await v1(`/v1/report/summary?${old}`)).body).toMatchObject({ summary: [{ rate: '0' }] });
    expect((await v1(`/v1/report/summary?${old}&groupby=res_type`)).body).toEqual({ summary: [] });
    expect((await v2(`/v1/report/total?${old}`)).body).toBe('0');
    expect((await v2(`/v1/storage/dataframes?${old}`)).body).toEqual({ dataframes: [] });
    expect((await v2(`/v2/summary?${old}`)).body).toEqual({
      total: 0,
      columns: [],
      results: [],
      format: 'table',
    });
    expect((await v2(`/v2/dataframes?${old}`)).status).toBe(404);
    expect((await v2(`/v2/dataframes?${window}&offset=99999`)).body).toMatchObject({ dataframes: [] });
  });

  it('are told in the zone of the server, and in v1 in none', async () => {
    const ask = await asker(await started({ zone: 'Europe/Berlin' }));
    const hour = 'begin=2026-11-18T00:00:00Z&end=2026-11-18T01:00:00Z';
    const { dataframes } = (await ask(`/v2/dataframes?${hour}`)).body as Dataframes;
    expect(dataframes[0]?.period.begin).toBe('2026-11-18T01:00:00+01:00');
    expect((await ask(`/v1/storage/dataframes?${hour}`)).text).toContain('"begin": "2026-11-18T00:00:00"');
    expect((await ask('/v2/task/reprocesses')).text).toMatch(/"start_reprocess_time": "[\dT:-]{19}"/);
  });
});

describe('pages', () => {
  it('count points, and split periods', async () => {
    const ask = await asker(await started(), 'member');
    const whole = (await ask(`/v2/dataframes?${window}&limit=9999`)).body as Dataframes;
    const countOf = ({ dataframes }: Dataframes) =>
      dataframes.flatMap(({ usage }) => Object.values(usage).flat()).length;
    expect(countOf(whole)).toBe(whole.total);
    const first = (await ask(`/v2/dataframes?${window}&limit=3`)).body as Dataframes;
    const second = (await ask(`/v2/dataframes?${window}&limit=3&offset=3`)).body as Dataframes;
    expect([countOf(first), countOf(second), first.total]).toEqual([3, 3, whole.total]);
    expect(second.dataframes[0]?.period).toEqual(first.dataframes.at(-1)?.period);
    expect(countOf((await ask(`/v2/dataframes?${window}`)).body as Dataframes)).toBe(100);
  });

  it('do not exist in v1 reports: a thousand rows, and no more, with v2 storage', async () => {
    const names = Array.from({ length: 1002 }, (_, at) => `p${at}`);
    const cloud = await started({ projects: names, servers: 1 });
    const ask = await asker(cloud, 'admin', 'p0');
    const hour = 'begin=2026-11-18T00:00:00&end=2026-11-18T01:00:00&service=ip.floating&all_tenants=false';
    const { summary } = (await ask(`/v1/report/summary?${hour}&groupby=tenant_id`)).body as {
      summary: unknown[];
    };
    expect(summary).toHaveLength(1000);
    // The last project is the empty one.
    expect((await ask(`/v1/report/summary?${hour}`)).body).toMatchObject({ summary: [{ rate: '4.004' }] });
    expect(Number((await ask(`/v1/report/total?${hour}`)).body)).toBeCloseTo(4, 6);
  });
});

describe('who may see what', () => {
  it.each([
    ['/v1/report/tenants', 403],
    ['/v1/rating/modules', 403],
    ['/v1/collector/mappings', 403],
    ['/v2/scope', 403],
    ['/v2/task/reprocesses', 403],
    ['/v2/rating/modules', 200],
    ['/v1/info/metrics', 200],
  ])('a member gets of %s %i', async (path, status) => {
    expect((await (await asker(await started(), 'member'))(path)).status).toBe(status);
  });

  it('forces a member’s own project in v2, and refuses another’s in v1', async () => {
    const cloud = await started();
    const ask = await asker(cloud, 'member');
    const [alpha, beta] = cloud.projects;
    const foreign = `/v2/summary?${window}&groupby=project_id&filters=project_id:${beta?.id}`;
    expect(((await ask(foreign)).body as Summary).results[0]?.[4]).toBe(alpha?.id);
    expect((await ask(`/v1/storage/dataframes?${window}&tenant_id=${beta?.id}`)).status).toBe(403);
  });

  it.each([
    [17, 1],
    [24, 3],
  ])('of release %i gives an administrator %i projects after a member’s summary', async (release, count) => {
    const cloud = await started({ release });
    const admin = await asker(cloud);
    const all = async () =>
      ((await admin(`/v2/summary?${window}&groupby=project_id`)).body as Summary).results.length;
    await expect(all()).resolves.toBe(3);
    await (await asker(cloud, 'member'))('/v2/summary');
    await expect(all()).resolves.toBe(count);
    const filtered = await admin(`/v2/summary?${window}&groupby=project_id&filters=type:compute`);
    expect((filtered.body as Summary).results).toHaveLength(3);
  });

  it('puts all tenants into frames under the first one’s name, for an administrator', async () => {
    const cloud = await started();
    const { dataframes } = (await (await asker(cloud))(`/v1/storage/dataframes?${window}`)).body as {
      dataframes: { tenant_id: string; resources: { desc: { project_id: string } }[] }[];
    };
    const mixed = dataframes.filter(({ tenant_id, resources }) =>
      resources.some(({ desc }) => desc.project_id !== tenant_id),
    );
    expect(mixed.length).toBeGreaterThan(0);
  });

  it.each([
    [17, ['state', 'last_processed_timestamp']],
    [12, ['state']],
    [20, ['last_processed_timestamp']],
  ])('release %i tells the state of scopes as %j', async (release, names) => {
    const { body } = await (await asker(await started({ release })))('/v2/scope');
    const [first = {}] = (body as { results: Record<string, unknown>[] }).results;
    expect(Object.keys(first).filter((name) => /state|timestamp/.test(name))).toEqual(names);
  });
});

describe('rating', () => {
  it('comes late, and a scope says how far it is', async () => {
    const cloud = await started();
    const ask = await asker(cloud);
    const last = async () =>
      ((await ask('/v2/scope')).body as { results: { last_processed_timestamp: string }[] }).results[0]
        ?.last_processed_timestamp;
    await expect(last()).resolves.toBe('2026-11-21T10:00:00+00:00');
    cloud.setFaults(['late-processing']);
    await expect(last()).resolves.toBe('2026-11-20T06:00:00+00:00');
    expect(cloud.oracle('alpha', day + 2 * DAY).every(({ hours }) => hours <= 7)).toBe(true);
    expect(cloud.oracle('alpha', day + 3 * DAY)).toEqual([]);
  });

  it('again changes the past', async () => {
    const cloud = await started();
    const before = cloud.oracleTotal('alpha', day + 2 * DAY);
    cloud.change({ rule: 'm1.small', price: '0.06', start: day + 2 * DAY, end: day + 2 * DAY + 3 * HOUR });
    // Two servers of the kind are there, and a third on that day.
    const after = new Big(cloud.oracleTotal('alpha', day + 2 * DAY)).minus(before).toFixed();
    expect(['0.06', '0.09']).toContain(after);
    cloud.setFaults(['re-rated']);
    expect(Number(cloud.oracleTotal('alpha', day + DAY))).toBeGreaterThan(Number(before) / 2);
  });

  it('from a state that was set back loses what came after it, and one hour for good', async () => {
    const cloud = await started();
    const hours = () => cloud.oracle('alpha', day).find(({ type }) => type === 'ip.floating')?.hours;
    expect(hours()).toBe(24);
    cloud.reset({ project: 'alpha', at: day + 6 * HOUR, resumed: false });
    expect(hours()).toBe(6);
    cloud.reset({ project: 'alpha', at: day + 6 * HOUR, resumed: true });
    expect(hours()).toBe(23);
  });
});

describe('a simulator', () => {
  it('has a line of help for every fault, and knows no other', async () => {
    expect(Object.values(faults).every((line) => line.length > 10)).toBe(true);
    const cloud = await started();
    expect(() => cloud.setFaults(['earthquake'])).toThrow('earthquake');
    await expect(startCloudKitty({ zone: 'Mars/Base' })).rejects.toThrow('Mars/Base');
  });

  it('is reached through its Keystone’s catalog', async () => {
    const cloud = await started({ prefix: '/rating' });
    expect(cloud.credentials).toMatchObject({ currency: 'EUR', auth_url: cloud.keystone.url });
    expect(cloud.url).toMatch(/\/rating$/);
    const { body } = await (await asker(cloud))('/');
    expect(JSON.stringify(body)).not.toContain('/rating/v1');
  });

  it('ends', async () => {
    const cloud = await startCloudKitty({ planNow: () => NOW });
    await cloud.close();
    await expect(fetch(cloud.url)).rejects.toThrow();
  });
});
