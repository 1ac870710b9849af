import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  normalizeMeasurement,
  SILENCE,
  startOfMeasurement,
} from '../../../functions/cloudtower/normalize.ts';
import { fetchPerformance } from '../../../functions/cloudtower/performance.ts';
import { settleCell } from '../../../functions/cloudtower/settle.ts';
import { defineGrid } from '../../../lib/grid.ts';
import type { UsageRecord } from '../../../lib/models/usage.ts';
import { DAY, HOUR, type Interval } from '../../../lib/time.ts';
import { historyOf } from '../../../simulators/cloudtower/history.ts';
import { valueAt } from '../../../simulators/cloudtower/measurements.ts';
import { type CloudTowerOptions, settingsOf } from '../../../simulators/cloudtower/options.ts';
import { worldOf } from '../../../simulators/cloudtower/world.ts';
import { NOW, type Script, scripted, signal, simulated } from './connected.ts';

const HOUR_READ = { start: NOW - HOUR, end: NOW };
const grid = defineGrid(60, 'UTC');

async function read(client: Awaited<ReturnType<typeof simulated>>['client'], span: Interval = HOUR_READ) {
  const records: UsageRecord[] = [];
  for await (const { rows } of fetchPerformance(client, { span, grid, partition: 'all', signal }))
    for (const row of rows) records.push(...normalizeMeasurement(row));
  return records;
}

async function settled(options: CloudTowerOptions, span: Interval = HOUR_READ) {
  const { client, tower } = await simulated(options);
  const records = await read(client, span);
  return { ...settleCell(records, HOUR_READ, null), tower, raw: records };
}

const questions = (bodies: readonly { operation: string; body: unknown }[]) =>
  bodies
    .filter(({ operation }) => operation.endsWith('-metrics'))
    .map(({ operation, body }) => {
      const { range, vms } = body as { range: string; vms: { id_in: string[] } };
      return `${operation} ${range} ${vms.id_in.length}`;
    });

describe('measurements of a cell', () => {
  it('are the true means of machines that ran all through it', async () => {
    const { records } = await settled({ seed: 3 });
    const world = worldOf(settingsOf({ seed: 3 }));
    const machines = historyOf(world).machinesIn(HOUR_READ);
    const steady = machines.filter(
      ({ cluster, states }) =>
        cluster.hypervisor === 'ELF' &&
        states.some(({ start, end, status }) => status === 'RUNNING' && start <= NOW - HOUR && end > NOW),
    );
    expect(steady.length).toBeGreaterThan(2);
    for (const machine of steady) {
      const of = (kind: string) =>
        records.find((one) => one.kind === kind && one.resource.id === machine.local_id)?.variables.value;
      for (const [kind, name] of [
        ['vm_cpu_usage', 'elf_vm_cpu_overall_usage_percent'],
        ['vm_disk_write_iops', 'elf_vm_disk_overall_write_iops'],
        ['vm_network_in_rate', 'elf_vm_network_receive_speed_bps'],
      ] as const)
        expect(of(kind)).toBeCloseTo(valueAt(machine, name, NOW - 1) ?? Number.NaN, 6);
    }
  });

  it('come from counters where the rates have no points', async () => {
    const whole = await settled({ seed: 3 });
    const { findings, records } = await settled({ seed: 3, faults: ['no-rates'] });
    const rates = (all: readonly UsageRecord[]) =>
      all
        .filter(({ attributes, kind }) => kind === 'vm_network_in_rate' && Number(attributes.coverage) > 0.99)
        .map(({ resource, variables }) => [resource.id, Math.round(Number(variables.value))]);
    expect(findings).toEqual([]);
    expect(records.some(({ attributes }) => attributes.source === 'elf_vm_network_receive_bytes')).toBe(true);
    const before = new Map(rates(whole.records) as [string, number][]);
    for (const [id, rate] of rates(records))
      expect(Math.abs(Number(before.get(String(id))) - Number(rate))).toBeLessThan(2);
  });

  it('are asked for by cluster and set of names, from the finest range that has the whole cell', async () => {
    const { tower } = await settled({ vms: 30 });
    expect(questions(tower.bodies).map((one) => one.replace(/\d+$/, ''))).toEqual([
      'get-vm-metrics 2h ',
      'get-vm-network-metrics 2h ',
      'get-vm-metrics 2h ',
      'get-vm-network-metrics 2h ',
      'get-vm-metrics 2h ',
    ]);
    const { client, tower: other } = await simulated({ vms: 2 });
    await read(client, { start: NOW - 30 * HOUR, end: NOW });
    expect(new Set(questions(other.bodies).map((one) => one.split(' ')[1]))).toEqual(
      new Set(['2h', '24h', '7d']),
    );
  });

  it('that no range has any more are not asked for', async () => {
    const { client, tower } = await simulated();
    expect(await read(client, { start: NOW - 10 * DAY, end: NOW - 9 * DAY })).toEqual([]);
    expect(questions(tower.bodies)).toEqual([]);
  });

  it('that are dropped are asked for in smaller batches', async () => {
    const { findings, gaps, records, tower } = await settled({ vms: 8, faults: ['dropped-metrics'] });
    expect(questions(tower.bodies).some((one) => / [12]$/.test(one))).toBe(true);
    expect(findings).toEqual([]);
    expect(gaps?.length).toBe(1); // that of usage, before the first sample
    expect(records.length).toBeGreaterThan(0);
  });

  it('that are dropped even alone are a gap, and never a part for the whole', async () => {
    const early = { start: NOW - 3 * HOUR, end: NOW - 2 * HOUR };
    const { client } = await simulated({ vms: 8, faults: ['dropped-metrics'] });
    const records = await read(client, early);
    expect(records.length).toBeGreaterThan(0);
    expect(new Set(records.map(({ kind }) => kind))).toEqual(new Set([SILENCE]));
    const { gaps, records: kept } = settleCell(records, early, null);
    expect([kept, gaps?.length]).toEqual([[], records.length + 1]);
  });

  it('of unknown names are a finding', async () => {
    const { findings, records } = await settled({ faults: ['empty-metrics'] });
    expect(records).toEqual([]);
    expect(findings?.some(({ what }) => /does not know elf_vm_cpu/.test(what))).toBe(true);
  });

  it('that may not be read are a gap, and usage is told all the same', async () => {
    const { gaps } = await settled({ faults: ['no-metrics'] });
    expect(gaps?.some(({ why }) => /may not be read/.test(why))).toBe(true);
  });

  it('of somebody who was not asked about are told of, and count for nothing', async () => {
    const { client } = await simulated({ seed: 3 });
    let strange = 0;
    const call: typeof client.call = async (operation, body) => {
      const answer = (await client.call(operation, body)) as {
        data?: { sample_streams?: { labels: object }[] };
      }[];
      const stream = operation === 'get-vm-metrics' ? answer[0]?.data?.sample_streams?.[0] : undefined;
      if (stream && strange === 0) {
        strange += 1;
        Object.assign(stream.labels, { _vm: 'a-stranger' });
      }
      return answer;
    };
    const { findings, gaps, records } = settleCell(await read({ ...client, call }), HOUR_READ, null);
    expect(strange).toBe(1);
    expect(findings).toContainEqual({ what: 'measurements that were not asked for', id: 'a-stranger' });
    expect(gaps?.some(({ why }) => why.includes('a-stranger'))).toBeFalsy();
    expect(records.some(({ resource }) => resource.id === 'a-stranger')).toBe(false);
  });

  it('of a frozen cluster are not asked for', async () => {
    const { tower } = await settled({ vms: 30 });
    const { tower: frozen } = await settled({ vms: 30, faults: ['frozen-cluster'] });
    expect(questions(frozen.bodies).length).toBe(questions(tower.bodies).length - 2);
  });
});

describe("the vendor's own examples", () => {
  const fixture = (name: string) =>
    JSON.parse(readFileSync(new URL(`../../fixtures/cloudtower/${name}.json`, import.meta.url), 'utf8'));
  const vm = (id: string) => ({
    id: `t${id}`,
    local_id: `00000000-0000-4000-8000-0000000003${id}`,
    cluster: { id: 'c' },
    status: 'RUNNING',
  });
  const tower = (answer: unknown): Record<string, Script> => ({
    'get-datacenters': () => ({ body: [] }),
    'get-clusters': () => ({
      body: [{ id: 'c', name: 'elf', connect_state: 'CONNECTED', hypervisor: 'ELF' }],
    }),
    'get-vms': () => ({ body: [vm('01')] }),
    'get-vm-metrics': () => ({ body: answer }),
    'get-vm-network-metrics': () => ({ body: fixture('get-vm-network-metrics-2h') }),
  });

  it.each(['get-vm-metrics-dropped', 'get-vm-metrics-bad-range'])('%s gives no measurement', async (name) => {
    const { client } = await scripted(tower(fixture(name)));
    const records = await read(client);
    expect(records.filter(({ kind }) => kind === 'vm_cpu_usage')).toEqual([]);
    expect(records.some(({ kind }) => kind === SILENCE)).toBe(true);
  });

  it('an answer about other names is no answer', async () => {
    const { client } = await scripted(tower(fixture('get-vm-metrics-unknown-name')));
    await expect(read(client)).rejects.toMatchObject({ name: 'InconsistentListing' });
  });

  it('the cards of a machine are added up', async () => {
    const answer = fixture('get-vm-network-metrics-2h');
    for (const { data } of answer)
      for (const { points } of data.sample_streams)
        for (const [at, point] of points.entries()) point.t = HOUR_READ.start + at * 30_000 + 7;
    const { client } = await scripted({ ...tower([]), 'get-vm-network-metrics': () => ({ body: answer }) });
    const { records } = settleCell(await read(client), HOUR_READ, null);
    const [rate] = records.filter(({ kind }) => kind === 'vm_network_in_rate');
    expect(rate).toMatchObject({ attributes: { cards: 2, coverage: 0.1 }, variables: { points: 12 } });
    expect(rate?.variables.value).toBeCloseTo(125_005.5 + 15.5, 6);
  });
});

describe('a row', () => {
  const row = {
    start: '2026-11-21T11:00:00Z',
    end: '2026-11-21T12:00:00Z',
    metric: 'elf_vm_network_receive_speed_bps',
    machine: 'm',
    cluster: 'c',
    mac: null,
    unit: 'DATA_RATE_BYTE',
    mean: 80,
    count: 3,
    coverage: 0.5,
  };

  it.each([
    ['DATA_RATE_BYTE', 80],
    ['DATA_RATE_BIT', 10],
  ])('in %s is %i bytes a second', (unit, value) => {
    expect(normalizeMeasurement({ ...row, unit })[0]?.variables.value).toBe(value);
  });

  it.each([
    [{ unit: 'TEMPERATURE' }, /unit: "TEMPERATURE" does not fit/],
    [{ mean: 'NaN' }, /mean/],
    [{ mean: undefined, problem: 'points[0].v: not a number' }, /points\[0\].v/],
    [{ metric: 'no_such_metric' }, /nobody asked for it/],
  ])('with %j is malformed, and still dated', (change, message) => {
    expect(() => normalizeMeasurement({ ...row, ...change })).toThrow(message);
    expect(startOfMeasurement({ ...row, ...change })).toBe(HOUR_READ.start);
  });
});

it('a stretch of sampled usage can be explained from what was shown of it', () => {
  const use = {
    kind: 'vm',
    id: 'm',
    start: '2026-11-21T11:00:00Z',
    end: '2026-11-21T11:10:00Z',
    status: 'RUNNING',
    vcpu: 4,
  };
  expect(normalizeMeasurement(use)).toMatchObject([
    { kind: 'vm', variables: { value: 600, running: true, vcpu: 4, memory: null } },
  ]);
});
