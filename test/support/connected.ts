import { setMaxListeners } from 'node:events';
import { afterEach } from 'vitest';
import { createHttp, type HttpOptions } from '../../lib/http.ts';
import { createLog } from '../../lib/log.ts';
import type { Context } from '../../lib/provider.ts';

/** The planning clock of tests that connect a client. */
export const NOW = Date.UTC(2026, 10, 21, 12);
export const signal = new AbortController().signal;
setMaxListeners(0, signal);

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

/** What the test that opened it need not close. */
export function kept<One extends { close(): unknown }>(one: One): One {
  open.push(one);
  return one;
}

/** What a provider is given, as an invocation would give it: three attempts without waits, nothing logged. */
export function contextOf<Config>(
  config: Config,
  origins: readonly URL[],
  options: Partial<HttpOptions> = {},
): Context<Config> {
  const clock = { plan: () => NOW, wire: Date.now };
  const redact = (text: string) => text;
  const log = createLog({ write: () => {}, level: 'error', redact, now: Date.now, fields: {} });
  const rules = { origins, tls: { verify: true }, signal, clock, log, redact, attempts: 3, random: () => 0 };
  const http = kept(createHttp({ ...rules, ...options }));
  return { config, http, clock, signal, log, conceal: () => {} };
}
