import { type Answer, type Call, type Environment, startEnvironment } from './environment.ts';
import type { LambdaFunction } from './functions.ts';

/** Execution environments of all functions: warm ones are used again, and no two invocations share one. */
export interface Pool {
  /** @returns null when as many run as may: the caller is throttled. */
  invoke(lambda: LambdaFunction, call: Call): Promise<Answer> | null;
  hasRoom(lambda: LambdaFunction): boolean;
  /** Environments that were started; fewer than invocations when warm ones were used again. */
  started(): number;
  running(): number;
  /** The most that ever ran at once. */
  peak(): number;
  end(): void;
}

export function createPool(limit: number, platform: Readonly<Record<string, string>>): Pool {
  const idle = new Map<string, Environment[]>();
  const busy = new Map<string, number>();
  const all = new Set<Environment>();
  let started = 0;
  let running = 0;
  let peak = 0;

  const runningOf = ({ name }: LambdaFunction) => busy.get(name) ?? 0;
  const hasRoom = (lambda: LambdaFunction) =>
    running < limit && runningOf(lambda) < (lambda.reservedConcurrency ?? Number.POSITIVE_INFINITY);
  const count = (lambda: LambdaFunction, by: 1 | -1) => {
    running += by;
    peak = Math.max(peak, running);
    busy.set(lambda.name, runningOf(lambda) + by);
  };
  const warmOrNew = (lambda: LambdaFunction): Environment => {
    const warm = idle.get(lambda.name)?.pop();
    if (warm?.isAlive()) return warm;
    started += 1;
    const fresh = startEnvironment(lambda, platform);
    all.add(fresh);
    return fresh;
  };

  const answer = async (lambda: LambdaFunction, call: Call): Promise<Answer> => {
    const environment = warmOrNew(lambda);
    try {
      return await environment.invoke(call);
    } finally {
      count(lambda, -1);
      if (environment.isAlive()) idle.set(lambda.name, [...(idle.get(lambda.name) ?? []), environment]);
      else all.delete(environment);
    }
  };

  return {
    hasRoom,
    started: () => started,
    running: () => running,
    peak: () => peak,
    invoke(lambda, call) {
      if (!hasRoom(lambda)) return null;
      count(lambda, 1);
      return answer(lambda, call);
    },
    end() {
      for (const environment of all) environment.end();
      all.clear();
      idle.clear();
    },
  };
}
