import { given, type Maybe } from './fields.ts';

/** An address of a server. The network is shown when both its id and its name are given. */
export interface IpAddressFields {
  readonly ip_address?: Maybe<string>;
  readonly network_id?: Maybe<string>;
  readonly network_name?: Maybe<string>;
  readonly description?: Maybe<string>;
}

export interface IpAddress {
  readonly ip_address?: string;
  readonly network?: { readonly id: string; readonly name: string };
  readonly description?: string;
}

export function ipAddress({
  ip_address,
  network_id: id,
  network_name: name,
  description,
}: IpAddressFields): IpAddress {
  const known = id !== undefined && id !== null && name !== undefined && name !== null;
  return given({ ip_address, network: known ? { id, name } : null, description });
}
