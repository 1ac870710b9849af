import * as z from 'zod';
import { systemClock } from '../../../lib/clock.ts';
import { InvalidConfig } from '../../../lib/errors.ts';
import { createHttp, type HttpOptions } from '../../../lib/http.ts';
import { checkKeystone, keystoneFields, keystoneSecrets, keystoneSession } from '../../../lib/keystone.ts';
import type { Log } from '../../../lib/log.ts';
import { parse } from '../../../lib/parse.ts';
import { concealer } from '../../../lib/redact.ts';

/** As a provider makes it. */
export const schema = z.object(keystoneFields).superRefine(checkKeystone);

export const parsed = (credentials: unknown) =>
  parse(schema.strict(), credentials, 'accounts.yaml.acme.credentials', InvalidConfig);

/** A session for credentials as an account has them. @param more the wire clock, a transport */
export function connect(credentials: unknown, more: Partial<HttpOptions> & { now?: () => number } = {}) {
  const lines: string[] = [];
  const note = (message: string, fields?: unknown) =>
    lines.push(`${message} ${JSON.stringify(fields ?? {})}`);
  const log: Log = { debug: note, info: note, warn: note, error: note, with: () => log };
  const config = parsed(credentials);
  const clock = more.now ? { plan: more.now, wire: more.now } : systemClock();
  const { redact, conceal } = concealer(keystoneSecrets(config));
  const http = createHttp({
    origins: [config.auth_url],
    tls: { verify: true },
    signal: new AbortController().signal,
    clock,
    log,
    redact,
    random: () => 0,
    ...more,
  });
  const session = keystoneSession({ credentials: config, http, clock, log, conceal });
  return { session, http, lines, config, redact };
}
