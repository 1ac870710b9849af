import type { Maybe } from './fields.ts';
import { type Resource, type ResourceFields, resource } from './resource.ts';

/** A line between two places. */
export interface CircuitFields extends ResourceFields {
  readonly type_id?: Maybe<string>;
  readonly carrier?: Maybe<string>;
  readonly reference?: Maybe<string>;
  readonly endpoint_a?: Maybe<string>;
  readonly endpoint_b?: Maybe<string>;
}

export interface CircuitDetails {
  readonly type_id: string | null;
  readonly carrier: string | null;
  readonly reference: string | null;
  readonly endpoint_a: string | null;
  readonly endpoint_b: string | null;
}

/** @throws MalformedResponse as every resource does. */
export function circuit(fields: CircuitFields): Resource {
  const details: CircuitDetails = {
    type_id: fields.type_id ?? null,
    carrier: fields.carrier ?? null,
    reference: fields.reference ?? null,
    endpoint_a: fields.endpoint_a ?? null,
    endpoint_b: fields.endpoint_b ?? null,
  };
  return resource('circuit', fields, details);
}
