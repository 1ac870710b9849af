import type { Account } from '../account.ts';
import { InvalidConfig } from '../errors.ts';
import { listAccounts } from './list.ts';
import { accountLines } from './source.ts';

/**
 * One account of the operator's file, by its id; the others are passed by unread, however many they are.
 * @throws InvalidConfig when it is not there, or broken
 */
export async function findAccount(address: string, id: string, s3Endpoint?: string): Promise<Account> {
  for await (const listed of listAccounts(accountLines(address, s3Endpoint), address, id)) {
    if ('account' in listed && listed.account.id === id) return listed.account;
    if ('error' in listed && listed.id === id) throw listed.error;
  }
  throw new InvalidConfig(`${address} has no account "${id}"`, { code: 'UNKNOWN_ACCOUNT' });
}
