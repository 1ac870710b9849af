import { describeModel, given, type Maybe, requireOneOf } from './fields.ts';
import { type ImageDetail, type ImageDetailFields, imageDetail } from './image-detail.ts';
import { type IpAddress, type IpAddressFields, ipAddress } from './ip-address.ts';
import { type Resource, type ResourceFields, resource } from './resource.ts';

const states = ['unknown', 'pending', 'running', 'shutting', 'terminated', 'stopping', 'stopped'] as const;

/** What the CMP can tell apart; `provider_state` has the provider's own word. */
export type ServerState = (typeof states)[number];

export interface ServerFields extends ResourceFields {
  readonly cpu_cores?: Maybe<number>;
  readonly cpu_hz?: Maybe<number>;
  readonly ram_b?: Maybe<number>;
  /** Bytes of all its volumes. */
  readonly volumes_b?: Maybe<number>;
  readonly instance_type?: Maybe<string>;
  /** `unknown` when it is not given. */
  readonly state?: Maybe<ServerState>;
  readonly provider_state?: Maybe<string>;
  readonly ip_addresses?: Maybe<readonly IpAddressFields[]>;
  readonly image_detail?: Maybe<ImageDetailFields>;
  readonly is_virtual?: Maybe<boolean>;
}

export interface ServerDetails {
  readonly cpu_cores: number | null;
  readonly cpu_hz: number | null;
  readonly ram_b: number | null;
  readonly volumes_b: number | null;
  readonly instance_type: string | null;
  readonly state: ServerState;
  readonly provider_state: string;
  readonly ip_addresses: readonly IpAddress[];
  readonly image_detail: ImageDetail | null;
  readonly is_virtual?: boolean;
}

/** @throws MalformedResponse as every resource does, and for a state of no known name. */
export function server(fields: ServerFields): Resource {
  return resource('server', fields, details(fields));
}

function details(fields: ServerFields): ServerDetails {
  const model = describeModel('server', fields.id);
  return {
    cpu_cores: fields.cpu_cores ?? null,
    cpu_hz: fields.cpu_hz ?? null,
    ram_b: fields.ram_b ?? null,
    volumes_b: fields.volumes_b ?? null,
    instance_type: fields.instance_type ?? null,
    state: requireOneOf(fields.state ?? 'unknown', states, model, 'state'),
    provider_state: fields.provider_state ?? 'unknown',
    ip_addresses: (fields.ip_addresses ?? []).map(ipAddress),
    image_detail: fields.image_detail ? imageDetail(fields.image_detail, model) : null,
    ...given({ is_virtual: fields.is_virtual }),
  };
}
