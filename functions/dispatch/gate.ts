import { pause } from '../../lib/http/retry.ts';
import type { Millis } from '../../lib/time.ts';

/** How much may happen at once. */
export interface Limits {
  /** Starts under way, all hosts together. */
  readonly global: number;
  /** Starts under way for accounts on one host. */
  readonly perHost: number;
  /**
   * Milliseconds for which a host's place stays taken after a start: an asynchronous start is over at once, while the
   * cloud has only begun to feel it.
   */
  readonly hold: Millis;
}

/** Lets work through as the limits allow. */
export interface Gate {
  through<Result>(host: string, work: () => Promise<Result>): Promise<Result>;
}

export function createGate({ global, hold, perHost }: Limits, signal: AbortSignal): Gate {
  const all = places(global);
  const hosts = new Map<string, ReturnType<typeof places>>();
  const placesOf = (host: string) => {
    const found = hosts.get(host) ?? places(perHost);
    hosts.set(host, found);
    return found;
  };
  const leave = async (host: string) => {
    if (hold > 0) await pause(hold, signal).catch(() => {});
    const found = placesOf(host);
    found.leave();
    if (found.isEmpty()) hosts.delete(host);
  };
  return {
    async through(host, work) {
      await placesOf(host).enter();
      await all.enter();
      try {
        return await work();
      } finally {
        all.leave();
        void leave(host);
      }
    },
  };
}

/** So many places; who comes later waits in line. */
function places(most: number) {
  const waiting: (() => void)[] = [];
  let taken = 0;
  return {
    isEmpty: () => taken === 0,
    async enter(): Promise<void> {
      if (taken < most) taken += 1;
      else await new Promise<void>((resolve) => void waiting.push(resolve));
    },
    leave(): void {
      const next = waiting.shift();
      if (next) next();
      else taken -= 1;
    },
  };
}
