import { InvalidConfig } from '../../lib/errors.ts';
import type { Page } from '../../lib/paginate.ts';
import type { Context } from '../../lib/provider.ts';
import { MINUTE, type Millis } from '../../lib/time.ts';
import { readAnswer } from './answer.ts';
import { type Fleet, readFleet } from './fleet.ts';
import { listPages, type Where } from './listing.ts';
import { session } from './session.ts';
import type { CloudTowerConfig } from './types.ts';

export interface Release {
  readonly major: number;
  readonly minor: number;
}

interface CallOptions {
  /** Limit of one attempt; the HTTP client's when absent. */
  readonly timeoutMs?: Millis;
  /** False for what changes something: it is sent once. */
  readonly retry?: boolean;
}

/** CloudTower's API for one invocation. */
export interface CloudTowerClient {
  readonly context: Context<CloudTowerConfig>;
  /** The tower's release; null below 2.3, which does not say. Asks without credentials. */
  release(): Promise<Release | null>;
  /** One operation by its name, without the slash; the parsed answer. */
  call(operation: string, body: unknown, options?: CallOptions): Promise<unknown>;
  /** A listing, page by page, whole or not at all, each row once. */
  list(operation: string, where: Where, signal: AbortSignal): AsyncGenerator<Page>;
  /** The machines there are, as this invocation has found them. */
  fleet(signal: AbortSignal): Promise<Fleet>;
}

export function cloudTowerClient(context: Context<CloudTowerConfig>): CloudTowerClient {
  const proved = session(context);
  const call: CloudTowerClient['call'] = (operation, body, options = {}) =>
    proved.run((token) => send(context, operation, body, token, options));
  const list: CloudTowerClient['list'] = (operation, where, signal) =>
    listPages(call, operation, where, signal);
  let release: Promise<Release | null> | undefined;
  let fleet: Promise<Fleet> | undefined;
  return {
    context,
    call,
    release() {
      release ??= askRelease(context);
      return release;
    },
    list,
    async fleet(signal) {
      fleet ??= readFleet({ list, context }, signal);
      try {
        return await fleet;
      } catch (error) {
        fleet = undefined; // what failed once may be asked for again
        throw error;
      }
    },
  };
}

/** Measured at 14 s for one machine (sheet 4.4); many take longer. */
const METRICS_TIMEOUT: Millis = 3 * MINUTE;

/** The texts of these operations are in no language; some refuse the header (sheet 1.4). */
const withoutLanguage = /-metrics$|^get-top-n-metrics|^get-cluster-storage-info$|^get-my-info$/;

async function send(
  { config, http }: Context<CloudTowerConfig>,
  operation: string,
  body: unknown,
  token: string,
  { timeoutMs, retry = true }: CallOptions,
): Promise<unknown> {
  let answered: unknown;
  await http.send(
    {
      method: 'POST',
      url: new URL(`${config.url.href}/${operation}`),
      headers: {
        'content-type': 'application/json',
        // Nothing in front of it (sheet 1.2).
        authorization: token,
        ...(withoutLanguage.test(operation) ? {} : { 'content-language': 'en-US' }),
      },
      body: JSON.stringify(body),
      retry,
      ...((timeoutMs ?? /metrics/.test(operation)) ? { timeoutMs: timeoutMs ?? METRICS_TIMEOUT } : {}),
    },
    (response, byStatus) => {
      const answer = readAnswer(operation, response, byStatus);
      answered = answer.body;
      return answer.verdict;
    },
  );
  return answered;
}

async function askRelease({ config, http }: Context<CloudTowerConfig>): Promise<Release | null> {
  let answered: unknown;
  try {
    await http.send(
      { method: 'GET', url: new URL(`${config.url.href}/get-version`) },
      (response, byStatus) => {
        const answer = readAnswer('get-version', response, byStatus);
        answered = answer.body;
        return answer.verdict;
      },
    );
  } catch (error) {
    if (error instanceof InvalidConfig && error.code === 'OPERATION_NOT_AVAILABLE') return null;
    throw error;
  }
  const [, major, minor] = /^(\d+)\.(\d+)/.exec(String(answered)) ?? [];
  return major === undefined ? null : { major: Number(major), minor: Number(minor) };
}
