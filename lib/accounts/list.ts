import { type Account, type Defaults, parseAccount, parseDefaults, readYaml, uniqueIds } from '../account.ts';
import { InvalidConfig, SyncError } from '../errors.ts';
import { splitAccounts } from './split.ts';

/** An account of the operator's file, or why there is none in its place. */
export type Listed =
  | { readonly account: Account }
  | { readonly error: SyncError /** As far as it can be told. */; readonly id: string };

/**
 * The accounts of a file, one after another: a broken one is an error in its place, and leaves the others alone.
 * What is kept of those that were read is their ids.
 * @param only an id: accounts of which the text does not hold it are passed by
 * @throws InvalidConfig when the file as a whole cannot be read
 */
export async function* listAccounts(
  lines: AsyncIterable<string>,
  file: string,
  only = '',
): AsyncGenerator<Listed> {
  const unique = uniqueIds(file);
  let defaults: Defaults | null = null;
  let index = 0;
  for await (const { kind, line, text } of splitAccounts(lines)) {
    if (kind === 'account') {
      const path = `${file}.accounts[${index}]`;
      const read = () => onlyOf(readYaml(text, `${path} (line ${line})`));
      index += 1;
      if (text.includes(only)) yield listed(read, defaults ?? parseDefaults({}, file), path, unique);
      continue;
    }
    const value = frameOf(text, file);
    if (defaults !== null && value.defaults !== undefined) {
      throw new InvalidConfig(`${file}.defaults: must stand before the accounts`);
    }
    defaults ??= parseDefaults(value.defaults === undefined ? {} : { defaults: value.defaults }, file);
    for (const each of value.accounts) {
      yield listed(() => each, defaults, `${file}.accounts[${index}]`, unique);
      index += 1;
    }
  }
  if (index === 0) throw new InvalidConfig(`${file}.accounts: expected at least one account`);
}

function listed(read: () => unknown, defaults: Defaults, path: string, unique: (id: string) => void): Listed {
  let id = path;
  try {
    const value = read();
    id = idOf(value) ?? path;
    const account = parseAccount(value, defaults, path);
    unique(account.id);
    return { account };
  } catch (error) {
    if (!(error instanceof SyncError)) throw error;
    return { error, id };
  }
}

function idOf(value: unknown): string | null {
  const id = typeof value === 'object' && value !== null && 'id' in value ? value.id : null;
  return typeof id === 'string' ? id.slice(0, 63) : null;
}

/** A piece is a list with one account. */
function onlyOf(value: unknown): unknown {
  return Array.isArray(value) ? value[0] : value;
}

/** What stands around the accounts, or a whole file in another form than the block. */
function frameOf(text: string, file: string): { defaults?: unknown; accounts: readonly unknown[] } {
  const value = readYaml(text, file) ?? {};
  if (typeof value !== 'object') throw new InvalidConfig(`${file}: expected defaults and accounts`);
  const { accounts = [], defaults, ...others } = value as Record<string, unknown>;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) throw new InvalidConfig(`${file}.${unknown}: is not a known setting`);
  if (!Array.isArray(accounts)) throw new InvalidConfig(`${file}.accounts: expected a list`);
  return { defaults, accounts };
}
