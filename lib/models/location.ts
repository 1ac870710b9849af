import { MalformedResponse } from '../errors.ts';
import { requireText } from './fields.ts';

/** A place by the provider's id, by name, or by both; degrees where they are known. */
export interface LocationPart {
  readonly id?: string;
  readonly name?: string;
  readonly latitude?: number;
  readonly longitude?: number;
}

/** Where a resource is, as finely as it is known. `type` says whose place it is: `provider`, `customer`. */
export interface Location {
  readonly location?: LocationPart;
  readonly city?: LocationPart;
  readonly state?: LocationPart;
  readonly country?: LocationPart;
  readonly region?: LocationPart;
  readonly type?: string;
}

/** A place that the CMP knows by the provider's id. */
export interface Region {
  readonly id: string;
}

const parts = ['location', 'city', 'state', 'country', 'region'] as const;

/** Gives the locations back as they are; raises MalformedResponse for a part without a text id or name. */
export function checkedLocations(locations: readonly Location[], model: string): readonly Location[] {
  for (const [index, location] of locations.entries()) {
    for (const part of parts) checkPart(location[part], `${model}: locations[${index}].${part}`);
  }
  return locations;
}

/** Raises MalformedResponse for a region without an id. */
export function checkedRegion(region: Region, model: string): Region {
  return { id: requireText(region.id, model, 'region.id') };
}

function checkPart(part: unknown, place: string): void {
  if (part === undefined) return;
  const { id, name }: { id?: unknown; name?: unknown } =
    typeof part === 'object' && part !== null ? part : {};
  const named = [id, name].filter((value) => value !== undefined);
  if (!named.every((value) => typeof value === 'string') || !named.some((value) => value !== '')) {
    throw new MalformedResponse(`${place} must have an id or a name that is a text with a value`);
  }
}
