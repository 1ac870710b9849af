import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** One exchange of a recording. */
export interface Exchange {
  readonly title?: string;
  readonly request: {
    readonly method: string;
    readonly path: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: string | null;
  };
  readonly response: {
    readonly status: number;
    readonly headers: readonly (readonly [string, string])[];
    readonly body?: string | null;
    readonly json?: unknown;
  };
}

const fixtures = fileURLToPath(new URL('../../fixtures/almanach/', import.meta.url));
const everything = fileURLToPath(new URL('../../../../shared/recordings/almanach/', import.meta.url));

/** All that is at hand: the whole collection beside the repository, or the excerpts that are part of it. */
export const recordings: readonly string[] = existsSync(everything)
  ? [...jsonIn(everything), ...jsonIn(`${everything}alt-stack/`)]
  : jsonIn(fixtures);

/** Whether all recordings are here, and not only the excerpts. */
export const isWhole = existsSync(everything);

/** An excerpt by its name. */
export function recorded(name: string): readonly Exchange[] {
  return exchangesIn(`${fixtures}${name}.json`);
}

/** The JSON of an excerpt's exchange. */
export function answerIn(name: string, index = 0): unknown {
  return recorded(name)[index]?.response.json;
}

/** None for an index or for expected results. */
export function exchangesIn(file: string): readonly Exchange[] {
  const content = JSON.parse(readFileSync(file, 'utf8')) as { exchanges?: readonly Exchange[] };
  return content.exchanges ?? [];
}

/** What usage of a listing another program computed. */
export interface Expected {
  readonly totals_sum_of_rows: {
    readonly instance_ms: number;
    readonly volume_ms?: number;
    readonly volume_gib_ms: number;
  };
  readonly overlapping_rows_of_one_entity: readonly {
    readonly entity_id: string;
    readonly sum_of_rows_ms: number;
    readonly union_ms: number;
  }[];
  readonly rows: readonly { readonly index: number; readonly overlap_ms: number }[];
}

export function expected(name: string): Expected {
  return JSON.parse(readFileSync(`${fixtures}${name}.json`, 'utf8')) as Expected;
}

function jsonIn(folder: string): string[] {
  const names = readdirSync(folder).filter((name) => name.endsWith('.json'));
  return names.sort().map((name) => `${folder}${name}`);
}
