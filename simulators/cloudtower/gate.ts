import { keyOf } from '../seeded.ts';
import { refusal } from './refusal.ts';
import type { Tower } from './tower.ts';
import { cuid } from './world.ts';

type Body = Readonly<Record<string, unknown>>;

/** Who may come in, and with what. */
export interface Gate {
  readonly credentials: Readonly<Record<string, string>>;
  /** The statuses of the answers to logins, in their order. */
  readonly logins: readonly number[];
  /** @throws Refusal */
  login(body: Body): unknown;
  /** The identity sources, as GraphQL tells them. */
  strategies(): unknown;
  /** @throws Refusal 401 for what was not given out, or has died */
  admit(token: string | undefined): void;
  /** Ends all tokens that were given out. */
  endTokens(): void;
}

/** After so many failures the user is locked, whatever the password (sheet 1.2). */
const LOCKED_AFTER = 5;
/** How long a token lives under the fault `token-loss`. */
const USES = 5;

export function gateOf(tower: Tower): Gate {
  const { seed, credentials: form, source } = tower.settings;
  const user = { username: 'cmp-sync', password: keyOf(seed, 'password').slice(0, 24) };
  const key = keyOf(seed, 'api key');
  const strategy = cuid('auth', 1, seed);
  const tokens = new Map<string, number>();
  const logins: number[] = [];
  let missed = 0;

  const accepted = (body: Body) => {
    const wanted = source === 'LDAP' ? 'AUTHN' : source;
    const byStrategy = wanted !== 'AUTHN' || body.auth_config_id === strategy;
    return (
      body.username === user.username &&
      body.password === user.password &&
      body.source === wanted &&
      byStrategy
    );
  };
  return {
    credentials:
      form === 'key'
        ? { api_key: key }
        : { ...user, source, ...(source === 'AUTHN' ? { auth_config_id: strategy } : {}) },
    logins,
    login(body) {
      if (missed >= LOCKED_AFTER || !accepted(body)) {
        missed += 1;
        logins.push(400);
        throw refusal(
          400,
          missed > LOCKED_AFTER ? 'LOGIN_FAILED: locked' : 'NOT_MATCH_USER_OR_PASSWORD_INCORRECT',
        );
      }
      missed = 0;
      logins.push(200);
      const token = `eyJ.${keyOf(seed, 'token', logins.length)}.sig`;
      tokens.set(token, 0);
      return { task_id: null, data: { token } };
    },
    strategies: () => ({ data: { authnStrategies: [{ id: strategy, type: 'LDAP' }] } }),
    admit(token) {
      if (form === 'key' && token === key) return;
      const uses = tokens.get(token ?? '');
      if (uses === undefined || (tower.faults.has('token-loss') && uses >= USES))
        throw refusal(401, 'Unauthorized');
      tokens.set(token ?? '', uses + 1);
    },
    endTokens: () => tokens.clear(),
  };
}
