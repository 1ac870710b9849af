import { describe, expect, it } from 'vitest';
import { snapshotOf } from '../../../examples/snapshot.ts';
import { operations } from '../../../functions/cloudtower/operations.ts';
import { waitTasks } from '../../../functions/cloudtower/tasks.ts';
import { scripted, signal, simulated } from './connected.ts';

const fast = { interval: 0.002 };

/** A tower whose tasks go through these states, one at each look. */
function tower(states: Record<string, string[]>) {
  const looks: string[][] = [];
  return {
    looks,
    answers: {
      'get-tasks': ({ where }: Record<string, unknown>) => {
        const { id_in } = where as { id_in: string[] };
        looks.push(id_in);
        const rows = id_in.flatMap((id) => {
          const left = states[id];
          const status = left && left.length > 1 ? left.shift() : left?.[0];
          return status ? [{ id, status, progress: 0, error_message: `${id} broke` }] : [];
        });
        return { body: rows };
      },
    },
  };
}

describe('waiting for tasks', () => {
  it('ends when all have succeeded, whatever their progress says', async () => {
    const { answers, looks } = tower({
      a: ['PENDING', 'EXECUTING', 'SUCCESSED'],
      b: ['PAUSED', 'SUCCESSED'],
    });
    const { client } = await scripted(answers);
    const ids = ['a', null, 'b', 'a', undefined];
    await waitTasks(client, ids, fast);
    expect(looks).toEqual([['a', 'b'], ['a', 'b'], ['a']]);
    expect(ids).toHaveLength(5);
  });

  it('collects what failed, and says it at the end', async () => {
    const { answers, looks } = tower({ a: ['FAILED'], b: ['EXECUTING', 'FAILED'], c: ['SUCCESSED'] });
    const { client } = await scripted(answers);
    await expect(waitTasks(client, ['a', 'b', 'c'], fast)).rejects.toMatchObject({
      status: 500,
      code: 'TASK_FAILED',
      message: 'Tasks failed: a: a broke; b: b broke',
    });
    expect(looks).toHaveLength(2);
  });

  it('ends at the first that fails when that is wanted', async () => {
    const { answers, looks } = tower({ a: ['FAILED'], b: ['EXECUTING'] });
    const { client } = await scripted(answers);
    await expect(waitTasks(client, ['a', 'b'], { ...fast, exitOnError: true })).rejects.toMatchObject({
      status: 500,
    });
    expect(looks).toHaveLength(1);
  });

  it.each([[['EXECUTING']], [['PAUSED']], [[]]])('in %j ends with 408', async (states) => {
    const { client } = await scripted(tower({ a: states }).answers);
    await expect(waitTasks(client, ['a'], { ...fast, timeout: 0.02 })).rejects.toMatchObject({
      status: 408,
      code: 'TASK_TIMEOUT',
    });
  });

  it('asks nothing for nothing', async () => {
    const { client, calls } = await scripted({});
    await waitTasks(client, [null, undefined], fast);
    expect(calls).toEqual([]);
  });
});

describe('a backup', () => {
  it('is a snapshot that is there, and the snapshots of its disks', async () => {
    const { client } = await simulated({ vms: 4 });
    const [vm] = (await client.call('get-vms', { where: { internal: true } })) as { name: string }[];
    const taken = await snapshotOf(client, vm?.name ?? '', 'nightly', fast);
    expect(taken).toMatchObject({ name: 'nightly', consistent_type: expect.stringContaining('CONSISTENT') });
    expect(taken.disks).toHaveLength(1);
  });
});

describe('operations', () => {
  const run = async (client: Awaited<ReturnType<typeof simulated>>['client'], name: string, given = {}) => {
    const rows: unknown[] = [];
    for await (const row of operations.find(name).run(client, given, signal)) rows.push(row);
    return rows as Record<string, unknown>[];
  };

  it('list, count, measure and answer by their own names', async () => {
    const { client, tower } = await simulated();
    const all = await run(client, 'get-vms', { where: '{"internal": false}' });
    expect(all.length).toBeGreaterThan(5);
    expect(await run(client, 'get-vms-connection', { where: '{"internal": false}' })).toEqual([
      { aggregate: { count: all.length } },
    ]);
    expect(await run(client, 'get-vms', { first: '2', orderBy: 'name_DESC' })).toHaveLength(2);
    const metrics = { range: '2h', metrics: '["elf_vm_cpu_overall_usage_percent"]', vms: '{}' };
    expect(await run(client, 'get-vm-metrics', metrics)).toMatchObject([{ data: { unit: 'PERCENT' } }]);
    expect(await run(client, 'get-version')).toEqual([{ major: 4, minor: 8 }]);
    expect(tower.requests.every(({ status }) => status === 200)).toBe(true);
  });

  it('that may change something are known, and are sent once', async () => {
    expect(operations.find('get-vms').write).toBe(false);
    expect(operations.find('create-vm-snapshot').write).toBe(true);
    const busy = () => ({ status: 503, body: { message: 'busy' } });
    const { client, calls } = await scripted({ 'start-vm': busy });
    await expect(run(client, 'start-vm', { where: '{"id": "v1"}' })).rejects.toMatchObject({
      name: 'ProviderUnavailable',
    });
    expect(calls.filter(({ operation }) => operation === 'start-vm')).toHaveLength(1);
  });

  it.each(['login', '../get-vms', 'GET-VMS', 'x'])('cannot be named %s', (name) => {
    expect(() => operations.find(name)).toThrow(/cannot be the name/);
  });

  it.each([
    ['get-vms', { where: '{"a"' }],
    ['get-vms', { colour: 'red' }],
    ['start-vm', { body: '[]', where: '{}' }],
  ])('%s with %j are refused before anything is sent', async (name, given) => {
    const { client, calls } = await scripted({});
    await expect((async () => run(client, name, given))()).rejects.toMatchObject({
      code: 'PARAMETER_REFUSED',
    });
    expect(calls).toEqual([]);
  });
});
