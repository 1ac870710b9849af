import { describeModel, type Maybe, requireOneOf } from './fields.ts';
import { type Resource, type ResourceFields, resource } from './resource.ts';

const types = ['firewall', 'load_balancer', 'router', 'switch', 'storage', 'kvm', 'unknown'] as const;

export type ApplianceType = (typeof types)[number];

export interface ApplianceFields extends ResourceFields {
  readonly type_id?: Maybe<ApplianceType>;
}

export interface ApplianceDetails {
  readonly type_id: ApplianceType | null;
}

/** @throws MalformedResponse as every resource does, and for a `type_id` of no known name. */
export function appliance(fields: ApplianceFields): Resource {
  return resource('appliance', fields, details(fields));
}

function details({ id, type_id }: ApplianceFields): ApplianceDetails {
  if (type_id === null || type_id === undefined) return { type_id: null };
  return { type_id: requireOneOf(type_id, types, describeModel('appliance', id), 'type_id') };
}
