import type { Millis } from '../../lib/time.ts';
import type { AccountBody, LogLine, MetricsBody } from './shapes.ts';

/** One delivery of metrics, as it was kept. */
export interface MetricsNote extends MetricsBody {
  readonly at: Millis;
  readonly idempotencyKey: string | null;
  /** How many deliveries with the same key were kept before this one. */
  readonly repeats: number;
  /** Only the first half of the metrics was kept. */
  readonly half: boolean;
}

/**
 * Everything that the CMP took, in the order in which it came. Repetitions are noted, and kept twice unless the
 * CMP remembers keys.
 */
export interface Received {
  readonly tasks: readonly { readonly task: string; readonly percentage: number; readonly at: Millis }[];
  readonly metrics: readonly MetricsNote[];
  readonly logs: readonly LogLine[];
  readonly accounts: readonly { readonly account: string; readonly body: AccountBody }[];
  /** Module → key → value. */
  readonly states: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** The memory of one simulator. */
export interface Memory {
  addTask(task: string, percentage: number): void;
  /** @returns how many deliveries with this key were kept before. */
  repeatsOf(idempotencyKey: string | null): number;
  addMetrics(body: MetricsBody, idempotencyKey: string | null, half: boolean): void;
  addLogs(lines: readonly LogLine[]): void;
  addAccount(account: string, body: AccountBody): void;
  /** The state of a module; a module that was never heard of has an empty one. */
  stateOf(module: string): Map<string, unknown>;
  received(): Received;
}

/** @param remembering whether a delivery whose key was kept whole before is taken for done */
export function createMemory(now: () => Millis, remembering = false): Memory {
  const tasks: Received['tasks'][number][] = [];
  const metrics: MetricsNote[] = [];
  const logs: LogLine[] = [];
  const accounts: Received['accounts'][number][] = [];
  const states = new Map<string, Map<string, unknown>>();
  const kept = new Map<string, number>();
  const whole = new Set<string>();
  const repeatsOf = (key: string | null) => (key === null ? 0 : (kept.get(key) ?? 0));
  return {
    addTask: (task, percentage) => void tasks.push({ task, percentage, at: now() }),
    repeatsOf,
    addMetrics(body, idempotencyKey, half) {
      if (remembering && idempotencyKey !== null && whole.has(idempotencyKey)) return;
      const taken = half ? body.metrics.slice(0, Math.ceil(body.metrics.length / 2)) : body.metrics;
      const repeats = repeatsOf(idempotencyKey);
      metrics.push({ ...body, metrics: taken, at: now(), idempotencyKey, repeats, half });
      if (idempotencyKey === null) return;
      kept.set(idempotencyKey, repeats + 1);
      if (!half) whole.add(idempotencyKey);
    },
    addLogs: (lines) => void logs.push(...lines),
    addAccount: (account, body) => void accounts.push({ account, body }),
    stateOf(module) {
      const state = states.get(module) ?? new Map<string, unknown>();
      states.set(module, state);
      return state;
    },
    received: () => ({
      tasks: [...tasks],
      metrics: [...metrics],
      logs: [...logs],
      accounts: [...accounts],
      states: Object.fromEntries([...states].map(([id, state]) => [id, Object.fromEntries(state)])),
    }),
  };
}
