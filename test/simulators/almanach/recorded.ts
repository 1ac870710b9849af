import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';

const exchange = z.object({
  title: z.string().optional(),
  request: z.object({
    method: z.string(),
    path: z.string(),
    headers: z.record(z.string(), z.string()).default({}),
    body: z.string().nullish(),
  }),
  response: z.object({
    status: z.number(),
    reason: z.string().optional(),
    headers: z.array(z.tuple([z.string(), z.string()])),
    json: z.unknown().optional(),
    body: z.string().nullish(),
  }),
});

/** An exchange with a real Almanach. */
export type Recorded = z.output<typeof exchange>;

export type Recordings = ReadonlyMap<string, readonly Recorded[]>;

/** The trimmed recordings of this repository, and the whole ones where they are at hand. */
export const folders = ['../../fixtures/almanach', '../../../../shared/recordings/almanach']
  .map((path) => fileURLToPath(new URL(path, import.meta.url)))
  .filter((path) => existsSync(path));

/** The recordings of a folder by name, those of the newer stack as `alt-stack/name`. */
export function recordingsIn(folder: string): Recordings {
  const schema = z.object({ exchanges: z.array(exchange) });
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.json') && !/^(INDEX|EXPECTED)/.test(name))
    .map((name) => name.replace('.json', ''));
  const read = (name: string) => JSON.parse(readFileSync(`${folder}/${name}.json`, 'utf8'));
  return new Map(names.map((name) => [name, schema.parse(read(name)).exchanges]));
}

type Shown = Readonly<Record<string, unknown>>;

/** The rows that some of the recorded listings show, each once for every time that one listing shows it. */
export function rowsOf(recordings: Recordings, names: readonly string[]): Shown[] {
  const found = new Map<string, Shown[]>();
  for (const { response } of names.flatMap((name) => recordings.get(name) ?? [])) {
    const inOne = new Map<string, Shown[]>();
    for (const row of response.json as Shown[]) {
      const key = JSON.stringify({ ...row, processed: null });
      inOne.set(key, [...(inOne.get(key) ?? []), row]);
    }
    for (const [key, rows] of inOne) {
      if (rows.length > (found.get(key)?.length ?? 0)) found.set(key, rows);
    }
  }
  return [...found.values()].flat();
}
