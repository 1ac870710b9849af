import type { ImageDetailFields } from '../../lib/models/image-detail.ts';
import type { Resource, ResourceFields } from '../../lib/models/resource.ts';
import { server } from '../../lib/models/server.ts';
import { volume } from '../../lib/models/volume.ts';
import type { Millis } from '../../lib/time.ts';
import { attachmentsOf, gibibytesOf, imageOf, periodOf } from './normalize.ts';
import type { AlmanachRow } from './types.ts';

/** Where everything of the account is: rows do not say. */
export type Place = Pick<ResourceFields, 'region' | 'locations'>;

/**
 * One row for each entity that exists now, in the order of their ids. Of several the open one speaks for it, and of
 * several open ones the one that started last (sheet 4, 5).
 */
export function openNow(rows: readonly AlmanachRow[], now: Millis): AlmanachRow[] {
  const entities = new Map<string, AlmanachRow>();
  for (const row of rows) {
    const { start, end } = periodOf(row);
    if (start > now || end <= now) continue;
    const key = `${row.entity_type} ${row.entity_id}`;
    const other = entities.get(key);
    if (!other || isBetter(row, other)) entities.set(key, row);
  }
  return [...entities].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
}

/** @param volumes all of the project: what is attached stands with them alone (sheet 1.6) */
export function serversOf(
  instances: readonly AlmanachRow[],
  volumes: readonly AlmanachRow[],
  place: Place = {},
): Resource[] {
  const disks = new Map<string, AlmanachRow[]>(instances.map(({ entity_id }) => [entity_id, []]));
  for (const disk of volumes) for (const id of new Set(attachmentsOf(disk))) disks.get(id)?.push(disk);
  return instances.map((row) => {
    const attached = disks.get(row.entity_id) ?? [];
    return server({
      ...baseOf(row, place),
      instance_type: row.flavor,
      image_detail: imageDetailOf(row),
      volumes_b: bytesOf(attached),
      connections: { volumes: attached.map(({ entity_id }) => entity_id) },
    });
  });
}

export function volumesOf(volumes: readonly AlmanachRow[], place: Place = {}): Resource[] {
  return volumes.map((row) =>
    volume({
      ...baseOf(row, place, [
        ['volume_type', row.volume_type],
        ['size', row.size],
      ]),
      size_b: bytesOf([row]),
      connections: { servers: attachmentsOf(row) },
    }),
  );
}

/** When it was created is not known: a row begins with every resize, and the listing of now has no older ones. */
function baseOf(row: AlmanachRow, place: Place, facts: readonly (readonly unknown[])[] = []): ResourceFields {
  const { entity_id: id, name, project_id, start, last_event, metadata } = row;
  const own = Object.entries(metadata ?? {}).map(([key, value]) => [`metadata.${key}`, value]);
  const held = [
    ['project_id', project_id],
    ['row_start', start],
    ['last_event', last_event],
    ...facts,
    ...own,
  ];
  return {
    id,
    name: name || id,
    ...place,
    metadata: held.filter(([, value]) => isPlain(value) && value !== ''),
  };
}

/** Only what the operator lets through, by default nothing; the image's own id is never told (sheet 1.6). */
function imageDetailOf(row: AlmanachRow): ImageDetailFields | null {
  const { distro, version, os_type, type } = imageOf(row);
  const [distribution, release, system] = [distro, version, os_type ?? type].map(textOf);
  const id = [distribution, release].filter(Boolean).join(' ') || system;
  if (!id) return null;
  return { id, distribution, version: release, type: systems.get(system?.toLowerCase() ?? '') ?? system };
}

const systems = new Map([
  ['linux', 'Linux'],
  ['windows', 'Windows'],
]);

/** Bytes of some volumes; null when the size of one of them cannot be read. */
function bytesOf(volumes: readonly AlmanachRow[]): number | null {
  const sizes = volumes.map(gibibytesOf);
  return sizes.reduce<number | null>(
    (sum, size) => (sum === null || size === null ? null : sum + size * 1_073_741_824),
    0,
  );
}

function isBetter(row: AlmanachRow, other: AlmanachRow): boolean {
  if ((row.end === null) !== (other.end === null)) return row.end === null;
  const later = periodOf(row).start - periodOf(other).start;
  return later === 0 ? printed(row) > printed(other) : later > 0;
}

/** What may differ between rows that begin together: the choice must not depend on the order of the answer. */
function printed({ end, flavor, last_event, name, processed, volume_type }: AlmanachRow): string {
  return JSON.stringify([end, last_event, processed, name, flavor, volume_type]);
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

/** A value that can be printed, however hostile the answer: not nested, and not null. */
function isPlain(value: unknown): value is string | number | boolean {
  return ['string', 'number', 'boolean'].includes(typeof value);
}
