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

export type Defaults = z.output<typeof accountsSchema>['defaults'];

/**
 * Reads an accounts file. References in credentials stay as they are: they are resolved late, for the accounts
 * that are worked on (lib/accounts/references.ts).
 * @throws InvalidConfig with the true path of everything that is wrong.
 */
export function parseAccounts(text: string, file: string): Account[] {
  const { defaults, accounts } = parse(accountsSchema, readYaml(text, file), file, InvalidConfig);
  const unique = uniqueIds(file);
  for (const { id } of accounts) unique(id);
  return accounts.map((each) => ({ ...defaults, ...each }));
}

/** One account of a file that is read piece by piece. @throws InvalidConfig with the true path. */
export function parseAccount(value: unknown, defaults: Defaults, path: string): Account {
  return { ...defaults, ...parse(account, value, path, InvalidConfig) };
}

/** The defaults of a file that is read piece by piece. @throws InvalidConfig with the true path. */
export function parseDefaults(value: unknown, file: string): Defaults {
  return parse(accountsSchema.pick({ defaults: true }), value ?? {}, file, InvalidConfig).defaults;
}

/** @throws InvalidConfig for YAML that cannot be read; aliases are refused, since they can grow without bound. */
export function readYaml(text: string, file: string): unknown {
  try {
    return parseYaml(text, { uniqueKeys: true, maxAliasCount: 0 });
  } catch (error) {
    // An alias that may not be resolved is a ReferenceError of the library, not a parse error.
    const [what] = String(error instanceof Error ? error.message : error).split('\n');
    throw new InvalidConfig(`${file}: ${what}`, { cause: error });
  }
}

/** Refuses an id that came before. @throws InvalidConfig */
export function uniqueIds(file: string): (id: string) => void {
  const seen = new Set<string>();
  return (id) => {
    if (seen.has(id.toLowerCase()))
      throw new InvalidConfig(`${file}: the account id "${id}" is given twice (case does not count)`);
    seen.add(id.toLowerCase());
  };
}
