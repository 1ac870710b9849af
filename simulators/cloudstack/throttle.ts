import type { Millis } from '../../lib/time.ts';
import type { Cloud } from './cloud.ts';
import { throttled } from './refusal.ts';
import type { Body } from './usage-commands.ts';

/** Calls of the account in a fixed window, as the server counts them (sheet 4.4). */
export interface Throttle {
  /** @throws Refusal 429 with the milliseconds that are left of the window. */
  count(cloud: Cloud): void;
  /** The answer of getApiLimit, which was itself counted. */
  describe(cloud: Cloud): Body;
}

export function throttle(): Throttle {
  let window: { readonly until: Millis; issued: number } = { until: 0, issued: 0 };
  return {
    count({ settings: { rateLimit, role, wireNow } }) {
      if (!rateLimit || role === 'root-admin') return;
      const now = wireNow();
      if (now >= window.until) window = { until: now + rateLimit.intervalMs, issued: 0 };
      if (window.issued >= rateLimit.max) throw throttled(window.until - now);
      window.issued += 1;
    },
    describe({ settings: { rateLimit, wireNow }, caller: { account } }) {
      return {
        apilimit: {
          account: account.name,
          accountid: account.id,
          apiIssued: window.issued,
          apiAllowed: (rateLimit?.max ?? 0) - window.issued,
          expireAfter: Math.max(window.until - wireNow(), 0),
        },
      };
    },
  };
}
