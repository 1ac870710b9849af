import { parseArgs } from 'node:util';
import { openAccounts } from '../cli/accounts.ts';
import { exitCode, refuse } from '../cli/exit.ts';
import { commandPlatform, writeToStderr } from '../cli/platform.ts';
import type { CloudTowerClient } from '../functions/cloudtower/client.ts';
import { connected } from '../lib/connect.ts';
import { InvalidConfig } from '../lib/errors.ts';

/** What every example is told on its command line. */
export interface TowerOptions {
  readonly accounts: string;
  readonly account: string;
  readonly 'allow-writes'?: boolean;
}

/** Works with the tower of one account of an accounts file. */
export async function withTower<Result>(
  { accounts, account }: TowerOptions,
  work: (client: CloudTowerClient) => Promise<Result>,
): Promise<Result> {
  const [ready] = await openAccounts(accounts, [account]);
  if (ready === undefined || ready.account.provider !== 'cloudtower') {
    throw new InvalidConfig(`The account "${account}" is not one of cloudtower`);
  }
  const platform = commandPlatform({ write: writeToStderr, level: 'warn' });
  return connected(ready.room.provider, ready.subject, platform, (client) =>
    work(client as CloudTowerClient),
  );
}

/** What changes something at the tower must be wanted in so many words. @throws InvalidConfig */
export function refuseUnlessAllowed(allowed: boolean): void {
  if (allowed) return;
  const hint = 'Add --allow-writes if that is what you want.';
  throw new InvalidConfig('This changes something at the tower', { code: 'WRITES_NOT_ALLOWED', hint });
}

/** The options of the command line; those of every example must be there. @throws InvalidConfig */
export function optionsOf<Own extends string>(
  own: readonly Own[],
): TowerOptions & Partial<Record<Own, string>> {
  const names = ['accounts', 'account', ...own];
  const texts = Object.fromEntries(names.map((name) => [name, { type: 'string' as const }]));
  const { values } = parseArgs({ options: { ...texts, 'allow-writes': { type: 'boolean' as const } } });
  const { accounts, account } = values as Partial<TowerOptions>;
  if (!accounts || !account) throw new InvalidConfig('Expected --accounts FILE --account ID');
  return values as unknown as TowerOptions & Partial<Record<Own, string>>;
}

/** Runs an example as a command: an error is one message and an exit code. */
export async function command(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    refuse(error);
    process.exitCode = exitCode.failed;
  }
}
