import { MalformedResponse } from '../errors.ts';
import { describeModel, given, type Maybe, quote } from './fields.ts';
import { type Resource, type ResourceFields, resource } from './resource.ts';

export interface VolumeFields extends ResourceFields {
  readonly encrypted?: Maybe<boolean>;
  /** A fraction is cut off; a text of digits is read. */
  readonly iops?: Maybe<number | string>;
  readonly size_b?: Maybe<number>;
  readonly zone_name?: Maybe<string>;
}

export interface VolumeDetails {
  readonly encrypted: boolean | null;
  readonly iops: number | null;
  readonly size_b: number | null;
  readonly zone_name?: string;
}

/** @throws MalformedResponse as every resource does, and for iops that are no number. */
export function volume(fields: VolumeFields): Resource {
  const details: VolumeDetails = {
    encrypted: fields.encrypted ?? null,
    iops: integer(fields.iops, describeModel('volume', fields.id)),
    size_b: fields.size_b ?? null,
    ...given({ zone_name: fields.zone_name }),
  };
  return resource('volume', fields, details);
}

function integer(value: Maybe<number | string>, model: string): number | null {
  if (value === null || value === undefined) return null;
  if (typeof value === 'number' && Number.isFinite(value)) return Math.trunc(value);
  if (typeof value === 'string' && /^\s*[-+]?\d{1,15}\s*$/.test(value)) return Number(value);
  throw new MalformedResponse(`${model}: iops is ${quote(value)}, it must be a whole number`);
}
