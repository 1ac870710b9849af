import type * as z from 'zod';
import type { Memory } from './received.ts';
import { accountShape, keysShape, logsShape, metricsShape, stateShape, taskShape } from './shapes.ts';

/** An answer other than success. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** A request that was let in. */
export interface Asked {
  readonly method: string;
  /** Below the base URL, `/metrics` for instance; ids as they were sent, percent-encoded. */
  readonly path: string;
  readonly body: string;
  readonly contentType: string;
  readonly idempotencyKey: string | null;
  /** Keep only the first half of the metrics. */
  readonly half: boolean;
}

/** A call, found by method and path. */
export interface Call {
  readonly name: 'task' | 'metrics' | 'logs' | 'account' | 'state' | 'state-delete';
  /** @returns the body of the answer. @throws Refusal for a body that is not of the call's shape. */
  run(asked: Asked, memory: Memory): unknown;
}

/** @throws Refusal 404 for a path that is not known, 405 for a method that it does not have. */
export function callFor({ method, path }: Pick<Asked, 'method' | 'path'>): Call {
  const found = routes.flatMap((route) => {
    const match = route.path.exec(path);
    return match ? [{ ...route, id: decodeURIComponent(match[1] ?? '') }] : [];
  });
  if (found.length === 0) throw new Refusal(404, `No such path: ${path}`);
  const route = found.find((one) => one.method === method);
  if (!route) throw new Refusal(405, `${path} knows ${found.map((one) => one.method).join(', ')}`);
  return { name: route.name, run: (asked, memory) => route.run(route.id, asked, memory) };
}

interface Route {
  readonly method: string;
  readonly path: RegExp;
  readonly name: Call['name'];
  run(id: string, asked: Asked, memory: Memory): unknown;
}

const routes: readonly Route[] = [
  {
    ...{ method: 'POST', path: /^\/tasks\/([^/]+)\/update$/, name: 'task' },
    run: (id, asked, memory) => memory.addTask(id, bodyOf(asked, taskShape).percentage),
  },
  {
    ...{ method: 'POST', path: /^\/metrics$/, name: 'metrics' },
    run: (_, asked, memory) =>
      memory.addMetrics(bodyOf(asked, metricsShape), asked.idempotencyKey, asked.half),
  },
  {
    ...{ method: 'POST', path: /^\/logs$/, name: 'logs' },
    run: (_, asked, memory) => memory.addLogs(bodyOf(asked, logsShape)),
  },
  {
    ...{ method: 'PATCH', path: /^\/accounts\/([^/]+)\/resource$/, name: 'account' },
    run: (id, asked, memory) => memory.addAccount(id, bodyOf(asked, accountShape)),
  },
  {
    ...{ method: 'GET', path: /^\/modules\/([^/]+)\/state$/, name: 'state' },
    run: (id, _, memory) => Object.fromEntries(memory.stateOf(id)),
  },
  {
    ...{ method: 'PATCH', path: /^\/modules\/([^/]+)\/state$/, name: 'state' },
    run(id, asked, memory) {
      const state = memory.stateOf(id);
      for (const [key, value] of Object.entries(bodyOf(asked, stateShape))) state.set(key, value);
    },
  },
  {
    ...{ method: 'POST', path: /^\/modules\/([^/]+)\/state\/delete$/, name: 'state-delete' },
    run(id, asked, memory) {
      const state = memory.stateOf(id);
      for (const key of bodyOf(asked, keysShape)) state.delete(key);
    },
  },
];

function bodyOf<Body>({ body, contentType }: Asked, shape: z.ZodType<Body>): Body {
  if (!contentType.startsWith('application/json')) throw new Refusal(415, 'Expected application/json');
  const parsed = shape.safeParse(readJson(body));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new Refusal(400, `${issue?.path.join('.') || 'body'}: ${issue?.message}`);
}

function readJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw new Refusal(400, 'The body is not JSON');
  }
}
