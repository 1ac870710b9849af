import { nflexSpend, type Spend } from '../models/spend.ts';
import type { Provider } from '../provider.ts';
import type { StreamReport } from '../report.ts';
import { currencyOf, type Platform, type StreamName, type Subject } from '../run.ts';
import type { ValueSink } from '../sink/value.ts';
import { formatInstant } from '../time.ts';
import type { Continuation } from './continuation.ts';

/** The answer of a run that ended early holds what the next one is told. */
export interface ContinuedReport extends StreamReport {
  readonly continuation?: Continuation;
}

/** What a handler answers: nflex's own shapes, or with a sink the report of what was delivered. */
export type StreamAnswer =
  | ContinuedReport
  | readonly object[]
  | { readonly metrics: readonly object[]; readonly last_update: string | null }
  | (Partial<Spend> & { readonly items: Spend['items']; readonly last_update: string | null })
  | { readonly status: readonly object[]; readonly last_update: string | null }
  | { readonly logs: readonly object[]; readonly last_update: string | null };

/** What a caller without a sink is answered (nflex: 1. Event sources and handlers). */
export function valueAnswer<Config>(
  provider: Pick<Provider<Config, unknown>, 'name' | 'config' | 'currency'>,
  name: StreamName,
  subject: Subject,
  returned: ValueSink,
  last_update: string | null,
  platform: Pick<Platform, 'clock'>,
): StreamAnswer {
  if (name === 'spend') return spendAnswer(provider, subject, returned, last_update, platform);
  return itemsOf(name, returned, last_update);
}

function itemsOf(
  name: Exclude<StreamName, 'spend'>,
  { items, metrics }: ValueSink,
  last_update: string | null,
): StreamAnswer {
  switch (name) {
    case 'resources':
      return items;
    case 'metrics':
      return { metrics, last_update };
    case 'status':
      return { status: items, last_update };
    case 'logs':
      return { logs: items, last_update };
  }
}

/**
 * One day's money. When no day is due there are no items: the date is then that of the day which is not complete
 * yet, so that nothing that was delivered can be taken for withdrawn.
 */
function spendAnswer<Config>(
  provider: Pick<Provider<Config, unknown>, 'name' | 'config' | 'currency'>,
  subject: Subject,
  { spend }: ValueSink,
  last_update: string | null,
  { clock }: Pick<Platform, 'clock'>,
): StreamAnswer {
  if (spend !== null) return { ...nflexSpend(spend), last_update };
  const spend_date = (last_update ?? formatInstant(clock.plan())).slice(0, 10);
  return { currency: currencyOf(provider, subject), spend_date, items: [], last_update };
}
