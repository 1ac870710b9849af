import { type Cmp, type CmpSettings, cmpSecrets, createCmp } from '../cmp.ts';
import type { Platform } from '../connect.ts';
import { createHttp } from '../http.ts';
import { createLog, type Log } from '../log.ts';
import { createRedactor } from '../redact.ts';

/** A CMP, and the sockets to it. */
export interface OpenCmp {
  readonly cmp: Cmp;
  /** Stays with the platform: sent to the CMP, each line would make another. */
  readonly log: Log;
  close(): void;
}

/** A client of the CMP's own: the run's deadline must not cut off the last word about it. */
export function openCmp(settings: CmpSettings, platform: Platform): OpenCmp {
  const { clock, loopback, proxyFor, random } = platform;
  const redact = createRedactor(cmpSecrets(settings.auth));
  const log = createLog({ ...platform.log, redact, now: clock.wire, fields: {} });
  const http = createHttp({
    origins: [settings.url],
    tls: { verify: true },
    signal: new AbortController().signal,
    clock,
    log,
    redact,
    loopback,
    random,
    ...(proxyFor ? { proxyFor } : {}),
  });
  return { cmp: createCmp({ ...settings, http, log }), log, close: () => http.close() };
}
