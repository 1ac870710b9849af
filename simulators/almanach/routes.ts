import { type Answer, pageRefusal } from './answer.ts';
import type { Asked } from './asked.ts';
import type { Cloud } from './cloud.ts';
import { reads } from './reads.ts';
import { writes } from './writes.ts';

/** Answers one request, once it was admitted. @throws Refusal */
export type View = (cloud: Cloud, ids: readonly string[], asked: Asked) => Answer;

export interface Route {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE';
  /** `*` stands for an id. */
  readonly path: string;
  /** What a note calls it. */
  readonly name: string;
  readonly open?: true;
  readonly view: View;
}

const routes: readonly Route[] = [...reads, ...writes];

/** What a request was routed to. */
export interface Routed {
  readonly route: Route | null;
  readonly ids: readonly string[];
  /** The methods of the path, for `Allow`. */
  readonly allowed: readonly string[];
}

/**
 * Finds the view of a path, with and without `/v1`. The path is decoded first, so that an encoded slash is one
 * (sheet 1.1). HEAD works wherever GET does.
 * @throws Refusal 404 with a page
 */
export function routeOf({ settings, faults }: Cloud, method: string, pathname: string): Routed {
  const path = decoded(pathname).replace(/^\/+/, '/');
  const versioned = path.startsWith('/v1/') && !faults.has('old-release');
  const parts = (versioned ? path.slice(3) : path).split('/').slice(1);
  const matching = routes.flatMap((route) => {
    const ids = idsOf(route.path.split('/').slice(1), parts);
    return ids ? [{ route, ids }] : [];
  });
  if (matching.length === 0) throw pageRefusal(404, settings.dateFormat);
  const methods = matching.map(({ route }) => route.method);
  const allowed = [...new Set(['OPTIONS', ...methods, ...(methods.includes('GET') ? ['HEAD'] : [])])];
  const found =
    matching.find(({ route }) => route.method === method) ??
    (method === 'HEAD' ? matching.find(({ route }) => route.method === 'GET') : undefined);
  return { route: found?.route ?? null, ids: found?.ids ?? [], allowed };
}

function idsOf(pattern: readonly string[], parts: readonly string[]): string[] | null {
  if (pattern.length !== parts.length) return null;
  const fits = pattern.every((part, index) => (part === '*' ? parts[index] !== '' : part === parts[index]));
  return fits ? parts.filter((_, index) => pattern[index] === '*') : null;
}

function decoded(pathname: string): string {
  try {
    return decodeURIComponent(pathname);
  } catch {
    return pathname;
  }
}
