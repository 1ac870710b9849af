import { type DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { type Head, headOf, type Item, keyOf, unpackItem } from './dynamodb-item.ts';
import { type Parts, partsBeside } from './dynamodb-parts.ts';
import type { Leasing } from './leasing.ts';
import type { PartitionKey, PartitionState } from './state.ts';
import { damaged } from './stored.ts';

/** Reads of an item whose parts are replaced meanwhile. */
const TRIES = 4;

/** One item, as all that works on it sees it. */
export interface Place {
  readonly client: DynamoDBClient;
  readonly key: PartitionKey;
  readonly name: string;
  readonly at: { readonly TableName: string; readonly Key: Item };
  readonly parts: Parts;
  readonly leasing: Leasing;
}

export function placeAt(client: DynamoDBClient, table: string, key: PartitionKey, leasing: Leasing): Place {
  const { pk, sk } = keyOf(key);
  const parts = partsBeside(client, table, { pk, sk });
  const at = { TableName: table, Key: { pk: { S: pk }, sk: { S: sk } } };
  return { client, key, name: `${table}: ${pk}, ${sk}`, at, parts, leasing };
}

export interface Loaded {
  readonly head: Head;
  readonly state: PartitionState;
}

export async function load(place: Place): Promise<Loaded | null> {
  for (let tries = 1; ; tries += 1) {
    const item = await getItem(place);
    if (item === null) return null;
    const head = headOf(item, place.name);
    const shares = head.parts === null ? [] : await place.parts.read(head.parts);
    if (shares !== null) return { head, state: unpackItem(item, shares, place.name) };
    if (tries === TRIES) throw damaged(place.name);
  }
}

export async function getItem({ client, at }: Place): Promise<Item | null> {
  return (await client.send(new GetItemCommand({ ...at, ConsistentRead: true }))).Item ?? null;
}
