import type { CloudTowerClient } from '../functions/cloudtower/client.ts';
import { type WaitOptions, waitTasks } from '../functions/cloudtower/tasks.ts';
import { InvalidConfig, MalformedResponse } from '../lib/errors.ts';

/** A snapshot that was taken. */
export interface TakenSnapshot {
  readonly id: string;
  readonly name: string;
  /** What was asked for, or less where the guest's tools do not run. */
  readonly consistent_type: string;
  /** The snapshots of its disks by their names, without those of optical drives. */
  readonly disks: readonly string[];
}

interface Created {
  readonly task_id: string | null;
  readonly data: { readonly id: string };
}

/**
 * Takes a snapshot of the machine of that name and waits until it is there. Without running tools in the guest a file
 * system cannot be brought to rest: then it is as after a crash (sheet 3.3).
 * @throws InvalidConfig for a name that no machine has, or several; TasksNotDone
 */
export async function snapshotOf(
  client: CloudTowerClient,
  vmName: string,
  name: string,
  wait: WaitOptions = {},
): Promise<TakenSnapshot> {
  const found = (await client.call('get-vms', { where: { name: vmName }, first: 2, orderBy: 'id_ASC' })) as {
    id: string;
    vm_tools_status: string | null;
  }[];
  const [vm, other] = found;
  if (!vm || other)
    throw new InvalidConfig(`${vm ? 'Several machines are' : 'No machine is'} named "${vmName}"`);
  const consistent = vm.vm_tools_status === 'RUNNING' ? 'FILE_SYSTEM_CONSISTENT' : 'CRASH_CONSISTENT';
  const asked = { data: [{ vm_id: vm.id, name, consistent_type: consistent }] };
  const [created] = (await client.call('create-vm-snapshot', asked, { retry: false })) as Created[];
  if (!created) throw new MalformedResponse('create-vm-snapshot: the answer is empty');
  await waitTasks(client, [created.task_id], wait);
  const [snapshot] = (await client.call('get-vm-snapshots', {
    where: { id: created.data.id },
    first: 1,
  })) as {
    id: string;
    name: string;
    vm_disks: { type: string; snapshot_local_id: string | null }[] | null;
  }[];
  if (!snapshot) throw new MalformedResponse(`get-vm-snapshots: ${created.data.id} is not there`);
  const disks = (snapshot.vm_disks ?? []).filter(({ type }) => type === 'DISK');
  return {
    id: snapshot.id,
    name: snapshot.name,
    consistent_type: consistent,
    disks: disks.flatMap(({ snapshot_local_id }) => snapshot_local_id ?? []),
  };
}
