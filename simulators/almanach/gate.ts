import { pageRefusal, unauthorized } from './answer.ts';
import type { FaultName } from './faults.ts';
import type { Settings } from './options.ts';

/** What Almanach's own account learns about a token from Keystone; `service-refused` is its own account's trouble. */
export type TokenCheck = (token: string) => Promise<'valid' | 'invalid' | 'unreachable' | 'service-refused'>;

/** How many calls a token lasts under `token-expiry`. */
const CALLS_OF_A_TOKEN = 3;

/** Lets a request in, or not; of a token it knows nothing but whether Keystone finds it valid (sheet 1.2). */
export interface Gate {
  /** @throws Refusal 401, or 500 with a page when Keystone cannot be reached */
  admit(token: string | undefined, faults: ReadonlySet<FaultName>): Promise<void>;
}

export function createGate({ auth, validate, dateFormat }: Settings, privateKey: string): Gate {
  const calls = new Map<string, number>();
  const opens = auth !== 'keystone';
  const asks = auth === 'keystone' || auth === 'mixed';
  const check = async (token: string, faults: ReadonlySet<FaultName>) => {
    if (faults.has('keystone-unreachable')) return 'unreachable';
    if (faults.has('service-account-refused')) return 'service-refused';
    const used = (calls.get(token) ?? 0) + 1;
    calls.set(token, used);
    return faults.has('token-expiry') && used > CALLS_OF_A_TOKEN ? 'invalid' : validate(token);
  };
  return {
    async admit(token, faults) {
      if (token === undefined || token === '') throw unauthorized();
      if (opens && token === privateKey) return;
      if (!asks) throw unauthorized();
      const found = await check(token, faults);
      if (found === 'unreachable') throw pageRefusal(500, dateFormat);
      if (found !== 'valid') throw unauthorized();
    },
  };
}
