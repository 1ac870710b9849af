import { type References, referencesFrom } from './accounts/references.ts';
import { cmpSettings } from './cmp.ts';
import { InvalidConfig } from './errors.ts';
import type { ReportingSettings } from './reporting.ts';

/** Where cells go, what is remembered, who is told; from the environment on Lambda. */
export interface Destination extends ReportingSettings {
  readonly sink?: string | undefined;
  readonly state?: string | undefined;
  /** Of an S3-compatible store in the place of AWS. */
  readonly s3Endpoint?: string | undefined;
  /** A mapping file in place of the provider's own. */
  readonly mapping?: string | undefined;
  /** The operator's accounts, for events that name one without credentials. */
  readonly accounts?: string | undefined;
  /** How the operator's file refers to secrets. */
  readonly references?: References;
  readonly order?: 'oldest-first' | 'fresh-first';
  /** How what is left when time is up goes on: by invoking itself, or by whoever is answered. */
  readonly proceeds?: 'invoke' | 'return';
}

/** What the environment says of the destination; the command line runs handlers with the same. */
export function destinationFrom(env: Readonly<Record<string, string | undefined>>): Destination {
  return {
    sink: env.USAGE_SYNC_SINK || undefined,
    state: env.USAGE_SYNC_STATE || undefined,
    s3Endpoint: env.AWS_ENDPOINT_URL_S3 || env.AWS_ENDPOINT_URL || undefined,
    mapping: env.USAGE_SYNC_MAPPING || undefined,
    accounts: env.USAGE_SYNC_ACCOUNTS || undefined,
    references: referencesFrom(env),
    order: oneOf('USAGE_SYNC_ORDER', env, ['oldest-first', 'fresh-first']),
    proceeds: oneOf('USAGE_SYNC_CONTINUE', env, ['invoke', 'return']),
    cmp: cmpSettings(env),
    moduleId: env.CMP_MODULE_ID || null,
  };
}

/** @returns the first where the variable is not set. */
function oneOf<Value extends string>(
  name: string,
  env: Readonly<Record<string, string | undefined>>,
  values: readonly [Value, ...Value[]],
): Value {
  const text = env[name] || values[0];
  const found = values.find((value) => value === text);
  if (found !== undefined) return found;
  throw new InvalidConfig(`${name}: expected ${values.join(' or ')}`);
}
