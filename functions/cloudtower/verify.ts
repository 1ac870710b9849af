import { InsufficientPermission, InvalidConfig } from '../../lib/errors.ts';
import type { CloudTowerClient } from './client.ts';

/** What each listing is for, in the words of whoever asks why something is missing. */
const wanted: readonly { readonly operation: string; readonly purpose: string; readonly needed: boolean }[] =
  [
    { operation: 'get-clusters', purpose: 'everything', needed: true },
    { operation: 'get-vms', purpose: 'metrics and servers', needed: true },
    { operation: 'get-vm-volumes', purpose: 'volumes and their usage', needed: true },
    { operation: 'get-datacenters', purpose: 'locations and tenants', needed: false },
    { operation: 'get-hosts', purpose: 'hosts', needed: false },
    { operation: 'get-vlans', purpose: 'networks', needed: false },
    { operation: 'get-alerts', purpose: 'alerts', needed: false },
    { operation: 'get-disks', purpose: 'the state of disks', needed: false },
    {
      operation: 'get-user-audit-logs',
      purpose: 'the exact moments of changes between samples',
      needed: false,
    },
  ];

/**
 * Whether the tower is there and knows us, and what we may list: each listing is asked for one row.
 * @throws InvalidCredentials; InsufficientPermission when usage may not be sampled, naming all that is missing
 */
export async function verifyAccess(client: CloudTowerClient): Promise<{ readonly notes: readonly string[] }> {
  const release = await client.release();
  const notes =
    release === null
      ? ['The tower does not say its version: it is older than 2.3, or its url is another']
      : [];
  const missing: (typeof wanted)[number][] = [];
  for (const one of wanted) if (!(await isAllowed(client, one.operation))) missing.push(one);
  if (missing.some(({ needed }) => needed)) {
    const names = missing.map(({ operation }) => operation).join(', ');
    throw new InsufficientPermission(`This user may not call ${names}`, {
      hint: 'Give the user a role that may view clusters, virtual machines and virtual volumes.',
    });
  }
  const told = missing.map(
    ({ operation, purpose }) => `${operation} may not be called: ${purpose} will be missing`,
  );
  return { notes: [...notes, ...told] };
}

async function isAllowed(client: CloudTowerClient, operation: string): Promise<boolean> {
  try {
    await client.call(operation, { where: {}, orderBy: 'id_ASC', first: 1 });
    return true;
  } catch (error) {
    if (error instanceof InsufficientPermission) return false;
    if (error instanceof InvalidConfig && error.code === 'OPERATION_NOT_AVAILABLE') return false;
    throw error;
  }
}
