import { describe, expect, it } from 'vitest';
import type { CloudStackClient } from '../../../functions/cloudstack/client.ts';
import { logsStream } from '../../../functions/cloudstack/events.ts';
import { DAY, HOUR, type Interval, MINUTE } from '../../../lib/time.ts';
import { eventOracle } from '../../../simulators/cloudstack/inventory-oracle.ts';
import type { CloudStackOptions } from '../../../simulators/cloudstack/options.ts';
import { NOW, scripted, signal, simulated } from './connected.ts';

const start = Date.UTC(2026, 10, 10);
const hour: Interval = { start, end: start + HOUR };
const collect = (client: CloudStackClient, span: Interval) => logsStream.collect(client, { span, signal });
const event = (id: string, created: string, rest: Record<string, unknown> = {}) => ({
  id,
  type: 'VM.START',
  level: 'INFO',
  description: `event ${id}`,
  created,
  ...rest,
});

describe('the log is what happened', () => {
  it.each<[string, CloudStackOptions]>([
    ['in a zone of the server’s that is ahead', { seed: 1, zone: 'Pacific/Kiritimati' }],
    [
      'in one that is behind, of a former release',
      { seed: 2, zone: 'Pacific/Pago_Pago', dateFormat: 'quoted' },
    ],
    [
      'in one that is ahead, of a former release',
      { seed: 3, zone: 'Pacific/Kiritimati', dateFormat: 'quoted' },
    ],
    ['for a domain administrator', { seed: 4, role: 'domain-admin' }],
    ['for a user', { seed: 5, role: 'user' }],
    ['in pages of four', { seed: 6, maxPageSize: 4 }],
    ['in listings that move', { seed: 7, maxPageSize: 4, faults: ['page-drift'] }],
  ])('%s', async (_, options) => {
    const { client } = await simulated({ vms: 20, ...options });
    const span = { start: start + 7 * MINUTE, end: start + 9 * DAY + 13 * MINUTE };
    const truth = eventOracle({ vms: 20, ...options }, span);
    expect(truth.length).toBeGreaterThan(5);
    const { items, notes } = await collect(client, span);
    expect(notes).toEqual([]);
    expect(items).toEqual(
      truth.map(({ description, level, created }) => ({
        message: description,
        severity: level,
        time: `${new Date(created).toISOString().slice(0, 19)}Z`,
        service: 'cloudstack',
      })),
    );
  });

  it('of two spans that meet, each event once', async () => {
    const options = { seed: 8, vms: 20 };
    const { client } = await simulated(options);
    const whole = { start, end: NOW };
    const [, middle] = eventOracle(options, whole);
    const cut = middle?.created ?? 0;
    const first = await collect(client, { start, end: cut });
    const second = await collect(client, { start: cut, end: NOW });
    expect(first.items).toHaveLength(eventOracle(options, { start, end: cut }).length);
    expect([...first.items, ...second.items]).toEqual((await collect(client, whole)).items);
  });
});

describe('an entry', () => {
  it.each([
    ['INFO', 'INFO'],
    ['WARN', 'WARNING'],
    ['ERROR', 'ERROR'],
    ['warn', 'WARNING'],
    ['AUDIT', 'INFO'],
    [undefined, 'INFO'],
  ])('of level %s is %s', async (level, severity) => {
    const { client } = await scripted({ listEvents: [event('e1', '2026-11-10T00:30:00+0000', { level })] });
    expect((await collect(client, hour)).items).toEqual([
      { message: 'event e1', severity, time: '2026-11-10T00:30:00Z', service: 'cloudstack' },
    ]);
  });

  it('without a text says its type', async () => {
    const rows = [event('e1', '2026-11-10T00:30:00+0000', { description: ' ' })];
    const { client } = await scripted({ listEvents: rows });
    expect((await collect(client, hour)).items).toMatchObject([{ message: 'VM.START' }]);
  });

  it.each([
    [{ id: 'e1', type: 'X' }, 'listEvents "e1".created: expected string'],
    [{ id: 'e1', type: 'X', created: '2026-11-10T00:30:00' }, 'listEvents "e1".created: not a date'],
    [{ type: 'X', created: '2026-11-10T00:30:00Z' }, 'listEvents: row 1: id'],
    [{ id: 'e1', created: '2026-11-10T00:30:00Z' }, 'listEvents "e1".type: expected string'],
  ])('that reads %j is malformed', async (row, message) => {
    const { client } = await scripted({ listEvents: [row] });
    await expect(collect(client, hour)).rejects.toMatchObject({
      name: 'MalformedResponse',
      message: expect.stringContaining(message),
    });
  });
});

describe('entries', () => {
  it('are cut half-open, by time and then by id, each once', async () => {
    const rows = [
      event('f', '2026-11-10T01:00:00+0000'),
      event('e', '2026-11-10T06:29:59+0530'),
      event('d', '2026-11-10T00:30:00+0000'),
      event('c', '2026-11-10T00:30:00+0000'),
      event('b', '2026-11-10T00:00:00+0000'),
      event('a', '2026-11-09T23:59:59+0000'),
    ];
    const { client } = await scripted({ listEvents: rows });
    const { items } = await collect(client, hour);
    expect(items.map(({ message, time }) => [message, time])).toEqual([
      ['event b', '2026-11-10T00:00:00Z'],
      ['event c', '2026-11-10T00:30:00Z'],
      ['event d', '2026-11-10T00:30:00Z'],
      ['event e', '2026-11-10T00:59:59Z'],
    ]);
  });

  it.each([
    ['4.20.1.0', '2026-11-10T00:00:00+0000', '2026-11-10T01:00:01+0000'],
    ['4.19.3.0', '2026-11-08 23:59:59', '2026-11-11 01:00:01'],
    ['unknown', '2026-11-08 23:59:59', '2026-11-11 01:00:01'],
  ])('are asked of release %s in dates that it reads', async (release, startdate, enddate) => {
    const { client, calls } = await scripted({ listEvents: [] }, { domain_id: 'd1' }, release);
    await collect(client, hour);
    const scope = { listall: 'true', domainid: 'd1', isrecursive: 'true', page: '1', pagesize: '500' };
    expect(calls).toEqual([
      { command: 'listEvents', startdate, enddate, ...scope },
      { command: 'listEvents', startdate, enddate, ...scope, projectid: '-1' },
    ]);
  });

  it('that may not be listed are an error: an empty log would be a lie', async () => {
    const { client } = await scripted({});
    await expect(collect(client, hour)).rejects.toMatchObject({ name: 'InsufficientPermission' });
  });
});
