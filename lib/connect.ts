import type { Clock } from './clock.ts';
import { InvalidConfig, InvalidEvent } from './errors.ts';
import type { ProxyFor } from './http/proxy.ts';
import { createHttp, type Transport } from './http.ts';
import { createLog, type Level, type Log } from './log.ts';
import type { Location } from './models/location.ts';
import { parse } from './parse.ts';
import type { Provider } from './provider.ts';
import type { Recorder } from './recording.ts';
import { concealer, type Redact, redactError } from './redact.ts';

import type { Secret } from './secret.ts';

/** Whose data is read, and in whose name it is delivered. Durations in seconds; the provider's when absent. */
export interface Subject {
  readonly id: string;
  readonly customer: string | null;
  /** The CMP's id of the resource the run is about. */
  readonly resource: string | null;
  readonly credentials: Readonly<Record<string, unknown>>;
  /** How the reader knows the credentials: `event.credentials`. */
  readonly credentialsPath: string;
  /** Whether a key that the provider does not know is an error: in a file that people write, it is. */
  readonly strictCredentials: boolean;
  readonly poll: number;
  readonly skew?: number | undefined;
  readonly lookback?: number | undefined;
  readonly backfill?: number | undefined;
  readonly initialInterval?: number | undefined;
  /** Where the provider's zones are, by their id or name. */
  readonly locations?: Readonly<Record<string, Location>> | undefined;
  /** Quarantine is failure. */
  readonly strict?: boolean | undefined;
}

/** What an edge, Lambda or command line, brings along. */
export interface Platform {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly log: { readonly write: (line: string) => void; readonly level: Level };
  /** Whether a provider may be on this very machine: never where the platform's own services are. */
  readonly loopback: boolean;
  readonly random: () => number;
  /** Of others than the account, and never to be printed either. */
  readonly secrets?: readonly Secret[];
  /** The way out, where there is one in between. */
  readonly proxyFor?: ProxyFor;
  /** Replaces the network: a replay. */
  readonly transport?: Transport;
  /** Listens to the network: a recording. */
  readonly recorder?: Recorder;
}

/** Parses an account's credentials. @throws InvalidEvent or InvalidConfig with the true path. */
export function parseCredentials<Config>(
  provider: Pick<Provider<Config, unknown>, 'config'>,
  subject: Subject,
): Config {
  const schema = subject.strictCredentials ? provider.config.strict() : provider.config;
  return parse(
    schema,
    subject.credentials,
    subject.credentialsPath,
    subject.strictCredentials ? InvalidConfig : InvalidEvent,
  );
}

/** What work on an open provider may use. */
export interface Tools {
  readonly redact: Redact;
  readonly log: Log;
}

/**
 * Opens a provider for one piece of work, and closes it again: nothing that belongs to an account outlives it.
 * Whatever is thrown has no secret in its text.
 */
export async function connected<Config, Client, Result>(
  provider: Provider<Config, Client>,
  subject: Subject,
  platform: Platform,
  work: (client: Client, tools: Tools) => Promise<Result>,
): Promise<Result> {
  const config = parseCredentials(provider, subject);
  const { redact, conceal } = concealer([...provider.secrets(config), ...(platform.secrets ?? [])]);
  const fields = { customer: subject.customer, account: subject.id, resource: subject.resource };
  const log = createLog({ ...platform.log, redact, now: platform.clock.wire, fields });
  const { clock, signal } = platform;
  const http = createHttp({
    ...platform,
    origins: provider.origins(config),
    tls: provider.tls(config),
    log,
    redact,
  });
  try {
    return await work(provider.connect({ config, http, clock, signal, log, conceal }), { redact, log });
  } catch (error) {
    throw redactError(error, redact); // a provider's own words may repeat what we sent
  } finally {
    http.close();
  }
}
