import { HOUR, MINUTE, type Millis, SECOND } from '../../lib/time.ts';
import { seedOf } from '../seeded.ts';
import { matching } from './listing.ts';
import type { Machine } from './machine.ts';
import { refusal } from './refusal.ts';
import type { Tower } from './tower.ts';
import { pointOffset } from './world.ts';

/** Sheet 4.3: what a range is measured in. Any other is answered with nothing. */
const ranges: Readonly<Record<string, { readonly length: Millis; readonly step: Millis }>> = {
  '2h': { length: 2 * HOUR, step: 30 * SECOND },
  '24h': { length: 24 * HOUR, step: 5 * MINUTE },
  '7d': { length: 168 * HOUR, step: 30 * MINUTE },
  '30d': { length: 720 * HOUR, step: 24 * HOUR },
  '182d': { length: 4368 * HOUR, step: 24 * HOUR },
};

/** What is measured of machines, in its unit. `wave` swings about the level by a tenth. */
const measured: Readonly<
  Record<string, { readonly unit: string; readonly level: number; readonly counter?: true }>
> = {
  elf_vm_cpu_overall_usage_percent: { unit: 'PERCENT', level: 30 },
  elf_vm_memory_usage_percent: { unit: 'PERCENT', level: 50 },
  elf_vm_disk_overall_read_speed_bps: { unit: 'DATA_RATE_BYTE', level: 1e6 },
  elf_vm_disk_overall_write_speed_bps: { unit: 'DATA_RATE_BYTE', level: 2e6 },
  elf_vm_disk_overall_read_iops: { unit: 'COUNT', level: 100 },
  elf_vm_disk_overall_write_iops: { unit: 'COUNT', level: 200 },
  elf_vm_network_receive_speed_bps: { unit: 'DATA_RATE_BYTE', level: 125_000 },
  elf_vm_network_transmit_speed_bps: { unit: 'DATA_RATE_BYTE', level: 250_000 },
  elf_vm_network_receive_bytes: { unit: 'DATA_SIZE', level: 125_000, counter: true },
  elf_vm_network_transmit_bytes: { unit: 'DATA_SIZE', level: 250_000, counter: true },
  vmware_vm_cpu_usage_average_percent: { unit: 'PERCENT', level: 20 },
  vmware_vm_mem_usage_average_percent: { unit: 'PERCENT', level: 40 },
  vmware_vm_virtual_disk_read_average_bps: { unit: 'DATA_RATE_BYTE', level: 1e6 },
  vmware_vm_virtual_disk_write_average_bps: { unit: 'DATA_RATE_BYTE', level: 2e6 },
  vmware_vm_virtual_disk_number_read_averaged_average: { unit: 'COUNT', level: 100 },
  vmware_vm_virtual_disk_number_write_averaged_average: { unit: 'COUNT', level: 200 },
  vmware_vm_net_received_average_bps: { unit: 'DATA_RATE_BYTE', level: 125_000 },
  vmware_vm_net_transmitted_average_bps: { unit: 'DATA_RATE_BYTE', level: 250_000 },
};

interface Asked {
  readonly range: string;
  readonly metrics: readonly string[];
  readonly vms: unknown;
}

/** One element for each metric asked for; failures are answers with 200 (sheet 4.4). @throws Refusal */
export function measurements(
  tower: Tower,
  operation: string,
  body: Readonly<Record<string, unknown>>,
): unknown {
  const { range, metrics, vms } = body as unknown as Asked;
  if (typeof range !== 'string' || !Array.isArray(metrics) || typeof vms !== 'object' || vms === null)
    throw refusal(400, 'should have required property');
  const wanted = new Set(matching(tower, 'get-vms', vms).map(({ id }) => id));
  const machines = tower.machines().filter(({ id }) => wanted.has(id));
  const dropped = tower.faults.has('dropped-metrics') && (machines.length > 2 || range !== '2h');
  return metrics.map((name) => {
    const { unit = 'COUNT' } = measured[name] ?? {};
    const { step = 0 } = ranges[range] ?? {};
    const streams = machines.flatMap((machine) => streamOf(tower, operation, machine, name, range, dropped));
    return { task_id: null, data: { unit, step, dropped, samples: null, sample_streams: streams } };
  });
}

const labels = [
  ...[
    'to_hostname',
    'serial_number',
    'pool',
    'name',
    'job',
    'instance',
    '_zone',
    '_witness',
    '_volume',
    '_to_uuid',
  ],
  ...[
    '_service',
    '_scvm',
    '_network',
    '_mac',
    '_host',
    '_esxi_uuid',
    '_device',
    '_cluster',
    '_cid',
    '_chunk',
  ],
];

function streamOf(
  tower: Tower,
  operation: string,
  machine: Machine,
  name: string,
  range: string,
  dropped: boolean,
): object[] {
  const isElf = machine.cluster.hypervisor === 'ELF';
  const known = measured[name];
  const exists = known && !tower.faults.has('empty-metrics') && isElf === name.startsWith('elf_');
  const silent = tower.faults.has('no-rates') && /network.*speed/.test(name);
  const points = exists && !silent ? pointsOf(tower, machine, name, range) : [];
  // A machine that was off all the time has no stream at all; an unknown name has one without points.
  if (exists && !silent && points.length === 0) return [];
  const mac = operation === 'get-vm-network-metrics' ? machine.mac : null;
  const about = { ...Object.fromEntries(labels.map((label) => [label, null])), metric_name: name };
  return [
    {
      labels: { ...about, _vm: machine.local_id, _mac: mac },
      points: dropped ? points.slice(0, Math.ceil(points.length / 24)) : points,
    },
  ];
}

function pointsOf(tower: Tower, machine: Machine, name: string, range: string): { t: Millis; v: unknown }[] {
  const known = ranges[range];
  if (!known) return [];
  const { length, step } = known;
  const offset = pointOffset(tower.settings.seed);
  const end = tower.momentOf(machine.cluster);
  const points: { t: Millis; v: unknown }[] = [];
  const first = Math.ceil((tower.now() - length - offset) / step) * step + offset;
  for (let t = first; t <= end; t += step) {
    const v = valueAt(machine, name, t);
    if (v !== null) points.push({ t, v });
  }
  const [point] = points;
  if (
    point &&
    tower.faults.has('bad-row') &&
    name === 'elf_vm_memory_usage_percent' &&
    isFirst(tower, machine)
  )
    point.v = 'NaN';
  return points;
}

function isFirst(tower: Tower, machine: Machine): boolean {
  return tower.machines().find(({ cluster }) => cluster === machine.cluster) === machine;
}

/** Null while the machine does not run. A counter begins anew with every start. */
export function valueAt(machine: Machine, name: string, t: Millis): number | null {
  const state = machine.states.find(({ start, end }) => start <= t && t < end);
  const known = measured[name];
  if (state?.status !== 'RUNNING' || !known) return null;
  const own = 0.5 + (seedOf(machine.id, name.replace(/_speed_bps|_bytes/, '')) % 1000) / 1000;
  if (known.counter) return Math.floor((known.level * own * (t - state.start)) / SECOND);
  return known.level * own;
}
