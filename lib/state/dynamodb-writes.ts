/** The writes of an item, each on a condition: what is refused changed nothing. */
import { PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { formatInstant } from '../time.ts';
import { type Head, holderAttributes, type Item, packItem } from './dynamodb-item.ts';
import type { Place } from './dynamodb-place.ts';
import { NOTHING_STORED } from './state.ts';

/** Makes an item that is held from its beginning; refused when there is one. */
export async function create({ at, client, key }: Place, head: Head): Promise<void> {
  const { item } = packItem(key, head, NOTHING_STORED);
  const ConditionExpression = 'attribute_not_exists(pk)';
  await client.send(new PutItemCommand({ TableName: at.TableName, Item: item, ConditionExpression }));
}

/** Gives an item to another holder; refused when it is not as it was found. */
export async function take({ at, client }: Place, found: Head, head: Head): Promise<void> {
  const { lease_expires, lease_owner } = holderAttributes(head.holder);
  const seen = holderAttributes(found.holder);
  const untouched = seen.lease_expires ? 'lease_expires = :seen' : 'attribute_not_exists(lease_owner)';
  const update = new UpdateItemCommand({
    ...at,
    UpdateExpression: 'SET fence = :fence, lease_owner = :owner, lease_expires = :expires',
    ConditionExpression: `fence = :known AND #version = :version AND ${untouched}`,
    ExpressionAttributeNames: { '#version': 'version' },
    ExpressionAttributeValues: {
      ':fence': { N: String(head.fence) },
      ':known': { N: String(found.fence) },
      ':version': { N: String(found.version) },
      ...(lease_owner && lease_expires ? { ':owner': lease_owner, ':expires': lease_expires } : {}),
      ...(seen.lease_expires ? { ':seen': seen.lease_expires } : {}),
    },
  });
  await client.send(update);
}

/** A commit: the whole item, refused when it has another holder or was committed meanwhile. */
export async function replace({ at, client }: Place, known: Head, item: Item): Promise<void> {
  const put = new PutItemCommand({
    TableName: at.TableName,
    Item: item,
    ConditionExpression: 'fence = :fence AND #version = :version',
    ExpressionAttributeNames: { '#version': 'version' },
    ExpressionAttributeValues: {
      ':fence': { N: String(known.fence) },
      ':version': { N: String(known.version) },
    },
  });
  await client.send(put);
}

/** Makes a lease end later. */
export async function extend(
  { at, client }: Place,
  { fence, holder }: Pick<Head, 'fence' | 'holder'>,
): Promise<void> {
  if (holder === null) return;
  const update = new UpdateItemCommand({
    ...at,
    UpdateExpression: 'SET lease_expires = :expires',
    ConditionExpression: 'fence = :fence AND lease_owner = :owner',
    ExpressionAttributeValues: {
      ':fence': { N: String(fence) },
      ':owner': { S: holder.owner },
      ':expires': { S: formatInstant(holder.expires) },
    },
  });
  await client.send(update);
}

/** Ends a lease; what counts of its holder stays. */
export async function release({ at, client }: Place, { fence }: Head): Promise<void> {
  const update = new UpdateItemCommand({
    ...at,
    UpdateExpression: 'REMOVE lease_owner, lease_expires',
    ConditionExpression: 'fence = :fence',
    ExpressionAttributeValues: { ':fence': { N: String(fence) } },
  });
  await client.send(update);
}
