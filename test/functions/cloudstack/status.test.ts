import { describe, expect, it } from 'vitest';
import type { CloudStackClient } from '../../../functions/cloudstack/client.ts';
import { statusStream } from '../../../functions/cloudstack/status.ts';
import { DAY, HOUR, SECOND } from '../../../lib/time.ts';
import { inventoryOracle } from '../../../simulators/cloudstack/inventory-oracle.ts';
import { NOW, scripted, signal, simulated } from './connected.ts';

const collect = (client: CloudStackClient) =>
  statusStream.collect(client, { locations: {}, partition: 'all', now: NOW, signal });
const time = '2026-11-21T12:00:00Z';
const sent = (ago: number) => `${new Date(NOW - ago).toISOString().slice(0, 19)}+0000`;

/** Level and reason of each item. */
async function statesOf(command: string, rows: readonly unknown[]) {
  const { client } = await scripted({ [command]: rows });
  const { items } = await collect(client);
  return items.map(({ level, reason }) => [level, reason]);
}

describe('the state', () => {
  it.each([
    [{ allocationstate: 'Enabled' }, 0, 'Zone z: Enabled'],
    [{ allocationstate: 'Disabled' }, 1, 'Zone z: Disabled'],
    [{}, 1, 'Zone z: unknown'],
  ])('of the zone %j is %i', async (zone, level, reason) => {
    expect(await statesOf('listZones', [{ id: 'z', ...zone }])).toEqual([[level, reason]]);
  });

  it.each([
    ['Up', 'Enabled', 0],
    ['Up', 'Maintenance', 1],
    ['Up', 'Disabled', 1],
    ['Connecting', 'Enabled', 1],
    ['Down', 'Enabled', 2],
    ['Alert', 'Enabled', 2],
    ['Disconnected', 'Maintenance', 2],
  ])('of a host that is %s and %s is %i', async (state, resourcestate, level) => {
    const rows = [{ id: 'i', name: 'h1', state, resourcestate }];
    expect(await statesOf('listHosts', rows)).toEqual([[level, `Host h1: ${state}, ${resourcestate}`]]);
  });

  it.each([
    [{ state: 'Running' }, 0, 'Running'],
    [{ state: 'Running', agentstate: 'Up' }, 0, 'Running, agent Up'],
    [{ state: 'Running', agentstate: 'Connecting' }, 1, 'Running, agent Connecting'],
    [{ state: 'Running', agentstate: 'Disconnected' }, 2, 'Running, agent Disconnected'],
    [{ state: 'Starting' }, 1, 'Starting'],
    [{ state: 'Stopped' }, 2, 'Stopped'],
    [{}, 2, 'unknown'],
  ])('of the system VM %j is %i', async (vm, level, shown) => {
    const rows = [{ id: 'i', name: 's-1-VM', ...vm }];
    expect(await statesOf('listSystemVms', rows)).toEqual([[level, `System VM s-1-VM: ${shown}`]]);
  });

  it('has the time of the snapshot and its source', async () => {
    const { client } = await scripted({ listZones: [{ id: 'z', allocationstate: 'Enabled' }] });
    const { items } = await collect(client);
    expect(items).toEqual([{ level: 0, time, source: 'cloudstack', reason: 'Zone z: Enabled' }]);
  });
});

describe('alerts', () => {
  it('of the last day count, those of hosts and management servers most', async () => {
    const { client } = await scripted({
      listAlerts: [
        { id: 'a1', type: 7, description: 'Host is down', sent: sent(2 * HOUR) },
        { id: 'a2', type: 14, name: 'ALERT.MANAGEMENT', sent: sent(HOUR) },
        { id: 'a3', type: 2, sent: sent(DAY) },
        { id: 'a4', type: 7, description: 'too old', sent: sent(DAY + SECOND) },
      ],
    });
    const source = 'cloudstack';
    expect((await collect(client)).items).toEqual([
      { level: 2, time: '2026-11-21T11:00:00Z', source, reason: 'ALERT.MANAGEMENT' },
      { level: 2, time: '2026-11-21T10:00:00Z', source, reason: 'Host is down' },
      { level: 1, time: '2026-11-20T12:00:00Z', source, reason: 'Alert of type 2' },
    ]);
  });

  it.each([
    [{ id: 'a1', type: 7, sent: '2026-11-21T11:00:00' }, 'listAlerts "a1".sent: not a date with an offset'],
    [{ id: 'a1', type: 7 }, 'listAlerts "a1".sent: expected string'],
    [{ id: 'a1', sent: sent(0) }, 'listAlerts "a1".type: expected number'],
  ])('that read %j are malformed', async (alert, message) => {
    const { client } = await scripted({ listAlerts: [alert] });
    await expect(collect(client)).rejects.toMatchObject({
      name: 'MalformedResponse',
      message: expect.stringContaining(message),
    });
  });
});

describe('of a whole cloud', () => {
  it('a root administrator is told all', async () => {
    const options = { seed: 1 };
    const { client } = await simulated(options);
    const { items, notes } = await collect(client);
    const { hosts, alerts, world } = inventoryOracle(options, NOW);
    const recent = alerts.filter((alert) => alert.sent >= NOW - DAY);
    expect(recent.length).toBeGreaterThan(0);
    expect(recent.length).toBeLessThan(alerts.length);
    expect(notes).toEqual([]);
    expect(items.map(({ reason }) => reason)).toEqual([
      ...world.zones.map(({ name }) => `Zone ${name}: Enabled`),
      ...hosts.map(({ name, resourcestate }) => `Host ${name}: Up, ${resourcestate}`),
      ...[1, 2, 3, 4].map((n) => `System VM ${n % 2 === 1 ? 'v' : 's'}-${n}-VM: Running, agent Up`),
      ...recent.map(({ description }) => description),
    ]);
  });

  it('a user is told of zones, and what is missing', async () => {
    const { client } = await simulated({ role: 'user' });
    const { items, notes } = await collect(client);
    expect(items.map(({ level }) => level)).toEqual([0, 0]);
    expect(notes.map((note) => note.split(': ').slice(0, 2).join(': '))).toEqual([
      'The state of hosts is missing: listHosts',
      'The state of system VMs is missing: listSystemVms',
      'Alerts are missing: listAlerts',
    ]);
  });

  it('nothing is nothing, and said', async () => {
    const { client } = await scripted({});
    const { items, notes } = await collect(client);
    expect([items, notes.length]).toEqual([[], 4]);
  });

  it('a failure is not silence', async () => {
    const { client } = await simulated({ faults: ['missing-array'] });
    await expect(collect(client)).rejects.toMatchObject({ code: 'MISSING_ARRAY' });
  });
});
