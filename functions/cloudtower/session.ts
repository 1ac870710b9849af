import { InsufficientPermission, InvalidConfig, InvalidCredentials } from '../../lib/errors.ts';
import type { Context } from '../../lib/provider.ts';
import type { Secret } from '../../lib/secret.ts';
import { login } from './login.ts';
import type { CloudTowerConfig } from './types.ts';

/** Who asks, proved to the tower: a token of a login, or the account's key. */
export interface Session {
  /**
   * Runs a call with what proves us. A token that had worked and is refused is replaced, once in a session: tokens
   * die when the user is logged out, sessions idle or single (sheet 1.2).
   */
  run<Result>(call: (token: string) => Promise<Result>): Promise<Result>;
}

/** @throws InvalidConfig for credentials that hold neither a user nor a key */
export function session(context: Context<CloudTowerConfig>): Session {
  const { api_key, password, username } = context.config;
  if (!api_key && !(username && password)) {
    throw new InvalidConfig('The credentials have neither username and password nor an api_key', {
      code: 'CREDENTIALS_MISSING',
    });
  }
  return api_key ? { run: (call) => call(api_key.reveal()) } : loggedIn(context);
}

function loggedIn(context: Context<CloudTowerConfig>): Session {
  let token: Promise<Secret> | null = null;
  let worked = false;
  let again = true;

  /** Calls run beside each other: the first to be refused logs in again, the others wait for it. */
  const renewed = (refused: Promise<Secret>, error: unknown): Promise<Secret> => {
    if (token !== refused && token !== null) return token;
    if (!worked || !again) throw error;
    again = false;
    worked = false;
    token = login(context);
    return token;
  };

  return {
    async run(call) {
      token ??= login(context);
      const first = token;
      try {
        const result = await call((await first).reveal());
        worked ||= token === first;
        return result;
      } catch (error) {
        if (!isTokenLoss(error)) throw error;
        return call((await renewed(first, error)).reveal()).catch((second: unknown) => {
          throw isTokenLoss(second) ? lostTwice(second) : second;
        });
      }
    },
  };
}

/** A status of 401 or 403, but for a 403 that says that it is about permission, and for the login itself. */
function isTokenLoss(error: unknown): boolean {
  if (error instanceof InvalidCredentials) return error.code === 'INVALID_CREDENTIALS';
  return (
    error instanceof InsufficientPermission &&
    error.code === 'INSUFFICIENT_PERMISSION' &&
    !/PERMISSION_DENIED/i.test(error.message)
  );
}

function lostTwice(error: unknown): unknown {
  if (!(error instanceof InvalidCredentials)) return error;
  return new InvalidCredentials(`${error.message}; also with the token of a second login`, {
    code: 'TOKEN_LOST',
    hint: 'Use a user of its own, or an api_key: another session of the same user may end this one.',
    cause: error,
  });
}
