import { dirname, resolve } from 'node:path';
import type { Account } from '../account.ts';
import type { Subject } from '../connect.ts';
import { DEFAULT_POLL_INTERVAL } from '../interval.ts';
import { readFileOrRefuse } from '../read-file.ts';
import { type References, resolveReferences } from './references.ts';

/**
 * An account of the operator's file as the engine reads it, its references resolved: call it late, and only for
 * the account that is worked on.
 * @param file the address of the accounts file; paths in it are relative to it, or to the bundle when it is in a store
 * @throws InvalidConfig
 */
export async function subjectOf(account: Account, file: string, references: References): Promise<Subject> {
  const path = `${file}.${account.id}.credentials`;
  const resolved = await resolveReferences(account.credentials, path, references);
  return {
    id: account.id,
    customer: account.customer_id ?? null,
    resource: null,
    credentials: withCertificates(resolved, file),
    credentialsPath: path,
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

/** A path as the accounts file means it. */
export function besideAccounts(path: string, file: string): string {
  return /^(s3:|ssm:)/.test(file) ? resolve(path) : resolve(dirname(file), path);
}

/** In the operator's own file `ca_bundle` may be a path; an event's never is. */
function withCertificates(
  credentials: Readonly<Record<string, unknown>>,
  file: string,
): Readonly<Record<string, unknown>> {
  const bundle = credentials.ca_bundle;
  if (typeof bundle !== 'string' || bundle.includes('-----BEGIN')) return credentials;
  return { ...credentials, ca_bundle: readFileOrRefuse(besideAccounts(bundle, file)) };
}
