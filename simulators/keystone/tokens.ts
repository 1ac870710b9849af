import { type Millis, SECOND } from '../../lib/time.ts';
import { keyOf } from '../seeded.ts';
import type { Settings } from './options.ts';
import {
  type ApplicationCredential,
  type RoleName,
  rolesIn,
  type Scope,
  type User,
  type World,
} from './world.ts';

export interface Token {
  readonly id: string;
  readonly methods: readonly string[];
  readonly user: User;
  readonly scope: Scope;
  readonly roles: readonly RoleName[];
  readonly auditIds: readonly string[];
  readonly applicationCredential: ApplicationCredential | null;
  readonly issuedAt: Millis;
  expiresAt: Millis;
  revoked: boolean;
  /** How often it may still be used; null without a limit. */
  usesLeft: number | null;
}

/** What a login has come to. */
export type Login = Pick<Token, 'methods' | 'user' | 'scope' | 'roles' | 'applicationCredential'> & {
  /** The token that this one was made from: it keeps its end. */
  readonly from: Token | null;
};

/** All tokens that were ever given out. */
export interface Tokens {
  issue(login: Login): Token;
  /** Whatever its state; null for what never was a token. */
  find(id: string): Token | null;
  isAlive(token: Token): boolean;
  /** Counts a use. @returns false when it is dead, or was used too often */
  use(token: Token): boolean;
  /** Ends those there are. */
  expire(): void;
  revoke(which: (token: Token) => boolean): void;
  /** The next so many that are issued die after so many uses. */
  limitUses(uses: number, tokens: number): void;
}

export function tokensOf({ seed, now, tokenSeconds }: Settings, world: World): Tokens {
  const issued = new Map<string, Token>();
  const limits: number[] = [];
  const seconds = () => Math.floor(now() / SECOND) * SECOND; // tokens know whole seconds only
  const isAlive = (token: Token) =>
    !token.revoked &&
    token.expiresAt > now() &&
    token.usesLeft !== 0 &&
    token.user.enabled &&
    (token.scope.kind !== 'project' || token.scope.project.enabled) &&
    (token.scope.kind === 'unscoped' || rolesIn(token.user.grants, token.scope).length > 0) &&
    (token.applicationCredential === null ||
      world.applicationCredentials.includes(token.applicationCredential));
  return {
    issue({ from, ...login }) {
      const auditId = keyOf(seed, 'audit', issued.size).slice(0, 22);
      const token: Token = {
        ...login,
        id: `gAAAAAB${keyOf(seed, 'token', issued.size)}${keyOf(seed, 'rest', issued.size)}`,
        auditIds: [auditId, ...(from?.auditIds.slice(-1) ?? [])],
        issuedAt: seconds(),
        expiresAt: from?.expiresAt ?? seconds() + tokenSeconds * SECOND,
        revoked: false,
        usesLeft: limits.shift() ?? null,
      };
      issued.set(token.id, token);
      return token;
    },
    find: (id) => issued.get(id) ?? null,
    isAlive,
    use(token) {
      if (!isAlive(token)) return false;
      if (token.usesLeft !== null) token.usesLeft -= 1;
      return true;
    },
    expire() {
      for (const token of issued.values()) token.expiresAt = Math.min(token.expiresAt, now());
    },
    revoke(which) {
      for (const token of issued.values()) if (which(token)) token.revoked = true;
    },
    limitUses(uses, tokens) {
      limits.splice(0, limits.length, ...Array.from({ length: tokens }, () => uses));
    },
  };
}
