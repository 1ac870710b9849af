import pLimit from 'p-limit';
import { metricsPart, readPart } from './parts.ts';
import { contentOf, type Store } from './store.ts';

/** Parts that are read at the same time. */
const AT_ONCE = 8;

/** Writes `manifest.json`: name → SHA-256, as `sha256sum` prints it, for everything delivered so far. */
export async function compileManifest(store: Store): Promise<void> {
  const limit = pLimit(AT_ONCE);
  const accounts = await store.list('manifest');
  const places = await Promise.all(accounts.map((account) => limit(() => placesOf(store, account))));
  const cells = await Promise.all(places.flat().map((place) => limit(() => cellsOf(store, place))));
  const manifest = { v: 1, cells: Object.fromEntries(cells.flat()) };
  await store.write('manifest.json', contentOf(`${JSON.stringify(manifest, null, 1)}\n`));
}

async function placesOf(store: Store, account: string): Promise<string[]> {
  const parts = await store.list(`manifest/${account}`);
  return parts.map((part) => `${account}/${part.replace(/\.json$/, '')}`);
}

async function cellsOf(store: Store, place: string): Promise<[name: string, digest: string][]> {
  const cells = Object.entries(await readPart(store, metricsPart(place).name));
  return cells.map(([cell, digest]) => [`metrics/${place}/${cell}.ndjson`, digest]);
}
