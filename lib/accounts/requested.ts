import type { Account } from '../account.ts';
import type { Subject } from '../connect.ts';
import type { Destination } from '../destination.ts';
import { InvalidEvent } from '../errors.ts';
import type { SyncRequest } from '../event.ts';
import { DEFAULT_POLL_INTERVAL } from '../interval.ts';
import { findAccount } from './find.ts';
import { referencesFrom } from './references.ts';
import { besideAccounts, subjectOf as subjectOfAccount } from './subject.ts';

/** Whose data is read: who the event says, or who the operator's file says of that id; with its own mapping file. */
export async function requestedSubject(
  request: SyncRequest,
  provider: string,
  { accounts, references = referencesFrom({}), s3Endpoint }: Destination,
): Promise<{ subject: Subject; mapping?: string | undefined }> {
  if (request.credentials !== null) return { subject: subjectOf(request, request.credentials) };
  if (accounts === undefined) {
    throw new InvalidEvent('event.credentials: expected an object, since USAGE_SYNC_ACCOUNTS is not set');
  }
  const account = await findAccount(accounts, request.accountId, s3Endpoint);
  assertReadBy(provider, account);
  const found = await subjectOfAccount(account, accounts, references);
  const subject = { ...found, resource: request.resource.id };
  return { subject, mapping: account.mapping && besideAccounts(account.mapping, accounts) };
}

function assertReadBy(provider: string, account: Account): void {
  if (account.provider === provider) return;
  throw new InvalidEvent(
    `event.account_id: "${account.id}" is an account of ${account.provider}, and this handler reads ${provider}`,
    { code: 'WRONG_PROVIDER' },
  );
}

function subjectOf(request: SyncRequest, credentials: Subject['credentials']): Subject {
  return {
    id: request.accountId,
    customer: request.customerId,
    resource: request.resource.id,
    credentials,
    credentialsPath: 'event.credentials',
    strictCredentials: false,
    poll: request.pollInterval ?? request.resource.pollInterval ?? DEFAULT_POLL_INTERVAL,
  };
}
