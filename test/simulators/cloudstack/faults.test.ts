import { get, type IncomingMessage } from 'node:http';
import { createGunzip } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { type FaultName, faults } from '../../../simulators/cloudstack/faults.ts';
import type { CloudStackOptions } from '../../../simulators/cloudstack/options.ts';
import { oracle } from '../../../simulators/cloudstack/oracle.ts';
import type { CloudStackSimulator } from '../../../simulators/cloudstack/server.ts';
import { signatureOf } from '../../../simulators/cloudstack/signature.ts';
import { type Answered, call, cloudStack, NOW, usage } from './caller.ts';

const DAY = 86_400_000;
const week = { startdate: '2026-11-13', enddate: '2026-11-19' };
const page = { command: 'listUsageRecords', ...week, page: '1', pagesize: '10' };

const faulty = (fault: FaultName, options: CloudStackOptions = {}) =>
  cloudStack({ faults: [fault], ...options });

/** The answers to one request asked again and again; null for one whose connection broke. */
async function asked(cloud: CloudStackSimulator, times: number): Promise<(Answered | null)[]> {
  const answers: (Answered | null)[] = [];
  for (let time = 0; time < times; time += 1) answers.push(await call(cloud, page).catch(() => null));
  return answers;
}

it('have a line of help each', () => {
  for (const [name, help] of Object.entries(faults)) expect(help, name).toMatch(/^.{20,90}$/);
});

describe('faults that pass', () => {
  it.each([
    ['429-storm', (answer: Answered | null) => answer?.status === 429],
    ['5xx', (answer: Answered | null) => answer?.status === 502 || answer?.status === 503],
    ['reset', (answer: Answered | null) => answer === null],
    ['html-200', (answer: Answered | null) => answer?.status === 200 && answer.text.startsWith('<html>')],
    ['truncated-json', (answer: Answered | null) => answer?.status === 200 && !answer.text.endsWith('}')],
  ] as const)('%s strikes now and then, alike for the same seed', async (fault, isStruck) => {
    const struck = async (seed: number) => (await asked(await faulty(fault, { seed }), 30)).map(isStruck);
    const [first, again, other] = await Promise.all([struck(1), struck(1), struck(2)]);
    expect(first.filter(Boolean).length).toBeGreaterThanOrEqual(5);
    expect(first.filter(Boolean).length).toBeLessThanOrEqual(11);
    expect(again).toEqual(first);
    expect(other).not.toEqual(first);
  });

  it('never hold one request up more than twice, even together', async () => {
    const cloud = await cloudStack({ faults: ['429-storm', '5xx', 'reset', 'html-200', 'truncated-json'] });
    const well = (await asked(cloud, 90)).map((answer) => answer?.body.count !== undefined);
    const text = well.map((one) => (one ? 'o' : 'x')).join('');
    expect(text).toContain('xx');
    expect(text).not.toContain('xxx');
  });

  it('429 says how long to wait, and the note says it too', async () => {
    const cloud = await faulty('429-storm');
    const refused = (await asked(cloud, 3)).find((answer) => answer?.status === 429);
    const wait = Number(/retry after \[(\d+)\] ms\./.exec(String(refused?.body.errortext))?.[1]);
    expect(wait).toBeGreaterThanOrEqual(50);
    const noted = cloud.requests.find(({ status }) => status === 429);
    expect([noted?.retryAfterMs, noted?.fault]).toEqual([wait, '429-storm']);
  });
});

describe('faults of the wire', () => {
  it('slow makes some requests wait', async () => {
    const cloud = await faulty('slow');
    const took: number[] = [];
    for (let time = 0; time < 6; time += 1) {
      const start = performance.now();
      expect((await call(cloud, page)).status).toBe(200);
      took.push(performance.now() - start);
    }
    expect(took.filter((ms) => ms >= 99)).toHaveLength(2);
    expect(cloud.requests.filter(({ fault }) => fault === 'slow')).toHaveLength(2);
  });

  it('slowloris never comes to the end of its head', async () => {
    const cloud = await faulty('slowloris');
    const signal = AbortSignal.timeout(400);
    await expect(fetch(`${cloud.url}?command=listUsers`, { signal })).rejects.toMatchObject({
      name: 'TimeoutError',
    });
    expect(cloud.requests[0]).toMatchObject({ fault: 'slowloris', status: null });
  });

  it('gzip-bomb is small on the wire and 256 MiB behind it', async () => {
    const cloud = await faulty('gzip-bomb');
    expect((await call(cloud, { command: 'listUsers' })).body.count).toBe(1);
    const size = await unpackedSize(cloud);
    expect(size.wire).toBeLessThan(400_000);
    expect(size.unpacked).toBeGreaterThan(256 * 1024 * 1024);
  });

  it('clock-skew shows in the date, and refuses a signature of ten minutes', async () => {
    const cloud = await faulty('clock-skew');
    const expires = new Date(NOW + 600_000).toISOString();
    const { status, headers } = await call(cloud, { command: 'listUsers', signatureversion: '3', expires });
    expect([status, headers.get('date')]).toEqual([401, new Date(NOW + 1_200_000).toUTCString()]);
  });

  it('no-permission takes usage from the role, and can be lifted', async () => {
    const cloud = await faulty('no-permission');
    expect((await call(cloud, page)).body.errortext).toMatch(
      /^The given command 'listUsageRecords' either does not exist/,
    );
    expect((await call(cloud, { command: 'listApis' })).text).not.toContain('listUsageRecords');
    cloud.setFaults([]);
    expect((await call(cloud, page)).status).toBe(200);
  });
});

describe('faults of the usage job', () => {
  it('late-rows come in the end, with later ids', async () => {
    let now = Date.UTC(2026, 10, 20, 0, 15);
    const options = { vms: 12, now: () => now };
    const cloud = await faulty('late-rows', options);
    const truth = await usage(await cloudStack(options), week);
    const first = await usage(cloud, week);
    expect(first.length / truth.length).toBeGreaterThan(0.94);
    expect(first.length).toBeLessThan(truth.length);
    now += 72 * 3_600_000;
    const last = await usage(cloud, week);
    expect(sorted(last)).toEqual(sorted(truth));
    expect(last).not.toEqual(truth);
    now += DAY;
    expect(await usage(cloud, week)).toEqual(last);
  });

  it('duplicate-rows are equal in every field, and later', async () => {
    const truth = await usage(await cloudStack({ vms: 12 }), week);
    const rows = await usage(await faulty('duplicate-rows', { vms: 12 }), week);
    const extra = rows.length - truth.length;
    expect(extra / truth.length).toBeGreaterThan(0.01);
    expect(extra / truth.length).toBeLessThan(0.05);
    expect(new Set(rows.map((row) => JSON.stringify(row)))).toEqual(
      new Set(truth.map((row) => JSON.stringify(row))),
    );
  });

  it('usage-server-stopped leaves the last week out and says so', async () => {
    const cloud = await faulty('usage-server-stopped');
    expect(await usage(cloud, { startdate: '2026-11-14', enddate: '2026-11-21' })).toEqual([]);
    expect((await usage(cloud, { startdate: '2026-11-13', enddate: '2026-11-13' })).length).toBeGreaterThan(
      0,
    );
    expect((await call(cloud, { command: 'listUsageServerMetrics' })).body.usageMetrics).toMatchObject({
      state: 'Down',
      lastsuccessfuljob: '2026-11-13T23:59:59+0000',
    });
    cloud.setFaults([]);
    expect((await usage(cloud, { startdate: '2026-11-14', enddate: '2026-11-21' })).length).toBeGreaterThan(
      0,
    );
  });

  it('suspect-empty-day is one day between full ones', async () => {
    const truth = await usage(await cloudStack(), week);
    const rows = await usage(await faulty('suspect-empty-day'), week);
    const starts = (list: typeof rows) => new Set(list.map(({ startdate }) => startdate));
    const missing = [...starts(truth)].filter((start) => !starts(rows).has(start));
    expect(missing).toHaveLength(1);
    expect(rows).toEqual(truth.filter(({ startdate }) => startdate !== missing[0]));
    expect(missing[0]).not.toBe(truth.at(-1)?.startdate);
  });

  it('bad-row is the same one row, whatever it is asked for with', async () => {
    const cloud = await faulty('bad-row', { role: 'domain-admin' });
    const bad = (await usage(cloud, { ...week, isrecursive: 'true' })).filter(
      ({ rawusage }) => rawusage === 'NaN',
    );
    expect(bad).toHaveLength(1);
    const date = String(bad[0]?.startdate).slice(0, 10);
    const narrower = await usage(cloud, { startdate: date, enddate: date, isrecursive: 'true' });
    expect(narrower.filter(({ rawusage }) => rawusage === 'NaN')).toEqual(bad);
  });
});

describe('faults of pages', () => {
  it('page-drift moves rows in one walk and not in the next', async () => {
    const truth = await usage(await cloudStack(), week);
    for (const seed of [1, 2, 3, 4]) {
      const cloud = await faulty('page-drift', { seed });
      const whole = seed === 1 ? truth : await usage(await cloudStack({ seed }), week);
      const counts: unknown[] = [];
      const drifted = [];
      for (const number of ['1', '2', '3']) {
        const { body } = await call(cloud, { ...page, page: number, pagesize: '100' });
        counts.push(body.count);
        drifted.push(...(body.usagerecord as unknown[]));
      }
      expect(new Set(counts)).toEqual(new Set([whole.length, whole.length - 1]));
      expect(drifted).not.toEqual(whole.slice(0, 300));
      expect(await usage(cloud, week, 100)).toEqual(whole);
    }
  });

  it('page-drift leaves a single page alone', async () => {
    const day = { startdate: '2026-11-13', enddate: '2026-11-13' };
    expect(await usage(await faulty('page-drift'), day)).toEqual(await usage(await cloudStack(), day));
  });

  it('repeat-page gives page one for ever', async () => {
    const cloud = await faulty('repeat-page');
    const first = (await call(cloud, page)).body;
    expect((await call(cloud, { ...page, page: '2' })).body).toEqual(first);
    expect((await call(cloud, { ...page, page: '999' })).body).toEqual(first);
  });

  it('lying-count promises more than there is', async () => {
    const rows = await usage(await cloudStack(), week);
    const { body } = await call(await faulty('lying-count'), page);
    expect(body.count).toBeGreaterThan(rows.length);
    expect(body.count).toBeLessThanOrEqual(rows.length + 7);
  });

  it('missing-array leaves the array out of page one', async () => {
    const cloud = await faulty('missing-array');
    const truth = oracle(cloud, { start: Date.UTC(2026, 10, 13), end: Date.UTC(2026, 10, 20) });
    expect((await call(cloud, page)).body).toEqual({ count: truth.length });
    expect((await call(cloud, { ...page, page: '2' })).body.usagerecord).toHaveLength(10);
  });
});

function sorted(rows: readonly unknown[]): string[] {
  return rows.map((row) => JSON.stringify(row)).sort();
}

async function unpackedSize(cloud: CloudStackSimulator): Promise<{ wire: number; unpacked: number }> {
  const parameters = { ...page, response: 'json', apikey: cloud.credentials.api_key };
  const signature = signatureOf(parameters, cloud.credentials.secret_key, 'sha1');
  const size = { wire: 0, unpacked: 0 };
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    get(`${cloud.url}?${new URLSearchParams({ ...parameters, signature })}`, resolve).on('error', reject);
  });
  response.on('data', (chunk: Buffer) => {
    size.wire += chunk.length;
  });
  for await (const chunk of response.pipe(createGunzip())) size.unpacked += (chunk as Buffer).length;
  return size;
}
