import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { FaultName } from '../../../simulators/almanach/faults.ts';
import { faults } from '../../../simulators/almanach/index.ts';
import type { AlmanachOptions } from '../../../simulators/almanach/options.ts';
import type { AlmanachSimulator } from '../../../simulators/almanach/server.ts';
import { type Answered, almanach, call, list, NOW, type ShownRow } from './caller.ts';

const HOUR = 3_600_000;
const all = ['2026-09-01 00:00:00', '2026-12-01 00:00:00'] as const;
const query = 'start=2026-09-01+00:00:00.0&end=2026-12-01+00:00:00.0';
const types = '/v1/volume_types';

const faulty = (fault: FaultName, options: AlmanachOptions = {}) => almanach({ faults: [fault], ...options });
const first = ({ projects }: AlmanachSimulator) => projects[0]?.id ?? '';
const statusOf = async (cloud: AlmanachSimulator, path: string) => (await call(cloud, path)).status;
const at = (text: string) => Date.parse(text.replace(' ', 'T'));

/** The answers to one request asked again and again; null for one whose connection broke. */
async function asked(cloud: AlmanachSimulator, times: number): Promise<(Answered | null)[]> {
  const answers: (Answered | null)[] = [];
  for (let time = 0; time < times; time += 1) answers.push(await call(cloud, types).catch(() => null));
  return answers;
}

it('have a line of help each', () => {
  for (const [name, help] of Object.entries(faults)) expect(help, name).toMatch(/^.{20,90}$/);
});

describe('faults of the wire', () => {
  it.each([
    ['5xx', (answer: Answered | null) => answer?.status === 502 || answer?.status === 503],
    ['reset', (answer: Answered | null) => answer === null],
    ['html-200', (answer: Answered | null) => answer?.status === 200 && answer.text.startsWith('<html>')],
    ['truncated-json', (answer: Answered | null) => answer?.status === 200 && !answer.text.endsWith(']')],
  ] as const)('%s strikes now and then, alike for the same seed', async (fault, isStruck) => {
    const struck = async (seed: number) => (await asked(await faulty(fault, { seed }), 30)).map(isStruck);
    const [once, again, other] = await Promise.all([struck(1), struck(1), struck(2)]);
    expect(once.filter(Boolean).length).toBeGreaterThanOrEqual(5);
    expect(once.filter(Boolean).length).toBeLessThanOrEqual(9);
    expect(again).toEqual(once);
    expect(other).not.toEqual(once);
  });

  it('are noted with the status that was answered', async () => {
    const cloud = await almanach({ faults: ['5xx', 'reset'] });
    await asked(cloud, 12);
    const struck = cloud.requests.filter(({ fault }) => fault !== null);
    expect(struck.length).toBeGreaterThan(2);
    for (const { fault, status } of struck) expect(status === null).toBe(fault === 'reset');
  });

  it('slow lets a request wait, and answers it', async () => {
    const cloud = await faulty('slow');
    expect((await asked(cloud, 3)).map((answer) => answer?.status)).toEqual([200, 200, 200]);
    expect(cloud.requests.filter(({ fault }) => fault === 'slow')).toHaveLength(1);
  });

  it('slowloris never ends its head', async () => {
    const cloud = await faulty('slowloris');
    const socket = connect(Number(new URL(cloud.url).port), '127.0.0.1');
    socket.write(`GET ${types} HTTP/1.1\r\nHost: x\r\n\r\n`);
    let text = '';
    for await (const chunk of socket) {
      text += chunk;
      if (text.length >= 3) break;
    }
    expect(text).toBe('HTTP/1.1 200 OK'.slice(0, text.length));
    expect(cloud.requests[0]?.fault).toBe('slowloris');
  });

  it('gzip-bomb sends little that unpacks to much', async () => {
    const cloud = await faulty('gzip-bomb');
    const headers = { 'x-auth-token': String(cloud.credentials.token) };
    const asking = get(`${cloud.url}/v1/project/${first(cloud)}/entities?${query}`, { headers });
    const [response] = (await once(asking, 'response')) as [IncomingMessage];
    let size = 0;
    for await (const chunk of response) size += chunk.length;
    expect(response.headers['content-encoding']).toBe('gzip');
    expect(size).toBeLessThan(400_000);
  });

  it('single-threaded lets an idle connection block those that came later, until it closes', async () => {
    const cloud = await faulty('single-threaded');
    const idle = connect(Number(new URL(cloud.url).port), '127.0.0.1');
    await once(idle, 'connect');
    let answered = false;
    const waiting = call(cloud, types).then((answer) => {
      answered = true;
      return answer;
    });
    for (let turn = 0; turn < 5; turn += 1) await call(cloud, '/__simulator');
    expect(answered).toBe(false);
    expect(cloud.requests).toHaveLength(0);
    idle.destroy();
    expect((await waiting).status).toBe(200);
  });

  it('serves one request per connection, many at a time when it is not single-threaded', async () => {
    const cloud = await almanach();
    const idle = connect(Number(new URL(cloud.url).port), '127.0.0.1');
    await once(idle, 'connect');
    const answers = await Promise.all(Array.from({ length: 10 }, () => call(cloud, types)));
    expect(answers.map(({ headers }) => headers.get('connection'))).toEqual(Array(10).fill('close'));
    idle.destroy();
  });
});

describe('faults of access', () => {
  const validate = async () => 'valid' as const;

  it.each(['keystone', 'mixed'] as const)('in %s mode Keystone’s troubles are told apart', async (auth) => {
    const answered = async (fault: FaultName) =>
      call(await faulty(fault, { auth, validate }), types, { token: 'of Keystone' });
    const unreachable = await answered('keystone-unreachable');
    expect(unreachable).toMatchObject({ status: 500, type: 'text/html' });
    expect(unreachable.text).toContain('<title>500 Internal Server Error</title>');
    expect(await answered('service-account-refused')).toMatchObject({ status: 401, text: 'Unauthorized' });
  });

  it('token-expiry ends a token after three calls, not the next one, and not the private key', async () => {
    const cloud = await faulty('token-expiry', { auth: 'mixed', validate });
    const statuses = async (token?: string) => {
      const found = [];
      for (let turn = 0; turn < 4; turn += 1) {
        found.push((await call(cloud, types, token === undefined ? {} : { token })).status);
      }
      return found;
    };
    expect(await statuses('first')).toEqual([200, 200, 200, 401]);
    expect(await statuses('second')).toEqual([200, 200, 200, 401]);
    expect(await statuses()).toEqual([200, 200, 200, 200]);
  });
});

describe('faults of the rows', () => {
  const listed = async (options: AlmanachOptions): Promise<ShownRow[]> => {
    const cloud = await almanach({ lives: 8, ...options });
    return list(cloud, first(cloud), all);
  };
  const keyOf = ({ entity_id, start }: ShownRow) => `${entity_id} ${start}`;

  it('missing-array answers listings with an object', async () => {
    const cloud = await faulty('missing-array');
    for (const kind of ['entities', 'instances', 'volumes']) {
      expect((await call(cloud, `/v1/project/${first(cloud)}/${kind}?${query}`)).text).toBe('{}');
    }
    expect((await call(cloud, types)).text).toMatch(/^\[/);
  });

  it('unknown-entity-type poisons the mixed listing of one project only', async () => {
    const cloud = await faulty('unknown-entity-type');
    const of = (project: string | undefined, kind: string) => `/v1/project/${project}/${kind}?${query}`;
    const poisoned = await call(cloud, of(first(cloud), 'entities'));
    expect(poisoned).toMatchObject({ status: 500, type: 'application/json' });
    expect(poisoned.text).toBe('{"error": "Unsupported entity type: \\"network\\""}');
    expect(await statusOf(cloud, of(first(cloud), 'instances'))).toBe(200);
    expect(await statusOf(cloud, of(first(cloud), 'volumes'))).toBe(200);
    expect(await statusOf(cloud, of(cloud.projects[1]?.id, 'entities'))).toBe(200);
  });

  it('old-release has no /v1, and rows of the older form', async () => {
    const cloud = await faulty('old-release');
    expect(await statusOf(cloud, '/v1/info')).toBe(404);
    expect(await statusOf(cloud, '/info')).toBe(200);
    const { text } = await call(cloud, `/project/${first(cloud)}/instances?${query}`);
    const [row] = JSON.parse(text) as ShownRow[];
    expect(row).toHaveProperty('os');
    expect(row).not.toHaveProperty('processed');
    expect(row).not.toHaveProperty('image_meta');
  });

  it('end-missing-local-clock leaves out what began in the last five hours', async () => {
    const recent = '2026-11-21T09:00:00Z';
    const rows = [{ entity_type: 'instance', entity_id: 'i', project_id: 'p', start: recent, end: null }];
    const path = '/v1/project/p/entities?start=2026-11-01+00:00:00.0';
    expect((await call(await faulty('end-missing-local-clock', { rows }), path)).text).toBe('[]');
    expect((await call(await almanach({ rows }), path)).text).not.toBe('[]');
  });

  it('nan-size and string-dates-garbage spoil some rows, the others stay', async () => {
    const well = await listed({});
    const sizes = await listed({ faults: ['nan-size'] });
    const spoiltSizes = sizes.filter((row) => row.size === 'NaN');
    expect(spoiltSizes.length).toBeGreaterThan(2);
    expect(spoiltSizes.length).toBeLessThan(well.filter((row) => row.entity_type === 'volume').length / 2);
    const dates = await listed({ faults: ['string-dates-garbage'] });
    const spoiltDates = dates.filter(({ start }) => start === 'the other day');
    expect(spoiltDates.length).toBeGreaterThan(2);
    expect(dates.length - spoiltDates.length).toBeGreaterThan(well.length / 2);
  });

  /** Day after day, the rows of the first project: as they are in truth, and as the fault lets them be seen. */
  async function* days(fault: FaultName) {
    let now = NOW - 25 * 24 * HOUR;
    const options = { lives: 12, now: () => now };
    const [truth, seen] = [await almanach(options), await faulty(fault, options)];
    for (; now <= NOW; now += 24 * HOUR) {
      const [well, spoilt] = [await list(truth, first(truth), all), await list(seen, first(seen), all)];
      yield { now, truth: well, seen: new Map(spoilt.map((row) => [keyOf(row), row.end])) };
    }
  }

  it('late-rows shows some rows up to two days late', async () => {
    const ages: number[] = [];
    for await (const { now, truth, seen } of days('late-rows')) {
      const missing = truth.filter((row) => !seen.has(keyOf(row)));
      ages.push(...missing.map(({ start }) => now - at(start)));
    }
    expect(ages.length).toBeGreaterThan(2);
    for (const age of ages) expect(age).toBeLessThanOrEqual(48 * HOUR);
  });

  it.each(['late-ends', 'rewritten-rows'] as const)(
    '%s shows some ends wrongly for up to two days',
    async (fault) => {
      const ages: number[] = [];
      for await (const { now, truth, seen } of days(fault)) {
        expect(seen.size).toBe(new Set(truth.map(keyOf)).size);
        const wrong = truth.filter((row) => seen.get(keyOf(row)) !== row.end && !isTwice(truth, row));
        ages.push(...wrong.map(({ end }) => now - at(end ?? '')));
      }
      expect(ages.length).toBeGreaterThan(2);
      for (const age of ages) expect(age).toBeLessThanOrEqual(48 * HOUR);
    },
  );

  it.each(['ghost-rows', 'rewritten-starts'] as const)(
    '%s shows some rows that are not so, for a while',
    async (fault) => {
      const ages: number[] = [];
      for await (const { now, truth, seen } of days(fault)) {
        const known = new Set(truth.map(keyOf));
        const untrue = [...seen.keys()].filter((key) => !known.has(key));
        ages.push(...untrue.map((key) => now - at(key.slice(key.indexOf(' ') + 1))));
      }
      expect(ages.length).toBeGreaterThan(2);
      for (const age of ages) expect(age).toBeLessThanOrEqual(48 * HOUR);
    },
  );

  const isTwice = (rows: readonly ShownRow[], row: ShownRow) =>
    rows.filter((other) => keyOf(other) === keyOf(row)).length > 1;
});
