import type { Maybe } from './fields.ts';
import { type Resource, type ResourceFields, resource } from './resource.ts';

/** Rented space in a datacenter. */
export interface ColoSpaceFields extends ResourceFields {
  /** Watts. */
  readonly power_allocation_w?: Maybe<number>;
  readonly type_id?: Maybe<string>;
  readonly colo_space_location?: Maybe<string>;
  readonly customer_name?: Maybe<string>;
  readonly customer_label?: Maybe<string>;
  readonly customer_description?: Maybe<string>;
  readonly combination?: Maybe<string>;
}

export interface ColoSpaceDetails {
  readonly power_allocation_w: number | null;
  readonly type_id: string | null;
  readonly colo_space_location: string | null;
  readonly customer_name: string | null;
  readonly customer_label: string | null;
  readonly customer_description: string | null;
  readonly combination: string | null;
}

/** @throws MalformedResponse as every resource does. */
export function coloSpace(fields: ColoSpaceFields): Resource {
  const details: ColoSpaceDetails = {
    power_allocation_w: fields.power_allocation_w ?? null,
    type_id: fields.type_id ?? null,
    colo_space_location: fields.colo_space_location ?? null,
    customer_name: fields.customer_name ?? null,
    customer_label: fields.customer_label ?? null,
    customer_description: fields.customer_description ?? null,
    combination: fields.combination ?? null,
  };
  return resource('colo_space', fields, details);
}
