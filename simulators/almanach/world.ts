import type { Millis } from '../../lib/time.ts';
import { uuidOf } from '../seeded.ts';
import type { Settings } from './options.ts';
import type { VolumeType } from './row.ts';

/** A project of Keystone: Almanach itself knows only the id. */
export interface Project {
  readonly id: string;
  readonly name: string;
}

/** What stands still in a simulated cloud. */
export interface World {
  readonly seed: number;
  readonly since: Millis;
  readonly lives: number;
  readonly imageMeta: readonly string[];
  /** Of a history the last one has no usage, and never will. */
  readonly projects: readonly Project[];
  readonly volumeTypes: readonly (VolumeType & { readonly name: string })[];
  readonly flavors: readonly string[];
}

export function worldOf({ seed, since, lives, imageMeta, rows }: Settings): World {
  const named = (kind: string, names: readonly string[]) =>
    names.map((name) => ({ id: uuidOf(seed, 'almanach', kind, name), name }));
  return {
    seed,
    since,
    lives,
    imageMeta,
    projects: rows === null ? projectsOf(seed) : projectsIn(rows),
    volumeTypes: named('volume type', ['solidfire0', 'ceph-ssd', 'hdd-économique']),
    flavors: ['m1.tiny', 'm1.small', 'm1.medium', 'm1.large', 'm1.über'],
  };
}

/** All there are; a Keystone beside has the same. The last one has no usage. */
export function projectsOf(seed: number): Project[] {
  return ['shop', 'büro-東京', 'archive', 'empty'].map((name) => ({
    id: uuidOf(seed, 'almanach', 'project', name).replaceAll('-', ''),
    name,
  }));
}

function projectsIn(rows: NonNullable<Settings['rows']>): Project[] {
  const ids = new Set(rows.map(({ project_id }) => String(project_id)));
  return [...ids].map((id) => ({ id, name: id }));
}
