import { describe, expect, it } from 'vitest';
import { startCloudStack } from '../../../simulators/cloudstack/index.ts';
import { call, cloudStack, NOW } from './caller.ts';

describe('answers', () => {
  it('are XML unless JSON was asked for in exactly these letters', async () => {
    const cloud = await cloudStack();
    for (const form of [
      { response: undefined },
      { response: undefined, Response: 'json' },
      { response: 'JSON' },
    ]) {
      const { text, headers } = await call(cloud, { command: 'listCapabilities', ...form });
      expect(headers.get('content-type')).toBe('text/xml; charset=UTF-8');
      expect(text).toMatch(
        /^<\?xml .*<listcapabilitiesresponse cloud-stack-version="4\.20\.1\.0"><capability>/,
      );
    }
    const refused = await call(cloud, { command: 'listUsers', response: undefined }, { secretKey: 'x' });
    expect(refused.status).toBe(401);
    expect(refused.text).toContain('<errorcode>401</errorcode>');
  });

  it('name the content as their release does', async () => {
    const typeOf = async (dateFormat: 'quoted' | 'offset') =>
      (await call(await cloudStack({ dateFormat }), { command: 'listUsers' })).headers.get('content-type');
    expect(await typeOf('quoted')).toBe('text/javascript; charset=UTF-8');
    expect(await typeOf('offset')).toBe('application/json; charset=UTF-8');
  });

  it('carry the date of the server’s own clock', async () => {
    const { headers } = await call(await cloudStack(), { command: 'listUsers' });
    expect(headers.get('date')).toBe(new Date(NOW).toUTCString());
  });
});

describe('commands', () => {
  it('list the settings of the usage job', async () => {
    const cloud = await cloudStack({ zone: 'Europe/Berlin', rangeMinutes: 60, maxPageSize: 200 });
    const settingOf = async (name: string) =>
      (await call(cloud, { command: 'listConfigurations', name })).body.configuration;
    expect(await settingOf('usage.aggregation.timezone')).toMatchObject([{ value: 'Europe/Berlin' }]);
    expect(await settingOf('usage.stats.job.aggregation.range')).toMatchObject([{ value: '60' }]);
    expect(await settingOf('default.page.size')).toMatchObject([{ value: '200' }]);
    expect(await settingOf('usage.nothing')).toBeUndefined();
  });

  it('say how far the usage job has come', async () => {
    const atClock = async (now: number, zone: string) => {
      const cloud = await cloudStack({ now: () => now, zone });
      return (await call(cloud, { command: 'listUsageServerMetrics' })).body;
    };
    const midnight = Date.UTC(2026, 10, 20, 23);
    expect(await atClock(midnight + 14 * 60_000, 'Europe/Berlin')).toMatchObject({
      usageMetrics: { state: 'Up', lastsuccessfuljob: '2026-11-19T22:59:59+0000' },
    });
    expect(await atClock(midnight + 15 * 60_000, 'Europe/Berlin')).toMatchObject({
      usageMetrics: { state: 'Up', lastsuccessfuljob: '2026-11-20T22:59:59+0000' },
    });
  });

  it('tell a caller who it is', async () => {
    const cloud = await cloudStack({ role: 'domain-admin' });
    const { body } = await call(cloud, { command: 'getUser', userapikey: cloud.credentials.api_key });
    expect(body.user).toMatchObject({
      account: 'acme-admin',
      domain: 'acme',
      roletype: 'DomainAdmin',
      accounttype: 2,
    });
    expect((await call(cloud, { command: 'listUsers' })).body).toEqual({ count: 1, user: [body.user] });
  });

  it('list usage types under the names of their release', async () => {
    const firstOf = async (dateFormat: 'quoted' | 'offset') => {
      const { body } = await call(await cloudStack({ dateFormat }), { command: 'listUsageTypes' });
      return [body.count, (body.usagetype as unknown[])[0]];
    };
    expect(await firstOf('offset')).toEqual([
      25,
      { id: 1, name: 'RUNNING_VM', description: 'Running Vm Usage' },
    ]);
    expect(await firstOf('quoted')).toEqual([25, { usagetypeid: 1, description: 'Running Vm Usage' }]);
  });
});

describe('the simulator', () => {
  it('remembers requests without what is secret', async () => {
    const cloud = await cloudStack();
    const expires = '2026-11-21T12:15:00+0000';
    await call(cloud, { command: 'listUsers', page: '1', pagesize: '7', signatureversion: '3', expires });
    const [note] = cloud.requests;
    expect(note).toEqual({
      number: 0,
      method: 'GET',
      path: '/client/api',
      command: 'listUsers',
      page: 1,
      parameters: { command: 'listUsers', page: '1', pagesize: '7', response: 'json' },
      at: note?.at,
      status: 200,
      fault: null,
      retryAfterMs: null,
    });
  });

  it('derives its credentials from the seed and the role', async () => {
    const keys = async (seed: number, role: 'root-admin' | 'domain-admin') =>
      (await cloudStack({ seed, role })).credentials.api_key;
    const [one, again, other, lesser] = await Promise.all([
      keys(1, 'root-admin'),
      keys(1, 'root-admin'),
      keys(2, 'root-admin'),
      keys(1, 'domain-admin'),
    ]);
    expect(one).toMatch(/^[\w-]{86}$/);
    expect(again).toBe(one);
    expect(new Set([one, other, lesser]).size).toBe(3);
  });

  it('is asked and told without a signature', async () => {
    const cloud = await cloudStack({ seed: 5 });
    await call(cloud, { command: 'listUsers' });
    const door = new URL('/__simulator', cloud.url);
    const tell = (body: string) => fetch(door, { method: 'POST', body });
    expect(await (await fetch(door)).json()).toEqual({ requests: 1, faults: [], seed: 5 });
    expect(await (await tell('{"faults":["no-permission"]}')).json()).toMatchObject({
      faults: ['no-permission'],
    });
    expect((await call(cloud, { command: 'listUsageRecords' })).status).toBe(401);
    const refused = await tell('{"faults":["no-such"]}');
    expect([refused.status, await refused.json()]).toEqual([400, { error: 'Unknown fault: no-such' }]);
    expect((await tell('{"faults":"slow"}')).status).toBe(400);
  });

  it('refuses faults and zones that it does not know', async () => {
    await expect(startCloudStack({ faults: ['no-such'] })).rejects.toMatchObject({
      name: 'InvalidConfig',
      code: 'UNKNOWN_FAULT',
    });
    await expect(startCloudStack({ zone: 'Mars/Olympus' })).rejects.toMatchObject({ name: 'InvalidConfig' });
  });

  it('says that another path is not there', async () => {
    const cloud = await cloudStack();
    expect((await fetch(new URL('/client', cloud.url))).status).toBe(404);
  });
});
