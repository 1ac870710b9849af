import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';

const exchange = z.object({
  title: z.string().optional(),
  request: z.object({
    method: z.string(),
    path: z.string(),
    headers: z.record(z.string(), z.string()),
    body: z.string().nullish(),
  }),
  response: z.object({
    status: z.number(),
    headers: z.array(z.tuple([z.string(), z.string()])),
    json: z.unknown().optional(),
    body: z.string().nullish(),
  }),
});

/** An exchange with a real Keystone. */
export type Recorded = z.output<typeof exchange>;

/** The trimmed recordings of this repository, and the whole ones where they are at hand. */
export const folders = ['../fixtures/keystone', '../../../shared/recordings/keystone']
  .map((path) => fileURLToPath(new URL(path, import.meta.url)))
  .filter((path) => existsSync(path));

/** The recordings of a folder, by name. */
export function recordingsIn(folder: string): [name: string, exchanges: readonly Recorded[]][] {
  const schema = z.object({ exchanges: z.array(exchange) });
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json') && name !== 'INDEX.json')
    .map((name) => {
      const { exchanges } = schema.parse(JSON.parse(readFileSync(`${folder}/${name}`, 'utf8')));
      return [name.replace('.json', ''), exchanges];
    });
}

/** Keys and types of a JSON value; the elements of an array as one. Values and lengths do not count. */
export function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 0 ? ['nothing'] : [value.map(shapeOf).reduce(merged)];
  if (typeof value !== 'object' || value === null) return value === null ? 'null' : typeof value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shapeOf(inner)]));
}

function merged(a: unknown, b: unknown): unknown {
  if (JSON.stringify(a) === JSON.stringify(b)) return a;
  if (Array.isArray(a) && Array.isArray(b)) {
    const elements = [...a, ...b].filter((one) => one !== 'nothing');
    return elements.length === 0 ? ['nothing'] : [elements.reduce(merged)];
  }
  if (!isRecord(a) || !isRecord(b)) return `${a}|${b}`;
  const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])];
  const both = (key: string) => (key in a && key in b ? merged(a[key], b[key]) : (a[key] ?? b[key]));
  return Object.fromEntries(keys.map((key) => [key, both(key)]));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
