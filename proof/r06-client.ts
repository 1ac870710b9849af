import { systemClock } from '../lib/clock.ts';
import { createHttp, type Http, type HttpOptions } from '../lib/http.ts';
import type { Log } from '../lib/log.ts';

/** What the proofs of the HTTP client decide themselves; the rest is the same for all of them. */
export type ClientOptions = Pick<HttpOptions, 'origins'> & Partial<HttpOptions>;

/** An HTTP client as R6, R7, R15 and R16 put it through their harnesses: ours, or one that is known to be bad. */
export type MakeClient = (options: ClientOptions) => Pick<Http, 'send' | 'close'>;

const silent: Log = { debug() {}, info() {}, warn() {}, error() {}, with: () => silent };

export const ourClient: MakeClient = (options) =>
  createHttp({
    tls: { verify: true },
    signal: new AbortController().signal,
    clock: systemClock(),
    log: silent,
    redact: (text) => text,
    ...options,
  });
