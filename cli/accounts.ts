import { type Account, parseAccounts } from '../lib/account.ts';
import { referencesFrom } from '../lib/accounts/references.ts';
import { besideAccounts, subjectOf } from '../lib/accounts/subject.ts';
import { InvalidConfig } from '../lib/errors.ts';
import { mappingFor } from '../lib/handler.ts';
import type { Mapping } from '../lib/mapping/load.ts';
import { readFileOrRefuse } from '../lib/read-file.ts';
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
  const accounts = parseAccounts(readFileOrRefuse(file), file);
  for (const id of only) {
    if (!accounts.some((account) => account.id === id))
      throw new InvalidConfig(`${file} has no account "${id}"`);
  }
  const wanted = accounts.filter(({ id }) => only.length === 0 || only.includes(id));
  return Promise.all(wanted.map((account) => readyAccount(account, file)));
}

/** Loads what an account names: its provider, its mapping, its certificates, its secrets. */
export async function readyAccount(account: Account, file: string): Promise<ReadyAccount> {
  const room = await loadProvider(account.provider);
  const subject = await subjectOf(account, file, referencesFrom(process.env));
  parseCredentials(room.provider, subject);
  const own = account.mapping && besideAccounts(account.mapping, file);
  return { account, room, subject, mapping: mappingFor(account.provider, room.mapping, own) };
}
