import Big from 'big.js';
import { describe, expect, it } from 'vitest';
import { DAY, HOUR, type Millis } from '../../../lib/time.ts';
import type { CloudKittySimulator } from '../../../simulators/cloudkitty/server.ts';
import { account, DAY_ONE, NOW, simulated } from './connected.ts';

const three = { range: { start: DAY_ONE, end: DAY_ONE + 3 * DAY } };
const days = [0, 1, 2].map((day) => DAY_ONE + day * DAY);
const nameOf = (day: Millis) => new Date(day).toISOString().slice(0, 10);
const idOf = ({ projects }: CloudKittySimulator, name: string) =>
  projects.find((project) => project.name === name)?.id ?? '';
const rounded = (amount: string, places = 9) => new Big(amount).round(places).toFixed();

interface Document {
  readonly currency: string;
  readonly spend_date: string;
  readonly items: readonly { remote_id: string; resource_type: string; amount: number }[];
  readonly amount: number;
}

/** The document of a project's day. */
function document(acme: ReturnType<typeof account>, project: string, day: Millis): Document {
  return JSON.parse(acme.read(`spend/acme/${project}/${nameOf(day)}.json`)) as Document;
}

describe('what a day cost', () => {
  it.each([
    ['v2', 'admin'],
    ['v2', 'member'],
    ['v2', 'reader'],
    ['v1', 'admin'],
    ['v1', 'member'],
  ] as const)('is what the oracle says: %s storage, as %s', async (storage, role) => {
    const cloud = await simulated({ storage, role, zone: 'Europe/Berlin' });
    const acme = account(cloud.credentials);
    await acme.run('spend', NOW, three);
    // A price in single precision is good for six digits.
    const places = storage === 'v1' ? 5 : 9;
    for (const project of role === 'admin' ? ['alpha', 'beta', 'gamma'] : ['alpha']) {
      for (const day of days) {
        const { items, amount, ...head } = document(acme, idOf(cloud, project), day);
        expect(head).toEqual({ currency: 'EUR', spend_date: nameOf(day) });
        const got = items.map((one) => [
          one.resource_type,
          one.remote_id,
          rounded(String(one.amount), places),
        ]);
        const oracle = cloud.oracle(project, day);
        expect(got.sort()).toEqual(
          oracle.map(({ type, id, amount }) => [type, id, rounded(amount, places)]).sort(),
        );
        expect(rounded(String(amount), places)).toBe(rounded(cloud.oracleTotal(project, day), places));
      }
    }
  });

  it('is the same to the last digit from a summary, from points of v2 and from points of v1', async () => {
    const cloud = await simulated({ role: 'member' });
    const summed = account(cloud.credentials);
    await summed.run('spend', NOW, three);
    cloud.setFaults(['lost-ids']);
    const pointed = account(cloud.credentials);
    await pointed.run('spend', NOW, three);
    expect(cloud.requests.some(({ path }) => path === '/v2/dataframes')).toBe(true);
    for (const day of days) {
      const file = `spend/acme/${idOf(cloud, 'alpha')}/${nameOf(day)}.json`;
      expect(pointed.read(file)).toBe(summed.read(file));
      expect(summed.read(file)).toContain(`"amount":${cloud.oracleTotal('alpha', day)}}`);
    }
  });

  it.each([
    [10, 'admin'],
    [10, 'member'],
    [12, 'admin'],
    [12, 'member'],
    [24, 'reader'],
  ] as const)('is read from release %i as %s by what that offers', async (release, role) => {
    const cloud = await simulated({ release, role });
    const acme = account({ ...cloud.credentials, project_ids: [idOf(cloud, 'alpha')] });
    const { windows } = await acme.run('spend', NOW, three);
    expect(windows.map(({ amount = '' }) => rounded(amount))).toEqual(
      days.map((day) => rounded(cloud.oracleTotal('alpha', day))),
    );
    const usage = await acme.run('metrics', NOW, three);
    expect(usage.windows.map(({ records }) => records)).toEqual(
      days.map((day) => cloud.oracle('alpha', day).reduce((count, { hours }) => count + hours, 0)),
    );
  });

  it('keeps what costs nothing', async () => {
    const cloud = await simulated({ role: 'member' });
    const acme = account(cloud.credentials);
    await acme.run('spend', NOW, three);
    const free = document(acme, idOf(cloud, 'alpha'), DAY_ONE).items.filter(
      ({ resource_type }) => resource_type === 'image.size',
    );
    expect(free).toEqual([expect.objectContaining({ amount: 0 })]);
  });

  it('passes over the holes of a time series', async () => {
    const cloud = await simulated({ role: 'member', faults: ['null-rates'] });
    const acme = account(cloud.credentials);
    const { windows } = await acme.run('spend', NOW, three);
    expect(windows.map(({ records, quarantined }) => [records, quarantined])).toEqual(
      days.map((day) => [cloud.oracle('alpha', day).length, 0]),
    );
  });

  it('asks one project and one UTC day at a time, always with a filter', async () => {
    const cloud = await simulated();
    await account(cloud.credentials).run('spend', NOW, three);
    const summaries = cloud.requests.filter(({ path }) => path === '/v2/summary');
    expect(summaries.length).toBeGreaterThan(0);
    for (const { parameters } of summaries) {
      expect(parameters.begin).toMatch(/^2026-11-\d\dT00:00:00Z$/);
      expect(Date.parse(parameters.end ?? '') - Date.parse(parameters.begin ?? '')).toBe(DAY);
      expect(parameters.filters).toMatch(/^project_id:[0-9a-f]{32}$/);
    }
  });

  it('is not touched by another caller’s filter that stuck', async () => {
    const cloud = await simulated();
    const beta = cloud.credentialsOf('member', 'beta');
    // Somebody's summary without a filter, with the server's own client.
    const login = await fetch(`${cloud.keystone.url}/auth/tokens`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        auth: {
          identity: {
            methods: ['password'],
            password: { user: { name: 'member', domain: { name: 'Default' }, password: beta.password } },
          },
          scope: { project: { name: 'beta', domain: { name: 'Default' } } },
        },
      }),
    });
    const token = login.headers.get('x-subject-token') ?? '';
    await fetch(`${cloud.url}/v2/summary`, { headers: { 'x-auth-token': token } });
    const acme = account(cloud.credentials);
    await acme.run('spend', NOW, three);
    expect(rounded(String(document(acme, idOf(cloud, 'alpha'), DAY_ONE).amount))).toBe(
      rounded(cloud.oracleTotal('alpha', DAY_ONE)),
    );
  });
});

describe('whether a day is final', () => {
  const last = { range: { start: DAY_ONE + 2 * DAY, end: DAY_ONE + 3 * DAY } };

  it.each([
    ['22:00', 14, false],
    ['23:00', 13, true],
  ])('is known when %s was the last hour rated', async (_, lag, settled) => {
    const cloud = await simulated({ lag });
    const acme = account({ ...cloud.credentials, project_ids: [idOf(cloud, 'alpha')] });
    const { windows } = await acme.run('spend', NOW, last);
    expect(windows).toMatchObject([{ settled }]);
  });

  it('is not while a task rates it again', async () => {
    const cloud = await simulated({ faults: ['reprocessing'] });
    const acme = account({ ...cloud.credentials, project_ids: [idOf(cloud, 'alpha')] });
    const { windows } = await acme.run('spend', NOW, three);
    expect(windows.map(({ settled }) => settled)).toEqual([true, false, false]);
  });

  it('is decided by the lookback for a member, who may not ask', async () => {
    let now = NOW;
    const cloud = await simulated({ role: 'member', planNow: () => now });
    const acme = account(cloud.credentials);
    const { windows } = await acme.run('spend', NOW, three);
    expect(windows.map(({ settled }) => settled)).toEqual([false, false, false]);
    now += 3 * DAY;
    const later = await acme.run('spend', NOW + 3 * DAY);
    expect(later.windows.filter(({ settled }) => settled).map(({ start }) => start)).toEqual(
      days.slice(0, 3).map((day) => `${nameOf(day)}T00:00:00Z`),
    );
  });
});

describe('a day without anything', () => {
  it('cost nothing when it was rated', async () => {
    const cloud = await simulated();
    const empty = idOf(cloud, 'empty');
    const acme = account({ ...cloud.credentials, project_ids: [empty] });
    const { windows } = await acme.run('spend', NOW, { range: { start: DAY_ONE, end: DAY_ONE + DAY } });
    expect(windows).toMatchObject([{ records: 0, settled: true, amount: '0' }]);
    expect(document(acme, empty, DAY_ONE)).toEqual({
      currency: 'EUR',
      spend_date: '2026-11-18',
      items: [],
      amount: 0,
    });
  });

  it('is not one that cost nothing when it was not rated, and holds up none before it', async () => {
    const cloud = await simulated({ lag: 40 });
    const alpha = idOf(cloud, 'alpha');
    const acme = account({ ...cloud.credentials, project_ids: [alpha] });
    await expect(acme.run('spend', NOW, three)).rejects.toMatchObject({
      name: 'NoBillingReport',
      retryable: true,
      message: expect.stringContaining('2026-11-20'),
    });
    expect(acme.files('spend').map((file) => file.split('/').at(-1))).toEqual([
      '2026-11-18.json',
      '2026-11-19.json',
    ]);
  });

  it('is believed of a member’s project once later usage or the lookback shows it', async () => {
    const cloud = await simulated({ role: 'reader', since: DAY_ONE + DAY });
    const acme = account(cloud.credentials);
    const first = { range: { start: DAY_ONE, end: DAY_ONE + DAY } };
    await expect(acme.run('spend', NOW, first)).resolves.toMatchObject({ windows: [{ amount: '0' }] });
    const nobody = account(cloud.credentialsOf('reader', 'empty'));
    await expect(nobody.run('spend', NOW, first)).rejects.toMatchObject({ name: 'NoBillingReport' });
    const later = await nobody.run('spend', DAY_ONE + 4 * DAY, first);
    expect(later.windows).toMatchObject([{ amount: '0' }]);
  });
});

describe('days that are read again', () => {
  const alphaOf = (cloud: CloudKittySimulator) => ({
    ...cloud.credentials,
    project_ids: [idOf(cloud, 'alpha')],
  });

  it('say both amounts when they were rated again', async () => {
    const cloud = await simulated();
    const acme = account(alphaOf(cloud));
    const before = days.map((day) => cloud.oracleTotal('alpha', day));
    await acme.run('spend', NOW, three);
    cloud.change({ rule: 'm1.small', price: '0.06', start: DAY_ONE + 2 * DAY + 10 * HOUR, end: NOW });
    const again = await acme.run('spend', NOW + 2 * HOUR);
    const changed = again.windows.filter((window) => window.changed);
    expect(changed).toMatchObject([
      {
        start: '2026-11-20T00:00:00Z',
        amount: cloud.oracleTotal('alpha', DAY_ONE + 2 * DAY),
        amount_before: before[2],
      },
    ]);
    expect(rounded(String(document(acme, idOf(cloud, 'alpha'), DAY_ONE + 2 * DAY).amount))).toBe(
      rounded(cloud.oracleTotal('alpha', DAY_ONE + 2 * DAY)),
    );
  });

  it('grow when rating was late, and fall when a state was set back', async () => {
    const cloud = await simulated({ lag: 20 });
    const acme = account(alphaOf(cloud));
    const partial = await acme.run('spend', NOW, three);
    expect(partial.windows.at(-1)).toMatchObject({ settled: false, start: '2026-11-20T00:00:00Z' });
    cloud.reset({ project: 'alpha', at: DAY_ONE + 2 * DAY + 6 * HOUR, resumed: false });
    const fallen = await acme.run('spend', NOW + 2 * HOUR);
    const [window] = fallen.windows.filter(({ changed }) => changed);
    expect(Number(window?.amount)).toBeLessThan(Number(window?.amount_before));
    cloud.reset({ project: 'alpha', at: DAY_ONE + 2 * DAY + 6 * HOUR, resumed: true });
    const restored = await acme.run('spend', NOW + 4 * HOUR);
    const [grown] = restored.windows.filter(({ changed }) => changed);
    expect(Number(grown?.amount)).toBeGreaterThan(Number(grown?.amount_before));
    expect(grown?.amount).toBe(cloud.oracleTotal('alpha', DAY_ONE + 2 * DAY));
  });
});

describe('whose usage is read', () => {
  it('is everybody’s for an administrator, one project in each partition', async () => {
    const cloud = await simulated();
    const { windows } = await account(cloud.credentials).run('spend', NOW, three);
    const expected = cloud.projects.map(({ id }) => id).sort();
    expect([...new Set(windows.map(({ partition }) => partition))].sort()).toEqual(expected);
  });

  it('is never another project’s in place of the one that was asked for', async () => {
    const cloud = await simulated({ role: 'member' });
    const acme = account({ ...cloud.credentials, project_ids: [idOf(cloud, 'gamma')] });
    await expect(acme.run('spend', NOW, three)).rejects.toMatchObject({
      name: 'InsufficientPermission',
      code: 'FOREIGN_PROJECT',
    });
    expect(acme.files('spend')).toEqual([]);
  });
});
