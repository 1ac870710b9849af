import { catalogFor, type Service } from './catalog.ts';
import type { FaultName } from './faults.ts';
import type { EndpointOption, Settings } from './options.ts';
import { unauthorized, unknownApplicationCredential } from './refusal.ts';
import type { Token, Tokens } from './tokens.ts';
import type { Scope, World } from './world.ts';

/** What stands while the server runs. */
export interface Identity {
  readonly settings: Settings;
  readonly world: World;
  readonly tokens: Tokens;
  readonly registered: EndpointOption[];
  faults: ReadonlySet<FaultName>;
}

export interface Asked {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
  /** `http://127.0.0.1:<port>`. */
  readonly origin: string;
}

/** `body` undefined is none; text is HTML. */
export interface Answer {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What is taken for a token that is used. @throws Refusal 401; 404 when its application credential is gone */
export function callerOf({ tokens, world }: Identity, id: string | undefined): Token {
  const token = tokens.find(id ?? '');
  if (token === null) throw unauthorized();
  const { applicationCredential: credential } = token;
  if (credential !== null && !world.applicationCredentials.includes(credential)) {
    throw unknownApplicationCredential(credential.id);
  }
  if (!tokens.use(token)) throw unauthorized();
  return token;
}

export function header({ headers }: Asked, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' ? value : undefined;
}

/** The catalog as a token of the scope sees it now. */
export function catalogOf(
  { registered, settings, faults }: Identity,
  { origin }: Asked,
  scope: Scope,
): Service[] {
  const own: EndpointOption = { type: 'identity', name: 'keystone', url: `${origin}/v3/` };
  return catalogFor([own, ...registered], settings.seed, scope, faults);
}
