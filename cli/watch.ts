import { MINUTE, type Millis } from '../lib/time.ts';
import type { StreamOutcome } from './outcome.ts';
import { type OpenDestination, syncAccounts, type WantedAccount } from './sync.ts';

/** How often a schedule would look. */
const EVERY = 15 * MINUTE;

/**
 * A cloud that keeps no history has to be looked at while it happens. So the time up to now is lived through again,
 * from where the last look was: one run for each that a schedule would have made.
 * @param past how far back, at most
 */
export async function watchPast(
  wanted: WantedAccount,
  past: Millis,
  destination: OpenDestination,
  platformAt: (now: Millis) => Parameters<typeof syncAccounts>[1],
  now: Millis,
): Promise<StreamOutcome[]> {
  const key = { account: wanted.ready.account.id, stream: 'metrics', partition: 'all' };
  const { observedAt = 0 } = await destination.state.peek(key);
  const outcomes: StreamOutcome[] = [];
  const first = Math.max(observedAt + EVERY, now - past);
  for (let at = Math.ceil(first / EVERY) * EVERY; at < now; at += EVERY) {
    const looks = [{ ...wanted, streams: ['metrics' as const] }];
    outcomes.push(...(await syncAccounts(looks, platformAt(at), destination, {})));
  }
  return outcomes.filter(({ error, report }) => error !== null || report?.windows.length).map(withoutNext);
}

/** What was due after a run of the past says nothing of what is due now. */
function withoutNext(outcome: StreamOutcome): StreamOutcome {
  return outcome.report === null ? outcome : { ...outcome, report: { ...outcome.report, next_due: null } };
}
