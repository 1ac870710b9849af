import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { resourcesStream } from '../../../functions/cloudtower/inventory.ts';
import { observeTower } from '../../../functions/cloudtower/observe.ts';
import { fetchPerformance } from '../../../functions/cloudtower/performance.ts';
import { statusStream } from '../../../functions/cloudtower/status.ts';
import { waitTasks } from '../../../functions/cloudtower/tasks.ts';
import { verifyAccess } from '../../../functions/cloudtower/verify.ts';
import { defineGrid } from '../../../lib/grid.ts';
import { HOUR } from '../../../lib/time.ts';
import { listings } from '../../../simulators/cloudtower/rows.ts';
import { bodySchema, differences, type OpenApi } from '../../support/openapi.ts';
import { NOW, signal, simulated } from './connected.ts';

/** The vendor's description is not ours to keep: it is looked at where it is at hand. */
const description = new URL('../../../../shared/specs/cloudtower-openapi-trimmed.json', import.meta.url);
const api = existsSync(description) ? (JSON.parse(readFileSync(description, 'utf8')) as OpenApi) : null;

const schemas: Readonly<Record<string, string>> = {
  'get-vms': 'Vm',
  'get-vm-volumes': 'VmVolume',
  'get-vm-disks': 'VmDisk',
  'get-vm-nics': 'VmNic',
  'get-hosts': 'Host',
  'get-clusters': 'Cluster',
  'get-datacenters': 'Datacenter',
  'get-vlans': 'Vlan',
  'get-disks': 'Disk',
  'get-alerts': 'Alert',
  'get-labels': 'Label',
};

/** Everything that we ever ask for. */
async function everyRequest() {
  let now = NOW - HOUR;
  const { client, tower } = await simulated({ vms: 11, planNow: () => now });
  const memory = await observeTower(client, { partition: 'all', memory: null, now, poll: 3600, signal });
  now = NOW;
  await observeTower(client, { partition: 'all', memory, now, poll: 3600, signal });
  const span = { start: NOW - 30 * HOUR, end: NOW };
  for await (const _ of fetchPerformance(client, {
    span,
    grid: defineGrid(60, 'UTC'),
    partition: 'all',
    signal,
  }));
  const request = { locations: {}, partition: 'all', now, signal };
  await resourcesStream.collect(client, request);
  await statusStream.collect(client, request);
  await verifyAccess(client);
  await waitTasks(client, ['t'], { timeout: 0, interval: 0.001 }).catch(() => {});
  return tower.bodies.filter(({ operation }) => operation !== 'get-version');
}

describe('what is asked for', () => {
  it('is only what all towers know, as the description has it', async () => {
    const requests = await everyRequest();
    expect(new Set(requests.map(({ operation }) => operation)).size).toBeGreaterThan(12);
    const wrong = requests.flatMap(({ body, operation }) => {
      const schema = api && bodySchema(api, operation);
      return schema ? differences(api, schema, body).map((one) => `${operation} ${one}`) : [];
    });
    expect(wrong).toEqual([]);
  });

  it.runIf(api)('would be seen to be wrong', () => {
    if (!api) return;
    const schema = bodySchema(api, 'get-vms') ?? {};
    expect(differences(api, schema, { where: { colour: 'red' }, first: '3', page: 1 })).toEqual([
      '$.where.colour: not known',
      '$.first: no whole number',
      '$.page: not known',
    ]);
    expect(differences(api, bodySchema(api, 'get-vm-metrics') ?? {}, { vms: {} })).toHaveLength(2);
  });
});

it.runIf(api)('the rows of the simulator are those of the description', async () => {
  const { client } = await simulated({ vms: 11 });
  const wrong: string[] = [];
  for (const [operation, name] of Object.entries(schemas)) {
    expect(Object.hasOwn(listings, operation)).toBe(true);
    const rows = (await client.call(operation, { first: 20 })) as unknown[];
    expect(rows.length).toBeGreaterThan(0);
    const schema = api?.components.schemas[name] ?? {};
    if (api)
      wrong.push(...rows.flatMap((row) => differences(api, schema, row).map((one) => `${name} ${one}`)));
  }
  expect([...new Set(wrong)]).toEqual([]);
});
