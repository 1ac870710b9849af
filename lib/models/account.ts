import { given, type Maybe } from './fields.ts';
import { type Metadata, type MetadataTuples, metadata } from './metadata.ts';

export interface AccountFields {
  readonly id?: Maybe<string>;
  readonly metadata?: Maybe<MetadataTuples>;
}

/** The body of PATCH `/accounts/{id}/resource`. No resource: it has neither a type nor a time. */
export interface Account {
  readonly id?: string;
  readonly metadata?: Metadata;
}

export function account(fields: AccountFields): Account {
  return given({ id: fields.id, metadata: fields.metadata ? metadata(fields.metadata) : null });
}
