import type { Account } from '../../lib/account.ts';
import type { Listed } from '../../lib/accounts/list.ts';
import type { Clock } from '../../lib/clock.ts';
import { InvalidConfig, toWireError } from '../../lib/errors.ts';
import { type Invoker, startFunction } from '../../lib/lambda/invoke.ts';
import type { State } from '../../lib/state/state.ts';
import { standingOf, streamsOf } from './due.ts';
import { createGate, type Limits } from './gate.ts';
import type { Providers } from './providers.ts';

/** All that dispatching needs; nothing of it is secret. */
export interface DispatchJob {
  readonly accounts: AsyncIterable<Listed>;
  readonly providers: Providers;
  readonly state: State;
  readonly invoker: Invoker;
  readonly limits: Limits;
  /** How a function is called, by its name in serverless.yml: `acmeMetrics`. */
  readonly functionName: (name: string) => string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly random: () => number;
  /** Told of every account that could not be dispatched. */
  readonly failed: (failure: DispatchFailure) => void;
}

export interface DispatchFailure {
  readonly account: string;
  readonly exc_type: string;
  readonly exc_message: string;
  readonly code: string;
}

/** What dispatching came to: counts, of streams unless they say accounts. */
export interface DispatchReport {
  readonly status: 'done' | 'continue';
  readonly accounts: number;
  readonly started: number;
  readonly not_due: number;
  /** A failure asks to wait. */
  readonly held: number;
  readonly failed: number;
  /** Refusals of Lambda's that were waited out. */
  readonly throttled: number;
  /** Seconds, by provider and stream (`acme.metrics`): of the account that stands furthest behind. */
  readonly lag: Readonly<Record<string, number>>;
}

/**
 * Starts a function for every stream that is due. Accounts are read one after another and forgotten: what is held
 * does not grow with their number. One that is broken is told of and leaves the others alone.
 * @throws the first error when nothing at all could be started
 */
export async function dispatchAccounts(job: DispatchJob): Promise<DispatchReport> {
  const count = { accounts: 0, started: 0, not_due: 0, held: 0, failed: 0, throttled: 0 };
  const lag: Record<string, number> = {};
  const gate = createGate(job.limits, job.signal);
  const accounts = job.accounts[Symbol.asyncIterator]();
  let first: unknown = null;

  const fails = (account: string, error: unknown) => {
    first ??= error;
    count.failed += 1;
    const { code, exc_message, exc_type } = toWireError(error);
    job.failed({ account, exc_type, exc_message, code });
  };

  const dispatchStream = async (account: Account, stream: string): Promise<void> => {
    const { id, provider } = account;
    const facts = factsOf(job.providers, account);
    const standing = await standingOf(account, stream, facts, job.state, job.clock.plan());
    const at = `${provider}.${stream}`;
    if (standing.lag !== null) lag[at] = Math.max(lag[at] ?? 0, standing.lag);
    if (standing.held) count.held += 1;
    else if (!standing.due) count.not_due += 1;
    else {
      const name = job.functionName(`${provider}${stream.charAt(0).toUpperCase()}${stream.slice(1)}`);
      const refused = () => {
        count.throttled += 1;
      };
      await gate.through(hostOf(account), () =>
        startFunction(job.invoker, name, { account_id: id, provider }, { ...job, refused }),
      );
      count.started += 1;
    }
  };

  const dispatchAccount = async (listed: Listed): Promise<void> => {
    count.accounts += 1;
    if ('error' in listed) return fails(listed.id, listed.error);
    const { account } = listed;
    try {
      for (const stream of streamsOf(account, factsOf(job.providers, account))) {
        await dispatchStream(account, stream).catch((error) => {
          if (!job.signal.aborted) fails(account.id, error);
        });
      }
    } catch (error) {
      fails(account.id, error);
    }
  };

  const work = async () => {
    while (!job.signal.aborted) {
      const { done, value } = await accounts.next();
      if (done) return;
      await dispatchAccount(value);
    }
  };
  await Promise.all(Array.from({ length: job.limits.global }, work));
  await accounts.return?.();
  if (first !== null && count.started + count.not_due + count.held === 0) throw first;
  return { status: job.signal.aborted ? 'continue' : 'done', ...count, lag };
}

function factsOf(providers: Providers, { id, provider }: Account) {
  const facts = Object.hasOwn(providers, provider) ? providers[provider] : undefined;
  if (facts) return facts;
  const known = Object.keys(providers).join(', ');
  throw new InvalidConfig(`${id}: there is no provider "${provider}"; there are: ${known}`, {
    code: 'UNKNOWN_PROVIDER',
  });
}

/** Which cloud an account is on, as far as its file says so: a reference stands for itself. */
function hostOf({ credentials, provider }: Account): string {
  const text = [credentials.url, credentials.auth_url].find((value) => typeof value === 'string') ?? provider;
  return URL.canParse(String(text)) ? new URL(String(text)).host : String(text);
}
