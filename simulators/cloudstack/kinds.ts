/** A usage type as listUsageTypes shows it (sheet 2.4, 2.5). */
export interface UsageType {
  readonly id: number;
  readonly name: string;
  readonly description: string;
}

export const usageTypes: readonly UsageType[] = [
  type(1, 'RUNNING_VM', 'Running Vm Usage'),
  type(2, 'ALLOCATED_VM', 'Allocated Vm Usage'),
  type(3, 'IP_ADDRESS', 'IP Address Usage'),
  type(4, 'NETWORK_BYTES_SENT', 'Network Usage (Bytes Sent)'),
  type(5, 'NETWORK_BYTES_RECEIVED', 'Network Usage (Bytes Received)'),
  type(6, 'VOLUME', 'Volume Usage'),
  type(7, 'TEMPLATE', 'Template Usage'),
  type(8, 'ISO', 'ISO Usage'),
  type(9, 'SNAPSHOT', 'Snapshot Usage'),
  type(10, 'SECURITY_GROUP', 'Security Group Usage'),
  type(11, 'LOAD_BALANCER_POLICY', 'Load Balancer Usage'),
  type(12, 'PORT_FORWARDING_RULE', 'Port Forwarding Usage'),
  type(13, 'NETWORK_OFFERING', 'Network Offering Usage'),
  type(14, 'VPN_USERS', 'VPN users usage'),
  type(21, 'VM_DISK_IO_READ', 'VM Disk usage(I/O Read)'),
  type(22, 'VM_DISK_IO_WRITE', 'VM Disk usage(I/O Write)'),
  type(23, 'VM_DISK_BYTES_READ', 'VM Disk usage(Bytes Read)'),
  type(24, 'VM_DISK_BYTES_WRITE', 'VM Disk usage(Bytes Write)'),
  type(25, 'VM_SNAPSHOT', 'VM Snapshot storage usage'),
  type(26, 'VOLUME_SECONDARY', 'Volume on secondary storage usage'),
  type(27, 'VM_SNAPSHOT_ON_PRIMARY', 'VM Snapshot on primary storage usage'),
  type(28, 'BACKUP', 'Backup storage usage'),
  type(29, 'BUCKET', 'Bucket storage usage'),
  type(30, 'NETWORK', 'Network usage'),
  type(31, 'VPC', 'VPC usage'),
];

const names = new Map(usageTypes.map(({ id, name }) => [id, name]));

/** What the contract calls a type; type 28 in bytes has a name of its own. */
export function kindOf(id: number, unit: 'hours' | 'bytes' | 'operations'): string {
  return id === 28 && unit === 'bytes' ? 'BACKUP_BYTES' : (names.get(id) ?? `TYPE_${id}`);
}

function type(id: number, name: string, description: string): UsageType {
  return { id, name, description };
}
