import type { TowerAlert, TowerCluster, TowerHost, TowerPhysicalDisk } from '../functions/cloudtower/rows.ts';
import { failing } from '../functions/cloudtower/status.ts';

/** What a dashboard is made from. */
export interface TowerInventory {
  readonly clusters: readonly TowerCluster[];
  readonly hosts: readonly TowerHost[];
  readonly disks: readonly TowerPhysicalDisk[];
  readonly alerts: readonly TowerAlert[];
}

/** The whole tower, one datacenter or one cluster, by name. */
export type Scope = { readonly datacenter?: string; readonly cluster?: string };

export interface Dashboard {
  readonly clusters: readonly string[];
  readonly alerts: { readonly critical: number; readonly notice: number; readonly info: number };
  readonly hdd: DiskFigures;
  /** Absent where nothing but storage is in scope. Hz. */
  readonly cpu?: {
    readonly total_cpu_cores: number;
    readonly total_cpu_hz: number;
    readonly used_cpu_hz: number;
    readonly usage_percent: number | null;
  };
  /** Bytes. */
  readonly memory?: { readonly total: number; readonly used: number; readonly usage_percent: number | null };
  /** Bytes. */
  readonly storage: {
    readonly total: number;
    readonly used: number;
    readonly invalid: number;
    readonly available: number;
  };
}

export interface DiskFigures {
  readonly healthy: number;
  readonly warning: number;
  readonly error: number;
  readonly total: number;
}

/**
 * The figures of the original dashboard, its defects mended: a percentage is one of a hundred and never divided by
 * zero, CPU and memory are shown for one cluster as for several and for every type that computes, a RAID that failed
 * is an error, and alerts of the tower itself are seen in the whole tower.
 */
export function dashboardOf(inventory: TowerInventory, scope: Scope = {}): Dashboard {
  const clusters = inventory.clusters.filter((one) => isIn(one, scope));
  const ids = new Set(clusters.map(({ id }) => id));
  const isWhole = scope.cluster === undefined && scope.datacenter === undefined;
  const hosts = inventory.hosts.filter(({ cluster }) => ids.has(cluster?.id ?? ''));
  const alerts = inventory.alerts.filter(({ cluster }) => (cluster ? ids.has(cluster.id) : isWhole));
  const computing = clusters.filter(({ type }) => type !== 'SMTX_ZBS');
  return {
    clusters: clusters.map(({ id, name }) => name || id),
    alerts: alertFigures(alerts),
    hdd: diskFigures(inventory.disks, hosts, ['HDD']),
    ...(computing.length > 0 ? { cpu: cpuFigures(computing), memory: memoryFigures(computing, hosts) } : {}),
    storage: storageFigures(clusters),
  };
}

/** Towers before 4.4 say SSD for all that is no HDD; later ones tell them apart. */
export const flash = ['SSD', 'NVMe_SSD', 'SATA_OR_SAS_SSD'];

/** How the disks of some types are, in some hosts. */
export function diskFigures(
  disks: readonly TowerPhysicalDisk[],
  hosts: readonly Pick<TowerHost, 'id'>[],
  types: readonly string[],
): DiskFigures {
  const ids = new Set(hosts.map(({ id }) => id));
  const own = disks.filter(({ host, type }) => ids.has(host?.id ?? '') && types.includes(type ?? ''));
  const error = own.filter(({ health_status }) => failing.has(health_status ?? ''));
  const warning = own.filter(
    (disk) => !error.includes(disk) && /^(UNMOUNTED|PARTIAL_MOUNTED)$/.test(disk.usage_status ?? ''),
  );
  return {
    healthy: own.length - error.length - warning.length,
    warning: warning.length,
    error: error.length,
    total: own.length,
  };
}

function isIn({ datacenters, name }: TowerCluster, scope: Scope): boolean {
  if (scope.cluster !== undefined) return name === scope.cluster;
  if (scope.datacenter === undefined) return true;
  return (datacenters ?? []).some((one) => one.name === scope.datacenter);
}

function alertFigures(alerts: readonly TowerAlert[]): Dashboard['alerts'] {
  const open = alerts.filter(({ ended }) => ended !== true);
  const count = (severity: string) => open.filter((alert) => alert.severity === severity).length;
  return { critical: count('CRITICAL'), notice: count('NOTICE'), info: count('INFO') };
}

function cpuFigures(clusters: readonly TowerCluster[]): NonNullable<Dashboard['cpu']> {
  const total = sum(clusters.map(({ total_cpu_hz }) => total_cpu_hz));
  const used = sum(clusters.map(({ used_cpu_hz }) => used_cpu_hz));
  return {
    total_cpu_cores: sum(clusters.map(({ total_cpu_cores }) => total_cpu_cores)),
    total_cpu_hz: total,
    used_cpu_hz: used,
    usage_percent: percent(used, total),
  };
}

/** Of the tower's own hypervisor the hosts say it, of others the cluster. */
function memoryFigures(
  clusters: readonly TowerCluster[],
  hosts: readonly TowerHost[],
): NonNullable<Dashboard['memory']> {
  const foreign = clusters.filter(({ hypervisor }) => hypervisor === 'VMWARE');
  const own = new Set(clusters.filter((one) => !foreign.includes(one)).map(({ id }) => id));
  const ours = hosts.filter(({ cluster }) => own.has(cluster?.id ?? ''));
  const total = sum([...ours, ...foreign].map(({ total_memory_bytes }) => total_memory_bytes));
  const used = sum([
    ...ours.flatMap((host) => [host.running_pause_vm_memory_bytes, host.os_memory_bytes]),
    ...foreign.map(({ used_memory_bytes }) => used_memory_bytes),
  ]);
  return { total, used, usage_percent: percent(used, total) };
}

function storageFigures(clusters: readonly TowerCluster[]): Dashboard['storage'] {
  const total = sum(clusters.map(({ total_data_capacity }) => total_data_capacity));
  const used = sum(clusters.map(({ used_data_space }) => used_data_space));
  const invalid = sum(clusters.map(({ failure_data_space }) => failure_data_space));
  return { total, used, invalid, available: total - used - invalid };
}

function sum(values: readonly (number | null | undefined)[]): number {
  return values.reduce<number>((all, value) => all + (value ?? 0), 0);
}

/** To two digits; of nothing there is no percentage. */
function percent(part: number, whole: number): number | null {
  return whole > 0 ? Math.round((part / whole) * 10_000) / 100 : null;
}
