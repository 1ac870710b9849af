import { readdir, readFile, utimes } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { dynamoState } from '../lib/state/dynamodb.ts';
import { fileState } from '../lib/state/file.ts';
import type { State } from '../lib/state/state.ts';
import type { Millis } from '../lib/time.ts';
import type { S3Simulator } from '../simulators/s3/server.ts';
import type { DynamoServer } from '../test/support/dynamo-table.ts';
import type { Keeping, Round } from './r01-round.ts';

/** One place for cells and one for the state, as somebody sees them who is not syncing. */
export interface Stores {
  readonly at: Pick<Round, 'keeping' | 'place' | 'table' | 'endpoint'>;
  /** All texts, by their names below the place. */
  texts(): Promise<ReadonlyMap<string, string>>;
  state(now: () => Millis): State;
  /** What is half-written gets older than any write can take. */
  age(): Promise<void>;
}

export interface Servers {
  readonly folder: string;
  readonly bucket: S3Simulator;
  readonly database: DynamoServer;
}

/** New and empty. */
export async function storesFor(servers: Servers, keeping: Keeping, number: number): Promise<Stores> {
  const name = `history-${number}`;
  const at = { keeping, table: name, endpoint: servers.bucket.url };
  if (keeping === 'files') {
    const place = join(servers.folder, name);
    const state = (now: () => Millis) => fileState(join(place, 'state'), { now });
    return { at: { ...at, place }, texts: () => textsIn(place), state, age: () => age(place) };
  }
  await servers.database.createTable(name);
  const client = servers.database.client();
  return {
    at: { ...at, place: `s3://${servers.bucket.credentials.bucket}/${name}` },
    texts: async () => objectsBelow(servers.bucket, `${name}/`),
    state: (now) => dynamoState(name, { client, now }),
    async age() {},
  };
}

async function age(folder: string): Promise<void> {
  const names = await readdir(folder, { recursive: true });
  const long = new Date(0);
  await Promise.all(
    names.filter((name) => name.endsWith('.tmp')).map((name) => utimes(join(folder, name), long, long)),
  );
}

async function textsIn(folder: string): Promise<ReadonlyMap<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const texts = paths.map(async (path) => [relative(folder, path), await readFile(path, 'utf8')] as const);
  return new Map(await Promise.all(texts));
}

function objectsBelow({ objects }: S3Simulator, prefix: string): ReadonlyMap<string, string> {
  const below = [...objects].filter(([key]) => key.startsWith(prefix));
  return new Map(below.map(([key, { body }]) => [key.slice(prefix.length), body]));
}
