import type { Account } from '../../lib/account.ts';
import { InvalidConfig } from '../../lib/errors.ts';
import { DEFAULT_POLL_INTERVAL } from '../../lib/interval.ts';
import { planCells } from '../../lib/plan.ts';
import { ACCOUNT_PARTITION, type PartitionState, type State } from '../../lib/state/state.ts';
import { type Millis, SECOND } from '../../lib/time.ts';
import type { ProviderFacts } from './providers.ts';

/** How one stream of an account stands. */
export interface Standing {
  readonly stream: string;
  readonly due: boolean;
  /** A failure asks to wait. */
  readonly held: boolean;
  /** Seconds that its slowest partition stands behind now; null before the first delivery. */
  readonly lag: number | null;
}

/** The streams an account wants: all that its provider has but logs, unless it says otherwise. */
export function streamsOf({ id, provider, streams }: Account, facts: ProviderFacts): readonly string[] {
  const unknown = streams?.find((name) => !facts.streams.includes(name));
  if (unknown !== undefined) {
    throw new InvalidConfig(
      `${id}: ${provider} has no stream "${unknown}"; it has ${facts.streams.join(', ')}`,
      { code: 'UNKNOWN_STREAM' },
    );
  }
  return facts.streams.filter((name) => streams?.includes(name) ?? name !== 'logs');
}

/** What the state says of a stream: no request to a provider, and no secret. */
export async function standingOf(
  account: Account,
  stream: string,
  facts: ProviderFacts,
  state: State,
  now: Millis,
): Promise<Standing> {
  const key = { account: account.id, stream };
  const { failure } = await state.peek({ ...key, partition: ACCOUNT_PARTITION });
  const partitions = await state.partitions(key);
  const stored = await Promise.all(partitions.map((partition) => state.peek({ ...key, partition })));
  const held = isHeld(failure, now) || (stored.length > 0 && stored.every((one) => isHeld(one.failure, now)));
  const due = stored.length === 0 || stored.some((one) => isDue(one, account, facts, now));
  return { stream, due: due && !held, held, lag: lagOf(stored, now) };
}

function isHeld(failure: PartitionState['failure'], now: Millis): boolean {
  return failure?.notBefore != null && failure.notBefore > now;
}

function isDue(stored: PartitionState, account: Account, facts: ProviderFacts, now: Millis): boolean {
  if (isHeld(stored.failure, now)) return false;
  const { checkpoint, grid } = stored;
  const poll = account.poll_interval ?? DEFAULT_POLL_INTERVAL;
  if (grid === null) return checkpoint === null || checkpoint > now || now - checkpoint >= poll * SECOND;
  const plan = planCells({
    ...stored,
    grid,
    now,
    poll,
    skew: account.skew ?? facts.skew,
    lookback: account.lookback ?? facts.lookback,
    initialInterval: account.initial_interval ?? 0,
  });
  return plan.cells.length > 0 || plan.nextDue <= now;
}

function lagOf(stored: readonly PartitionState[], now: Millis): number | null {
  const reached = stored.flatMap(({ checkpoint }) => (checkpoint === null ? [] : [checkpoint]));
  if (reached.length === 0) return null;
  return Math.max(0, Math.round((now - Math.min(...reached)) / SECOND));
}
