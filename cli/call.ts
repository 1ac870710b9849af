import { connected } from '../lib/connect.ts';
import { InvalidConfig } from '../lib/errors.ts';
import { findOperation, type OperationParameters, type Operations } from '../lib/operations.ts';
import { scrubJson } from '../lib/recording/scrub.ts';
import { openAccounts } from './accounts.ts';
import { exitCode, refuse } from './exit.ts';
import { commandPlatform, writeToStderr } from './platform.ts';
import { table } from './table.ts';

export interface CallCommandOptions {
  readonly accounts: string;
  readonly account: string;
  readonly columns?: string;
  readonly allowWrites?: boolean;
  readonly json?: boolean;
}

type Row = Readonly<Record<string, unknown>>;

/**
 * Calls one documented operation of a provider by its own name, and prints all rows of its answer. What a read
 * shows has no secret in it; the answer of a write is shown as it is, for a new key is given only once.
 */
export async function callCommand(
  provider: string,
  name: string,
  parameters: readonly string[],
  options: CallCommandOptions,
): Promise<number> {
  const given = parseParameters(parameters);
  const [ready] = await openAccounts(options.accounts, [options.account]);
  if (ready === undefined || ready.account.provider !== provider) {
    throw new InvalidConfig(`The account "${options.account}" is not one of ${provider}`);
  }
  const operation = findOperation(await loadOperations(provider), name, options.allowWrites ?? false);
  const platform = commandPlatform({ write: writeToStderr, level: 'warn' });
  try {
    const rows = await connected(ready.room.provider, ready.subject, platform, (client, { redact }) =>
      collect(operation.run(client, given, platform.signal), (row) =>
        operation.write ? row : scrubJson(row, redact),
      ),
    );
    process.stdout.write(options.json ? `${JSON.stringify(rows)}\n` : asTable(rows, options.columns));
    return exitCode.ok;
  } catch (error) {
    refuse(error);
    return exitCode.failed;
  }
}

/** Whole or not at all: half a listing looks like a listing. */
async function collect(rows: AsyncIterable<unknown>, show: (row: unknown) => unknown): Promise<unknown[]> {
  const all: unknown[] = [];
  for await (const row of rows) all.push(show(row));
  return all;
}

/** `name=value`; a value may hold further signs, and may be a secret: errors show its name at most. */
function parseParameters(texts: readonly string[]): OperationParameters {
  const pairs = texts.map((text, at): [string, string] => {
    const sign = text.indexOf('=');
    if (sign < 1) throw new InvalidConfig(`Parameter ${at + 1}: expected name=value`);
    return [text.slice(0, sign), text.slice(sign + 1)];
  });
  const parameters = Object.fromEntries(pairs);
  if (Object.keys(parameters).length === pairs.length) return parameters;
  const names = pairs.map(([name]) => name);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  throw new InvalidConfig(`The parameter ${twice} is given twice`);
}

async function loadOperations(provider: string): Promise<Operations<unknown>> {
  try {
    const room = await import(`../functions/${provider}/operations.ts`);
    return room.operations as Operations<unknown>;
  } catch (error) {
    const isMissing = /module not found|glob|cannot find|unknown variable/i;
    if (!(error instanceof Error && isMissing.test(error.message))) throw error;
    throw new InvalidConfig(`${provider} offers no operations to call`, { code: 'NO_OPERATIONS' });
  }
}

/** As many columns as a terminal has room for, when nobody says which. */
const MOST_COLUMNS = 8;
/** What tells one row from another, with any provider. */
const telling = ['id', 'name', 'displayname', 'type', 'state', 'status', 'account', 'zonename', 'created'];

function asTable(rows: readonly unknown[], columns: string | undefined): string {
  const objects = rows.map((row): Row => (isRow(row) ? row : { value: row }));
  const [first] = objects;
  if (columns === undefined && first !== undefined && objects.length === 1) {
    const fields = Object.entries(first).map(([field, value]) => [shown(field), cellOf(value)]);
    return table(['field', 'value'], fields);
  }
  const chosen = columns?.split(',').map((column) => column.trim()) ?? chooseColumns(objects);
  return table(
    chosen.map(shown),
    objects.map((row) => chosen.map((column) => cellOf(Object.hasOwn(row, column) ? row[column] : null))),
  );
}

function chooseColumns(rows: readonly Row[]): string[] {
  const all = new Set(
    rows.flatMap((row) => Object.keys(row).filter((name) => typeof row[name] !== 'object')),
  );
  const first = telling.filter((name) => all.has(name));
  const chosen = [...first, ...[...all].filter((name) => !first.includes(name))].slice(0, MOST_COLUMNS);
  if (all.size > chosen.length)
    writeToStderr(`${all.size - chosen.length} more columns: see --json, or name them with --columns`);
  return chosen;
}

function cellOf(value: unknown): string {
  if (value === null || value === undefined) return '';
  return shown(typeof value === 'string' ? value : JSON.stringify(value));
}

/** A provider's text must not steer the terminal, nor break the line. */
function shown(text: string): string {
  return text.replace(/\p{Cc}/gu, ' ');
}

function isRow(value: unknown): value is Row {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
