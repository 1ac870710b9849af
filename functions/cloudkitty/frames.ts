import { MalformedResponse } from '../../lib/errors.ts';

type Json = Readonly<Record<string, unknown>>;

/**
 * The points of a frame of `/v2/dataframes`, each with its period and type: it stands on its own from here on, and a
 * period may go on on the next page (sheet 5.2).
 */
export function pointsOfFrame(path: string, frame: unknown): unknown[] {
  if (!isObject(frame) || !isObject(frame.usage)) throw missing(path, 'usage');
  const { period, usage } = frame;
  return Object.entries(usage).flatMap(([type, list]) => {
    if (!Array.isArray(list)) throw missing(path, `usage.${type}`);
    return list.map((point) => (isObject(point) ? { period, type, ...point } : point));
  });
}

/** The resources of a frame of `/v1/storage/dataframes`, each with its dates and its unit, known elsewhere. */
export function resourcesOfFrame(
  path: string,
  frame: unknown,
  units: ReadonlyMap<string, string>,
): unknown[] {
  if (!isObject(frame) || !Array.isArray(frame.resources)) throw missing(path, 'resources');
  const { begin, end, tenant_id } = frame;
  return frame.resources.map((resource: unknown) =>
    isObject(resource)
      ? { begin, end, tenant_id, ...resource, unit: units.get(String(resource.service)) ?? null }
      : resource,
  );
}

/** The rows of what may be a whole frame, as people have it at hand; null when it is a row itself. */
export function rowsOfFrame(raw: unknown): unknown[] | null {
  if (!isObject(raw)) return null;
  if ('usage' in raw && 'period' in raw) return pointsOfFrame('/v2/dataframes', raw);
  if ('resources' in raw) return resourcesOfFrame('/v1/storage/dataframes', raw, new Map());
  return null;
}

export function missing(path: string, name: string): MalformedResponse {
  return new MalformedResponse(`${path}: the answer has no ${name}`, { code: 'MISSING_ARRAY' });
}

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
