/** How a tower's measurements become metrics: which names are asked for where, and what they say. */

export type Endpoint = 'get-vm-metrics' | 'get-vm-network-metrics';

export interface Measure {
  /** A mapping's key. */
  readonly kind: string;
  readonly endpoint: Endpoint;
  /** The tower's names in the order of trust: the first that has points counts. */
  readonly sources: readonly Source[];
  readonly unit: 'percent' | 'B/s' | '1/s';
}

export interface Source {
  readonly name: string;
  /** Ever growing, until it begins anew (sheet 4.4). */
  readonly counter?: true;
}

/** Machines of the tower's own hypervisor. Network rates are bytes here, and bits at hosts (sheet 4.4). */
const elf: readonly Measure[] = [
  measure('vm_cpu_usage', 'percent', 'elf_vm_cpu_overall_usage_percent'),
  measure('vm_memory_usage', 'percent', 'elf_vm_memory_usage_percent'),
  measure('vm_disk_read_rate', 'B/s', 'elf_vm_disk_overall_read_speed_bps'),
  measure('vm_disk_write_rate', 'B/s', 'elf_vm_disk_overall_write_speed_bps'),
  measure('vm_disk_read_iops', '1/s', 'elf_vm_disk_overall_read_iops'),
  measure('vm_disk_write_iops', '1/s', 'elf_vm_disk_overall_write_iops'),
  network('vm_network_in_rate', 'elf_vm_network_receive_speed_bps', 'elf_vm_network_receive_bytes'),
  network('vm_network_out_rate', 'elf_vm_network_transmit_speed_bps', 'elf_vm_network_transmit_bytes'),
];

const vmware: readonly Measure[] = [
  measure('vm_cpu_usage', 'percent', 'vmware_vm_cpu_usage_average_percent'),
  measure('vm_memory_usage', 'percent', 'vmware_vm_mem_usage_average_percent'),
  measure('vm_disk_read_rate', 'B/s', 'vmware_vm_virtual_disk_read_average_bps'),
  measure('vm_disk_write_rate', 'B/s', 'vmware_vm_virtual_disk_write_average_bps'),
  measure('vm_disk_read_iops', '1/s', 'vmware_vm_virtual_disk_number_read_averaged_average'),
  measure('vm_disk_write_iops', '1/s', 'vmware_vm_virtual_disk_number_write_averaged_average'),
  measure('vm_network_in_rate', 'B/s', 'vmware_vm_net_received_average_bps'),
  measure('vm_network_out_rate', 'B/s', 'vmware_vm_net_transmitted_average_bps'),
];

/** @param hypervisor the cluster's; of others than these nothing is measured for machines (sheet 4.5) */
export function measuresOf(hypervisor: string | null | undefined): readonly Measure[] {
  return hypervisor === 'ELF' ? elf : hypervisor === 'VMWARE' ? vmware : [];
}

const byName: ReadonlyMap<
  string,
  { readonly measure: Measure; readonly source: Source; readonly rank: number }
> = new Map(
  [...elf, ...vmware].flatMap((measure) =>
    measure.sources.map((source, rank) => [source.name, { measure, source, rank }] as const),
  ),
);

/** What a name of the tower measures; undefined for one that nobody asks for. */
export function measureNamed(name: string) {
  return byName.get(name);
}

function measure(kind: string, unit: Measure['unit'], name: string): Measure {
  return { kind, unit, endpoint: 'get-vm-metrics', sources: [{ name }] };
}

/** A rate that is missing follows from the counter of bytes. */
function network(kind: string, rate: string, counter: string): Measure {
  const sources = [{ name: rate }, { name: counter, counter: true } as const];
  return { kind, unit: 'B/s', endpoint: 'get-vm-network-metrics', sources };
}

/** The answer's own unit decides (sheet 4.2). @returns what to multiply by; null for a unit that does not fit */
export function factorTo(unit: Measure['unit'], told: string, counter: boolean): number | null {
  return factors[`${unit} ${counter ? 'counter ' : ''}${told}`] ?? null;
}

const factors: Readonly<Record<string, number>> = {
  'percent PERCENT': 1,
  'percent RATIO': 100,
  'B/s DATA_RATE_BYTE': 1,
  'B/s STORAGE_BAND_WIDTH': 1,
  'B/s DATA_RATE_BIT': 1 / 8,
  'B/s counter DATA_SIZE': 1,
  'B/s counter COUNT': 1,
  '1/s COUNT': 1,
};
