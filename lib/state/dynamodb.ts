import { randomUUID } from 'node:crypto';
import { type DynamoDBClient, paginateQuery } from '@aws-sdk/client-dynamodb';
import { StateConflict } from '../errors.ts';
import { MINUTE, type Millis } from '../time.ts';
import { accessing, isRefused } from './dynamodb-errors.ts';
import { type Head, headOf, listOf, packItem, partsName } from './dynamodb-item.ts';
import { getItem, load, type Place, placeAt } from './dynamodb-place.ts';
import { create, extend, release, replace, take } from './dynamodb-writes.ts';
import { keepBeating, LEASE, type Leasing, nextFence } from './leasing.ts';
import {
  ACCOUNT_PARTITION,
  type Lease,
  NOTHING_STORED,
  type PartitionKey,
  type PartitionState,
  type State,
} from './state.ts';

/**
 * How far clocks may differ: a lease counts for so much longer than it says. That saves work; what saves the
 * data is the fence, whatever the clocks say.
 */
const DRIFT: Millis = MINUTE;

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
  try {
    await replace(place, head, item);
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
