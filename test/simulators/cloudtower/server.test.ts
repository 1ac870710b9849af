import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { HOUR, MINUTE } from '../../../lib/time.ts';
import { faults, start } from '../../../simulators/cloudtower/index.ts';
import type { CloudTowerOptions } from '../../../simulators/cloudtower/options.ts';
import { oracle } from '../../../simulators/cloudtower/oracle.ts';
import type { CloudTowerSimulator } from '../../../simulators/cloudtower/server.ts';

const NOW = Date.UTC(2026, 10, 21, 12);
let tower: CloudTowerSimulator | null = null;
afterEach(async () => {
  await tower?.close();
  tower = null;
});

type Row = Record<string, unknown> & { id: string };

async function begin(options: CloudTowerOptions = {}) {
  const begun = await start({ now: () => NOW, ...options });
  tower = begun;
  const post = async (operation: string, body: unknown, token?: string) => {
    const headers = { 'content-type': 'application/json', ...(token ? { authorization: token } : {}) };
    const response = await fetch(`${begun.url}/${operation}`, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
    });
    return { status: response.status, body: (await response.json()) as Row[] };
  };
  const { username, password, source } = begun.credentials;
  const { body } = await post('login', { username, password, source });
  const { token } = (body as unknown as { data: { token: string } }).data;
  const list = async (operation: string, body: unknown = {}) => (await post(operation, body, token)).body;
  return { list, post, token };
}

describe('the simulated tower', () => {
  it.each([
    ['get-vms', 'get-vms'],
    ['get-vm-volumes', 'get-vm-volumes'],
    ['get-vm-disks', 'get-vm-disks'],
    ['get-vm-nics', 'get-vm-nics'],
    ['get-vlans', 'get-vlans'],
    ['get-disks', 'get-disks'],
    ['get-user-audit-logs', 'get-user-audit-logs'],
  ])('has every key of the synthetic fleet in %s', async (operation, name) => {
    const { list } = await begin();
    const file = new URL(`../../fixtures/cloudtower/${name}.json`, import.meta.url);
    const [synthetic] = JSON.parse(readFileSync(file, 'utf8')) as Row[];
    const [row] = await list(operation);
    expect(Object.keys(row ?? {}).sort()).toEqual(Object.keys(synthetic ?? {}).sort());
  });

  it('orders, pages and filters as the sheet says', async () => {
    const { list } = await begin({ vms: 12 });
    const all = await list('get-vms', { orderBy: 'id_ASC' });
    const ids = all.map(({ id }) => id);
    expect(ids).toEqual([...ids].sort());
    const page = await list('get-vms', { orderBy: 'id_ASC', first: 3, after: ids[2] });
    expect(page.map(({ id }) => id)).toEqual(ids.slice(3, 6));
    expect(await list('get-vms', { where: { id_gt: ids[5], status: 'RUNNING' } })).toEqual(
      all.filter(({ id, status }) => id > String(ids[5]) && status === 'RUNNING'),
    );
    expect(await list('get-vms-connection')).toEqual({ aggregate: { count: all.length } });
    expect(await list('get-vms', { where: { cluster: { name: 'elf-prod' } }, last: 1 })).toHaveLength(1);
  });

  it('refuses what a tower refuses', async () => {
    const { post, token } = await begin();
    const status = async (...call: Parameters<typeof post>) => (await post(...call)).status;
    expect(await status('get-vms', {})).toBe(401);
    expect(await status('get-vms', {}, `Bearer ${token}`)).toBe(401);
    expect(await status('get-vms', { where: { colour: 'red' } }, token)).toBe(400);
    expect(await status('get-vms', { page: 1 }, token)).toBe(400);
    expect(await status('get-nothing', {}, token)).toBe(404);
    expect(await status('get-vm-metrics', { metrics: [], vms: {} }, token)).toBe(400);
    expect(await status('login', { username: 'x', password: 'y', source: 'LOCAL' })).toBe(400);
  });

  it('answers a wrong range, and an unknown name, with nothing and 200', async () => {
    const { list } = await begin();
    const ask = (range: string, name: string) => list('get-vm-metrics', { range, metrics: [name], vms: {} });
    for (const answer of [
      await ask('72h', 'elf_vm_cpu_overall_usage_percent'),
      await ask('2h', 'no_such_metric'),
    ]) {
      const [{ data }] = answer as unknown as [{ data: { sample_streams: { points: unknown[] }[] } }];
      expect(data.sample_streams.flatMap(({ points }) => points)).toEqual([]);
    }
  });

  it('gives links and cards new ids with every synchronisation, and machines never', async () => {
    let now = NOW;
    const { list } = await begin({ now: () => now });
    const ids = async (operation: string) => (await list(operation)).map(({ id }) => id);
    const before = {
      vms: await ids('get-vms'),
      nics: await ids('get-vm-nics'),
      disks: await ids('get-vm-disks'),
    };
    now += 6 * MINUTE;
    expect(await ids('get-vms')).toEqual(before.vms);
    const kept = (old: string[], fresh: string[]) => fresh.filter((id) => old.includes(id));
    expect(kept(before.nics, await ids('get-vm-nics'))).toEqual([]);
    expect(kept(before.disks, await ids('get-vm-disks'))).toEqual([]);
  });

  it('shows what was, of a cluster that is not connected', async () => {
    let now = NOW;
    const disconnected = [{ start: NOW, end: NOW + 3 * HOUR }];
    const { list } = await begin({
      now: () => now,
      disconnected,
      vms: 30,
      busy: true,
      since: NOW - 9 * 24 * HOUR,
    });
    const frozen = async () => {
      const rows = await list('get-vms', { where: { cluster: { name: 'elf-remote' } } });
      return rows.map(({ id, memory, status }) => [id, memory, status]);
    };
    const first = await frozen();
    expect(new Set(first.map(([, , status]) => status))).toEqual(new Set(['UNKNOWN']));
    now += 2 * HOUR;
    expect(await frozen()).toEqual(first);
    const clusters = await list('get-clusters', { where: { name: 'elf-remote' } });
    expect(clusters).toMatchObject([
      { connect_state: 'DISCONNECTED', disconnected_date: '2026-11-21T12:00:00.000Z' },
    ]);
    now += 2 * HOUR;
    expect(await frozen()).not.toEqual(first);
  });

  it('keeps what was deleted in the recycle bin until 23:59 of its last day', async () => {
    const { list } = await begin({ vms: 40 });
    const binned = await list('get-vms', { where: { in_recycle_bin: true } });
    expect(binned.length).toBeGreaterThan(0);
    for (const vm of binned) {
      expect(vm).toMatchObject({ status: 'STOPPED', name: expect.stringMatching(/^in-recycle-bin-/) });
      expect(NOW - Date.parse(String(vm.deleted_at))).toBeLessThan(4 * 24 * HOUR);
    }
  });

  it('has a history that does not depend on who asks or when', () => {
    const interval = { start: NOW - 24 * HOUR, end: NOW };
    const half = { start: NOW - 12 * HOUR, end: NOW };
    const sum = (uses: ReturnType<typeof oracle>) =>
      uses.reduce(
        (all, { period }) => all + Math.min(period.end, NOW) - Math.max(period.start, half.start, 0),
        0,
      );
    const whole = oracle({ seed: 6 }, interval).filter(({ period }) => period.end > half.start);
    expect(sum(whole)).toBe(sum(oracle({ seed: 6 }, half)));
    expect(oracle({ seed: 7 }, half)).not.toEqual(oracle({ seed: 6 }, half));
  });

  it('writes down in the audit which volumes were added to a machine, as its or theirs', async () => {
    const options = { busy: true, since: NOW - 60 * HOUR };
    const { list } = await begin(options);
    const audits = await list('get-user-audit-logs');
    const uses = oracle(options, { start: options.since, end: NOW });
    const bornAt = (id: string | undefined) => uses.find(({ towerId }) => towerId === id)?.period.start;
    const volumes = uses.filter(({ kind, machines, period, towerId }) => {
      return kind === 'volume' && machines.length === 1 && period.start === bornAt(towerId);
    });
    const words = volumes
      .filter(({ machines: [machine], period }) => period.start !== bornAt(machine))
      .map(({ machines, period, towerId }) => {
        const row = audits.find(
          ({ action, finished_at, resource_id }) =>
            /^CREATE_VM_/.test(String(action)) &&
            Date.parse(String(finished_at)) === period.start &&
            [towerId, ...machines].includes(String(resource_id)),
        );
        return `${row?.action} of the ${row?.resource_id === towerId ? 'volume' : 'machine'}`;
      });
    expect(new Set(words)).toEqual(
      new Set(['CREATE_VM_DISK of the machine', 'CREATE_VM_VOLUME of the volume']),
    );
  });

  it('knows its faults by name', async () => {
    expect(Object.keys(faults)).toContain('frozen-cluster');
    await expect(start({ faults: ['no-such-fault'] })).rejects.toMatchObject({ code: 'UNKNOWN_FAULT' });
  });
});
