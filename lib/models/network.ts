import { type Resource, type ResourceFields, resource } from './resource.ts';

/** @throws MalformedResponse as every resource does. */
export function network(fields: ResourceFields): Resource {
  return resource('network', fields, {});
}
