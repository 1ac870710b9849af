import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { type Account, parseAccounts } from '../lib/account.ts';
import { InvalidConfig } from '../lib/errors.ts';
import { mappingFor } from '../lib/handler.ts';
import { DEFAULT_POLL_INTERVAL } from '../lib/interval.ts';
import type { Mapping } from '../lib/mapping/load.ts';
import { parseCredentials, type Subject } from '../lib/run.ts';
import { loadProvider, type ProviderRoom } from './providers.ts';

/** An account with everything that its file names, checked before anything is tried. */
export interface ReadyAccount {
  readonly account: Account;
  readonly room: ProviderRoom;
  readonly subject: Subject;
  readonly mapping: Mapping;
}

/**
 * Reads an accounts file and all that it refers to.
 * @param only ids of the accounts wanted; all when empty.
 * @throws InvalidConfig, MappingError before anything is tried.
 */
export async function openAccounts(file: string, only: readonly string[]): Promise<ReadyAccount[]> {
  const accounts = parseAccounts(readFileOrRefuse(file), file, (name) => process.env[name] ?? null);
  for (const id of only) {
    if (!accounts.some((account) => account.id === id))
      throw new InvalidConfig(`${file} has no account "${id}"`);
  }
  const wanted = accounts.filter(({ id }) => only.length === 0 || only.includes(id));
  return Promise.all(wanted.map((account) => readyAccount(account, file)));
}

/** Loads what an account names: its provider, its mapping, its certificates. */
export async function readyAccount(account: Account, file: string): Promise<ReadyAccount> {
  const room = await loadProvider(account.provider);
  const near = (path: string) => resolve(dirname(file), path);
  const subject = subjectOf({ ...account, credentials: withCertificates(account.credentials, near) }, file);
  parseCredentials(room.provider, subject);
  const mapping = mappingFor(account.provider, room.mapping, account.mapping && near(account.mapping));
  return { account, room, subject, mapping };
}

function subjectOf(account: Account, file: string): Subject {
  return {
    id: account.id,
    customer: account.customer_id ?? null,
    resource: null,
    credentials: account.credentials,
    credentialsPath: `${file}.${account.id}.credentials`,
    strictCredentials: true,
    poll: account.poll_interval ?? DEFAULT_POLL_INTERVAL,
    skew: account.skew,
    lookback: account.lookback,
    backfill: account.backfill,
    initialInterval: account.initial_interval,
    strict: account.strict,
    locations: account.locations as Subject['locations'],
  };
}

/** In the operator's own file `ca_bundle` may be a path; an event's never is. */
function withCertificates(
  credentials: Account['credentials'],
  near: (path: string) => string,
): Account['credentials'] {
  const bundle = credentials.ca_bundle;
  if (typeof bundle !== 'string' || bundle.includes('-----BEGIN')) return credentials;
  return { ...credentials, ca_bundle: readFileOrRefuse(near(bundle)) };
}

export function readFileOrRefuse(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new InvalidConfig(`The file ${file} cannot be read`, { cause: error });
  }
}
