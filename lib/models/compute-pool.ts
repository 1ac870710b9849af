import { given, type Maybe } from './fields.ts';
import { type Resource, type ResourceFields, resource } from './resource.ts';

/** Capacity that servers draw from: a cluster, a host, a virtual datacenter. */
export interface ComputePoolFields extends ResourceFields {
  readonly cpu_hz?: Maybe<number>;
  readonly memory_b?: Maybe<number>;
  readonly storage_b?: Maybe<number>;
  readonly billing_tag?: Maybe<string>;
}

export interface ComputePoolDetails {
  readonly cpu_hz: number | null;
  readonly memory_b: number | null;
  readonly storage_b: number | null;
  readonly billing_tag?: string;
}

/** @throws MalformedResponse as every resource does. */
export function computePool(fields: ComputePoolFields): Resource {
  const details: ComputePoolDetails = {
    cpu_hz: fields.cpu_hz ?? null,
    memory_b: fields.memory_b ?? null,
    storage_b: fields.storage_b ?? null,
    ...given({ billing_tag: fields.billing_tag }),
  };
  return resource('compute_pool', fields, details);
}
