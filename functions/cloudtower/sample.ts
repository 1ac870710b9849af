import { type Millis, parseInstant } from '../../lib/time.ts';
import type { Directory } from './resource-base.ts';
import { idOf, labelsOf, timeOf } from './resource-base.ts';
import type { TowerAudit, TowerCluster, TowerVm, TowerVolume } from './rows.ts';
import { isSystem } from './servers.ts';

/** All that was there at one moment, reduced to what usage depends on. */
export interface Sample {
  readonly at: Millis;
  readonly clusters: readonly ClusterSample[];
  readonly machines: readonly ThingSample<MachineState>[];
  readonly volumes: readonly ThingSample<VolumeState>[];
  /** What users did since the last sample, by time; null when the user may not read it. */
  readonly events: readonly TowerEvent[] | null;
}

export interface ClusterSample {
  readonly id: string;
  readonly name: string;
  /** False: the tower shows what was, not what is. */
  readonly connected: boolean;
  /** When the last connection ended, as far as that is told. */
  readonly disconnectedAt: Millis | null;
  readonly location: About['location'];
  readonly tenant: About['tenant'];
}

/** What does not decide the amount of usage. */
export interface About {
  /** The tower's own id: what its audit names. */
  readonly id: string;
  readonly name?: string;
  readonly cluster: string;
  readonly location: { readonly id: string; readonly name?: string } | null;
  readonly tenant: { readonly id: string; readonly name?: string } | null;
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
  /** A volume's machines, by the ids that machines are known by here. */
  readonly machines?: readonly string[];
}

/** One machine or volume in a sample. */
export interface ThingSample<State> {
  readonly id: string;
  readonly about: About;
  readonly state: State;
  readonly createdAt: Millis | null;
  /** Machines: when the last shutdown was. */
  readonly shutDownAt?: Millis | null;
  /** Machines: when it came into the recycle bin, and when that will be emptied of it. */
  readonly deletedAt?: Millis | null;
  readonly purgeAt?: Millis | null;
}

/** Usage of a machine is constant while all of it is. Null is not known. */
export interface MachineState {
  /** The tower's word; `UNKNOWN` is null. */
  readonly status: string | null;
  readonly vcpu: number | null;
  /** Bytes. */
  readonly memory: number | null;
  /** In the recycle bin. */
  readonly bin: boolean;
}

export interface VolumeState {
  /** Bytes. */
  readonly size: number | null;
}

export interface TowerEvent {
  readonly action: string;
  /** The tower's id of what it was done to. */
  readonly id: string;
  readonly at: Millis;
}

/** States in which the tower shows what is (sheet 2.6). */
const live: ReadonlySet<string> = new Set(['CONNECTED', 'CONNECTED_ERROR']);

export function clusterSample(cluster: TowerCluster, directory: Directory): ClusterSample {
  const { datacenter, tenant } = directory.home(cluster.id);
  return {
    id: cluster.id,
    name: cluster.name || cluster.id,
    connected: live.has(cluster.connect_state ?? ''),
    disconnectedAt: instantOf(cluster.disconnected_date),
    location: datacenter,
    tenant,
  };
}

/** @param purgeAt when the recycle bin of its cluster would be emptied of it */
export function machineSample(
  vm: TowerVm,
  purgeAt: (deletedAt: Millis) => Millis | null,
  directory: Directory,
): ThingSample<MachineState> {
  const deletedAt = vm.in_recycle_bin ? instantOf(vm.deleted_at) : null;
  const { cluster, datacenter, tenant } = directory.home(vm.cluster?.id);
  return {
    id: idOf(vm),
    about: {
      ...namedAs(vm.id, vm.in_recycle_bin ? vm.original_name || vm.name : vm.name),
      cluster: vm.cluster?.id ?? '',
      location: datacenter,
      tenant,
      attributes: {
        ...(cluster?.name ? { cluster: cluster.name } : {}),
        ...(vm.folder?.name ? { folder: vm.folder.name } : {}),
        is_system: isSystem(vm),
        ...labelAttributes(vm, directory),
      },
    },
    state: {
      status: vm.status && vm.status !== 'UNKNOWN' ? vm.status : null,
      vcpu: vm.vcpu ?? null,
      memory: vm.memory ?? null,
      bin: vm.in_recycle_bin === true,
    },
    createdAt: instantOf(vm.local_created_at),
    shutDownAt: instantOf(vm.last_shutdown_time),
    deletedAt,
    purgeAt: deletedAt === null ? null : purgeAt(deletedAt),
  };
}

/** @param machines those that it is attached to: a shared volume has several, and counts once all the same */
export function volumeSample(
  volume: TowerVolume,
  machines: readonly string[],
  directory: Directory,
): ThingSample<VolumeState> {
  const { cluster, datacenter, tenant } = directory.home(volume.cluster?.id);
  return {
    id: idOf(volume),
    about: {
      ...namedAs(volume.id, volume.name),
      cluster: volume.cluster?.id ?? '',
      location: datacenter,
      tenant,
      attributes: {
        ...(cluster?.name ? { cluster: cluster.name } : {}),
        ...(volume.elf_storage_policy ? { storage_policy: volume.elf_storage_policy } : {}),
        shared: volume.sharing === true,
        ...labelAttributes(volume, directory),
      },
      machines,
    },
    state: { size: volume.size ?? null },
    createdAt: instantOf(volume.local_created_at),
  };
}

/** What succeeded, was done to something, and can be dated. */
export function eventsOf(audits: readonly TowerAudit[]): TowerEvent[] {
  const events = audits.flatMap(({ action, status, resource_id, finished_at, createdAt }) => {
    const at = instantOf(finished_at) ?? instantOf(createdAt);
    if (!action || !resource_id || at === null || status === 'FAILED') return [];
    return [{ action, id: resource_id, at }];
  });
  return events.sort((a, b) => a.at - b.at);
}

function namedAs(id: string, name: string | null | undefined): Pick<About, 'id' | 'name'> {
  return name ? { id, name } : { id };
}

function labelAttributes(row: TowerVm | TowerVolume, directory: Directory): Record<string, string> {
  return Object.fromEntries(labelsOf(row, directory).map(([key, value]) => [`label.${key}`, value]));
}

/** Null for what is none, or no time. */
function instantOf(text: string | null | undefined): Millis | null {
  const time = timeOf(text);
  return time === null ? null : parseInstant(time);
}
