import pLimit from 'p-limit';
import type { CellStreamName } from '../job.ts';
import { cellStreams, fileOf } from './names.ts';
import { cellsPart, readPart } from './parts.ts';
import { contentOf, type Store } from './store.ts';

/** Parts that are read at the same time. */
const AT_ONCE = 8;

/** Writes `manifest.json`: name → SHA-256, as `sha256sum` prints it, for everything delivered so far. */
export async function compileManifest(store: Store): Promise<void> {
  const limit = pLimit(AT_ONCE);
  const all = <Of, Result>(items: readonly Of[], work: (item: Of) => Promise<Result[]>): Promise<Result[]> =>
    Promise.all(items.map((item) => limit(() => work(item)))).then((results) => results.flat());
  const accounts = await all(cellStreams, (stream) => accountsOf(store, stream));
  const places = await all(accounts, (account) => placesOf(store, account));
  const cells = await all(places, (place) => cellsOf(store, place));
  const manifest = { v: 1, cells: Object.fromEntries(cells) };
  await store.write('manifest.json', contentOf(`${JSON.stringify(manifest, null, 1)}\n`));
}

interface Account {
  readonly stream: CellStreamName;
  readonly account: string;
}

interface Place {
  readonly stream: CellStreamName;
  readonly place: string;
}

async function accountsOf(store: Store, stream: CellStreamName): Promise<Account[]> {
  return (await store.list(`manifest/${stream}`)).map((account) => ({ stream, account }));
}

async function placesOf(store: Store, { stream, account }: Account): Promise<Place[]> {
  const parts = await store.list(`manifest/${stream}/${account}`);
  return parts.map((part) => ({ stream, place: `${account}/${part.replace(/\.json$/, '')}` }));
}

async function cellsOf(store: Store, { stream, place }: Place): Promise<[name: string, digest: string][]> {
  const cells = Object.entries(await readPart(store, cellsPart(stream, place).name));
  return cells.map(([cell, digest]) => [fileOf(stream, place, cell), digest]);
}
