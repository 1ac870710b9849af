import type { Maybe } from './fields.ts';
import { type Resource, type ResourceFields, resource } from './resource.ts';

export interface ServiceOfferingFields extends ResourceFields {
  readonly type_id?: Maybe<string>;
}

export interface ServiceOfferingDetails {
  readonly type_id: string | null;
}

/** @throws MalformedResponse as every resource does. */
export function serviceOffering(fields: ServiceOfferingFields): Resource {
  const details: ServiceOfferingDetails = { type_id: fields.type_id ?? null };
  return resource('service_offering', fields, details);
}
