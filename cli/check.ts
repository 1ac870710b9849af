import { connected, type Platform } from '../lib/connect.ts';
import { toWireError, type WireError } from '../lib/errors.ts';
import { openAccounts, type ReadyAccount } from './accounts.ts';
import { exitCode } from './exit.ts';
import { commandPlatform, writeToStderr } from './platform.ts';
import { table } from './table.ts';

export interface CheckCommandOptions {
  readonly accounts: string;
  readonly account: readonly string[];
  readonly json?: boolean;
}

interface Verdict {
  readonly account: string;
  readonly provider: string;
  readonly ok: boolean;
  readonly error: WireError | null;
  /** What works without a permission or a setting, and would be better with it. */
  readonly notes: readonly string[];
}

/** Asks every account's provider whether it knows the credentials and allows what is needed; back-off is ignored. */
export async function checkCommand(options: CheckCommandOptions): Promise<number> {
  const accounts = await openAccounts(options.accounts, options.account);
  const platform = commandPlatform({ write: writeToStderr, level: 'error' });
  const verdicts = await Promise.all(accounts.map((account) => check(account, platform)));
  process.stdout.write(options.json ? `${JSON.stringify({ accounts: verdicts })}\n` : asText(verdicts));
  return verdicts.every(({ ok }) => ok) ? exitCode.ok : exitCode.failed;
}

/**
 * One connection for both questions: a password that is refused must not be tried again. The policy says what
 * a run would have to assume for want of a permission.
 */
async function check({ account, room, subject }: ReadyAccount, platform: Platform): Promise<Verdict> {
  const about = { account: account.id, provider: account.provider };
  try {
    const notes = await connected(room.provider, subject, platform, async (client) => {
      const verified = await room.provider.verify(client);
      const policy = await room.provider.policy(client);
      return [...new Set([...verified.notes, ...policy.notes])];
    });
    return { ...about, ok: true, error: null, notes };
  } catch (error) {
    return { ...about, ok: false, error: toWireError(error), notes: [] };
  }
}

function asText(verdicts: readonly Verdict[]): string {
  const rows = verdicts.map(({ account, provider, error }) => [account, provider, error?.exc_type ?? 'ok']);
  const details = verdicts.flatMap(({ account, error, notes }) => [
    ...(error ? [`${account}: ${error.exc_message} (${error.code})\n  ${error.hint}\n`] : []),
    ...notes.map((note) => `${account}: ${note}\n`),
  ]);
  return [table(['account', 'provider', 'credentials'], rows), ...details].join('');
}
