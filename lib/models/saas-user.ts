import type { Maybe } from './fields.ts';
import { type Resource, type ResourceFields, resource } from './resource.ts';

export interface SaasUserFields extends ResourceFields {
  readonly avatar_url?: Maybe<string>;
  readonly phone?: Maybe<string>;
  readonly address?: Maybe<string>;
  readonly is_active?: Maybe<boolean>;
  /** Passed on as the provider gives it, text or number. */
  readonly disk_quota_b?: Maybe<number | string>;
  readonly disk_used_b?: Maybe<number | string>;
  readonly email?: Maybe<string>;
  readonly country?: Maybe<string>;
  readonly language?: Maybe<string>;
}

export interface SaasUserDetails {
  readonly avatar_url: string | null;
  readonly phone: string | null;
  readonly address: string | null;
  readonly is_active: boolean | null;
  readonly disk_quota_b: number | string | null;
  readonly disk_used_b: number | string | null;
  readonly email: string | null;
  readonly country: string | null;
  readonly language: string | null;
}

/** @throws MalformedResponse as every resource does. */
export function saasUser(fields: SaasUserFields): Resource {
  const details: SaasUserDetails = {
    avatar_url: fields.avatar_url ?? null,
    phone: fields.phone ?? null,
    address: fields.address ?? null,
    is_active: fields.is_active ?? null,
    disk_quota_b: fields.disk_quota_b ?? null,
    disk_used_b: fields.disk_used_b ?? null,
    email: fields.email ?? null,
    country: fields.country ?? null,
    language: fields.language ?? null,
  };
  return resource('saas_user', fields, details);
}
