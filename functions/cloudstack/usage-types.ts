import type { CloudStackUsageRecord } from './types.ts';

/**
 * Usage types by id (sheet 2.5). The list is static; an id that is not in it becomes `TYPE_<n>` and, without a
 * mapping of that name, is counted as unmapped.
 */
const names: Readonly<Record<number, string>> = {
  1: 'RUNNING_VM',
  2: 'ALLOCATED_VM',
  3: 'IP_ADDRESS',
  4: 'NETWORK_BYTES_SENT',
  5: 'NETWORK_BYTES_RECEIVED',
  6: 'VOLUME',
  7: 'TEMPLATE',
  8: 'ISO',
  9: 'SNAPSHOT',
  10: 'SECURITY_GROUP',
  11: 'LOAD_BALANCER_POLICY',
  12: 'PORT_FORWARDING_RULE',
  13: 'NETWORK_OFFERING',
  14: 'VPN_USERS',
  21: 'VM_DISK_IO_READ',
  22: 'VM_DISK_IO_WRITE',
  23: 'VM_DISK_BYTES_READ',
  24: 'VM_DISK_BYTES_WRITE',
  25: 'VM_SNAPSHOT',
  26: 'VOLUME_SECONDARY',
  27: 'VM_SNAPSHOT_ON_PRIMARY',
  28: 'BACKUP',
  29: 'BUCKET',
  30: 'NETWORK',
  31: 'VPC',
};

/** Type 28 was bytes in 4.15 and is hours since; only the unit behind the text tells (sheet 2.5). */
export function kindOf({ usagetype, usage }: CloudStackUsageRecord): string {
  if (usagetype === 28 && usage !== undefined && !/hrs\s*$/i.test(usage)) return 'BACKUP_BYTES';
  return names[usagetype] ?? `TYPE_${usagetype}`;
}

/**
 * The provider's id of what was used. Four types have none in the response (contract: Kinds); a resource whose
 * database row is gone loses its id too, and is then known by its description alone. Null: nothing names it.
 */
export function resourceIdOf(row: CloudStackUsageRecord): string | null {
  if (row.usageid) return row.usageid;
  const description = row.description?.trim() ?? '';
  return (
    idByType(row, description) ?? row.virtualmachineid ?? (description ? `description:${description}` : null)
  );
}

function idByType(row: CloudStackUsageRecord, description: string): string | undefined {
  switch (row.usagetype) {
    case 13:
      return row.offeringid && row.virtualmachineid && `${row.offeringid}/${row.virtualmachineid}`;
    case 26:
      return /\(([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\)/i.exec(description)?.[1];
    case 30:
      return prefixed('network', /network ID: (\d+)/i.exec(description)?.[1]);
    case 31:
      return prefixed('vpc', /VPC ID: (\d+)/i.exec(description)?.[1]);
    default:
      return undefined;
  }
}

function prefixed(prefix: string, id: string | undefined): string | undefined {
  return id === undefined ? undefined : `${prefix}:${id}`;
}
