import { randomUUID } from 'node:crypto';
import {
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  paginateQuery,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { StateConflict } from '../errors.ts';
import { formatInstant, MINUTE, type Millis } from '../time.ts';
import { accessing, isRefused } from './dynamodb-errors.ts';
import {
  type Head,
  headOf,
  holderAttributes,
  type Item,
  keyOf,
  listOf,
  packItem,
  partsName,
  unpackItem,
} from './dynamodb-item.ts';
import { type Parts, partsBeside } from './dynamodb-parts.ts';
import { keepBeating, LEASE, type Leasing, nextFence } from './leasing.ts';
import {
  ACCOUNT_PARTITION,
  type Lease,
  NOTHING_STORED,
  type PartitionKey,
  type PartitionState,
  type State,
} from './state.ts';
import { damaged } from './stored.ts';

/**
 * How far clocks may differ: a lease counts for so much longer than it says. That saves work; what saves the
 * data is the fence, whatever the clocks say.
 */
const DRIFT: Millis = MINUTE;

/** Reads of an item whose parts are replaced meanwhile. */
const TRIES = 4;

export interface DynamoSettings extends Pick<Leasing, 'now'>, Partial<Pick<Leasing, 'lease'>> {
  readonly client: DynamoDBClient;
}

/**
 * State as one readable item per account, stream and partition (`pk` is `<account>/<stream>`, `sk` the
 * partition). Every write says what it takes the item for, and is refused when that is not so.
 */
export function dynamoState(table: string, settings: DynamoSettings): State {
  const { client } = settings;
  const leasing = { lease: LEASE, ...settings };
  const at = (key: PartitionKey) => placeAt(client, table, key, leasing);
  return {
    capabilities: { compareAndSet: true, durable: true },
    acquire: (key) => accessing(table, () => acquire(at(key))),
    partitions: (key) => accessing(table, () => partitionsIn(client, table, listOf(key))),
    peek: (key) => accessing(table, async () => (await load(at(key)))?.state ?? NOTHING_STORED),
  };
}

/** One item, as all that works on it sees it. */
interface Place {
  readonly client: DynamoDBClient;
  readonly key: PartitionKey;
  readonly name: string;
  readonly at: { readonly TableName: string; readonly Key: Item };
  readonly parts: Parts;
  readonly leasing: Leasing;
}

function placeAt(client: DynamoDBClient, table: string, key: PartitionKey, leasing: Leasing): Place {
  const { pk, sk } = keyOf(key);
  const parts = partsBeside(client, table, { pk, sk });
  const at = { TableName: table, Key: { pk: { S: pk }, sk: { S: sk } } };
  return { client, key, name: `${table}: ${pk}, ${sk}`, at, parts, leasing };
}

interface Loaded {
  readonly head: Head;
  readonly state: PartitionState;
}

async function load(place: Place): Promise<Loaded | null> {
  for (let tries = 1; ; tries += 1) {
    const item = await getItem(place);
    if (item === null) return null;
    const head = headOf(item, place.name);
    const shares = head.parts === null ? [] : await place.parts.read(head.parts);
    if (shares !== null) return { head, state: unpackItem(item, shares, place.name) };
    if (tries === TRIES) throw damaged(place.name);
  }
}

async function getItem({ client, at }: Place): Promise<Item | null> {
  return (await client.send(new GetItemCommand({ ...at, ConsistentRead: true }))).Item ?? null;
}

/** Takes an item that nobody holds. Of many that try, the one whose write comes first. */
async function acquire(place: Place): Promise<Lease | null> {
  const { lease, now } = place.leasing;
  const found = await load(place);
  if (found && isHeld(found.head, place.leasing)) {
    await correct(place, found.head);
    return null;
  }
  const { state } = found ?? { state: NOTHING_STORED };
  const head: Head = {
    fence: nextFence(found?.head.fence ?? 0, now()),
    version: found?.head.version ?? 0,
    holder: { owner: randomUUID(), expires: now() + lease },
    parts: found?.head.parts ?? null,
  };
  try {
    await (found ? take(place, found.head, head) : create(place, head));
  } catch (error) {
    if (!isRefused(error)) throw error;
    if (!(await isOurs(place, head))) return null;
  }
  return hold(place, head, state);
}

async function create({ at, client, key }: Place, head: Head): Promise<void> {
  const { item } = packItem(key, head, NOTHING_STORED);
  const ConditionExpression = 'attribute_not_exists(pk)';
  await client.send(new PutItemCommand({ TableName: at.TableName, Item: item, ConditionExpression }));
}

async function take({ at, client }: Place, found: Head, head: Head): Promise<void> {
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

function isHeld({ holder }: Head, { now }: Leasing): boolean {
  return holder !== null && now() <= holder.expires + DRIFT;
}

/** A lease that ends later than any of ours can was given by a clock that jumped: it is measured anew, by ours. */
async function correct(place: Place, { fence, holder }: Head): Promise<void> {
  const { lease, now } = place.leasing;
  if (holder === null || holder.expires <= now() + lease + DRIFT) return;
  await extend(place, { fence, holder: { ...holder, expires: now() + lease } }).catch(() => {});
}

/** An answer may be lost, and the SDK then asks again: a refusal is ours when the item is as we wanted it. */
async function isOurs(place: Place, { fence, holder, version }: Head): Promise<boolean> {
  const item = await getItem(place);
  if (item === null) return false;
  const found = headOf(item, place.name);
  return found.fence === fence && found.version === version && found.holder?.owner === holder?.owner;
}

function hold(place: Place, taken: Head, state: PartitionState): Lease {
  const { now, lease } = place.leasing;
  let head = taken;
  const renewed = () => ({ ...head, holder: head.holder && { ...head.holder, expires: now() + lease } });
  const beating = keepBeating(place.leasing, () => extend(place, renewed()));
  return {
    fence: head.fence,
    state,
    commit: (next) =>
      accessing(place.at.TableName, async () => {
        head = await commit(place, renewed(), next);
      }),
    async release() {
      beating.stop();
      await release(place, head).catch(() => {}); // it ends by itself
    },
  };
}

/** Parts first, then the item that names them: who reads in between sees the former state whole. */
async function commit(place: Place, head: Head, state: PartitionState): Promise<Head> {
  const next = { ...head, version: head.version + 1 };
  const { item, parts } = packItem(place.key, next, state);
  if (parts.length > 0) await place.parts.write(partsName(next), parts);
  const put = new PutItemCommand({
    TableName: place.at.TableName,
    Item: item,
    ConditionExpression: 'fence = :fence AND #version = :version',
    ExpressionAttributeNames: { '#version': 'version' },
    ExpressionAttributeValues: {
      ':fence': { N: String(head.fence) },
      ':version': { N: String(head.version) },
    },
  });
  try {
    await place.client.send(put);
  } catch (error) {
    if (!isRefused(error)) throw error;
    if (!(await isOurs(place, next)))
      throw new StateConflict('Another process took over this partition while this one was away', {
        cause: error,
      });
  }
  if (parts.length > 0 || head.parts !== null) await place.parts.sweep(partsName(next)).catch(() => {});
  return { ...next, parts: parts.length > 0 ? { name: partsName(next), count: parts.length } : null };
}

async function extend(
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

async function release({ at, client }: Place, { fence }: Head): Promise<void> {
  const update = new UpdateItemCommand({
    ...at,
    UpdateExpression: 'REMOVE lease_owner, lease_expires',
    ConditionExpression: 'fence = :fence',
    ExpressionAttributeValues: { ':fence': { N: String(fence) } },
  });
  await client.send(update);
}

/** By a query, page after page; what was taken and never committed is nothing stored. */
async function partitionsIn(client: DynamoDBClient, TableName: string, list: string): Promise<string[]> {
  const query = {
    TableName,
    ConsistentRead: true,
    KeyConditionExpression: 'pk = :pk',
    FilterExpression: '#version > :none',
    ProjectionExpression: '#partition',
    ExpressionAttributeNames: { '#partition': 'partition', '#version': 'version' },
    ExpressionAttributeValues: { ':pk': { S: list }, ':none': { N: '0' } },
  };
  const found: string[] = [];
  for await (const { Items = [] } of paginateQuery({ client }, query)) {
    found.push(...Items.flatMap(({ partition }) => partition?.S ?? []));
  }
  return found.filter((partition) => partition !== ACCOUNT_PARTITION).sort();
}
