import { parse as parseYaml } from 'yaml';
import * as z from 'zod';
import { InvalidConfig } from './errors.ts';
import { parse } from './parse.ts';

/** Seconds; what an account may set, and what its provider or the defaults say otherwise. */
const durations = {
  poll_interval: z.number().positive().optional(),
  skew: z.number().nonnegative().optional(),
  backfill: z.number().nonnegative().optional(),
  lookback: z.number().nonnegative().optional(),
  initial_interval: z.number().nonnegative().optional(),
};

const place = z.strictObject({
  name: z.string().optional(),
  id: z.string().optional(),
  latitude: z.number().optional(),
  longitude: z.number().optional(),
});

const location = z.strictObject({
  location: place.optional(),
  city: place.optional(),
  state: place.optional(),
  country: place.optional(),
  region: place.optional(),
  type: z.string().optional(),
});

const account = z.strictObject({
  id: z
    .string()
    .regex(
      /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/,
      'expected 1 to 63 letters, digits, dots, dashes, underscores',
    ),
  provider: z.string().min(1),
  customer_id: z.string().min(1).nullish(),
  streams: z.array(z.string()).optional(),
  credentials: z.record(z.string(), z.unknown()),
  locations: z.record(z.string(), location).optional(),
  mapping: z.string().min(1).optional(),
  strict: z.boolean().optional(),
  ...durations,
});

/** The accounts file: the source of its checks, and of the schema for editors. */
export const accountsSchema = z.strictObject({
  defaults: z.strictObject({ ...durations, strict: z.boolean().optional() }).default({}),
  accounts: z.array(account).min(1, 'expected at least one account'),
});

/** One account of the operator's file, with the file's defaults. Durations in seconds. */
export type Account = z.output<typeof account>;

/** Finds the value of a reference: an environment variable, a secret's name. Null when there is none. */
export type ResolveReference = (name: string) => string | null;

/**
 * Reads an accounts file. `${NAME}` in credentials is resolved here and only here: in an event such text is
 * literal.
 * @throws InvalidConfig with the true path of everything that is wrong.
 */
export function parseAccounts(text: string, file: string, resolve: ResolveReference): Account[] {
  const { defaults, accounts } = parse(accountsSchema, readYaml(text, file), file, InvalidConfig);
  assertUnique(accounts, file);
  return accounts.map((each) => ({
    ...defaults,
    ...each,
    credentials: resolveIn(each.credentials, `${file}.${each.id}.credentials`, resolve),
  }));
}

function readYaml(text: string, file: string): unknown {
  try {
    return parseYaml(text, { uniqueKeys: true, maxAliasCount: 0 });
  } catch (error) {
    // An alias that may not be resolved is a ReferenceError of the library, not a parse error.
    const [what] = String(error instanceof Error ? error.message : error).split('\n');
    throw new InvalidConfig(`${file}: ${what}`, { cause: error });
  }
}

function assertUnique(accounts: readonly Account[], file: string): void {
  const seen = new Set<string>();
  for (const { id } of accounts) {
    if (seen.has(id.toLowerCase()))
      throw new InvalidConfig(`${file}: the account id "${id}" is given twice (case does not count)`);
    seen.add(id.toLowerCase());
  }
}

function resolveIn(
  credentials: Account['credentials'],
  path: string,
  resolve: ResolveReference,
): Account['credentials'] {
  return Object.fromEntries(
    Object.entries(credentials).map(([key, value]) => [
      key,
      typeof value === 'string' ? resolveText(value, `${path}.${key}`, resolve) : value,
    ]),
  );
}

function resolveText(text: string, path: string, resolve: ResolveReference): string {
  if (/^(secretsmanager|ssm):/.test(text)) {
    throw new InvalidConfig(`${path}: references to ${text.split(':')[0]} are not available here`, {
      hint: 'Name an environment variable instead, with a dollar sign and braces around it.',
    });
  }
  return text.replace(/\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g, (_, name: string) => {
    const value = resolve(name);
    if (value === null)
      throw new InvalidConfig(`${path}: the environment variable ${name} is not set`, {
        code: 'UNSET_REFERENCE',
      });
    return value;
  });
}
