import { gunzipSync, gzipSync } from 'node:zlib';
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { StateUnavailable } from '../errors.ts';
import { pathSegment } from '../files.ts';
import { formatInstant, type Millis, parseInstant } from '../time.ts';
import type { PartitionKey, PartitionState } from './state.ts';
import { damaged, readStored, type StoredForm, storedForm } from './stored.ts';

export type Item = Record<string, AttributeValue>;

/** Who may write an item, and how often its state was committed. */
export interface Head {
  readonly fence: number;
  readonly version: number;
  readonly holder: { readonly owner: string; readonly expires: Millis } | null;
  /** Where the rest of the state is, when one item cannot hold it. */
  readonly parts: { readonly name: string; readonly count: number } | null;
}

/** An item with all of its state, and the texts of the parts beside it. */
export interface Packed {
  readonly item: Item;
  readonly parts: readonly Uint8Array[];
}

/** Bytes up to which cells and memory stay readable: a write costs a unit for each kilobyte. */
const READABLE = 64_000;
/** Bytes of one item's packed share; DynamoDB takes 400 KB with everything else. */
const SHARE = 350_000;
/** 5 MB packed: the memory of a hundred thousand machines. More is a mistake that costs. */
const MOST_PARTS = 16;
/** Bytes that a packed text may grow to: it is data, and somebody else's once the table is. */
const UNPACKED = 256_000_000;

/** DynamoDB takes sort keys of up to 1024 bytes; the parts' keys add to it. */
const LONGEST_KEY = 900;

/** One list for each stream of an account: its partitions are found by a query. */
export function keyOf({ account, stream, partition }: PartitionKey): {
  readonly pk: string;
  readonly sk: string;
} {
  const fits = partition !== '' && Buffer.byteLength(partition) <= LONGEST_KEY;
  return { pk: listOf({ account, stream }), sk: fits ? partition : pathSegment(partition) };
}

export function listOf({ account, stream }: Omit<PartitionKey, 'partition'>): string {
  return `${account}/${stream}`;
}

/**
 * A state as an item that a person can read in the console; large cells and memory are packed.
 * @throws StateUnavailable `STATE_TOO_LARGE`
 */
export function packItem(key: PartitionKey, head: Head, state: PartitionState): Packed {
  const { cells, memory, ...rest } = storedForm(state, key.partition);
  const item = {
    ...mapOf({ ...keyOf(key), ...rest, version: head.version, fence: head.fence }),
    ...holderAttributes(head.holder),
  };
  const memoryText = JSON.stringify(memory);
  if (Buffer.byteLength(memoryText) + Buffer.byteLength(JSON.stringify(cells)) <= READABLE) {
    return { item: { ...item, cells: attribute(cells), memory: { S: memoryText } }, parts: [] };
  }
  const packed = gzipSync(JSON.stringify({ cells, memory }), { level: 3 });
  if (packed.length <= SHARE) return { item: { ...item, packed: { B: packed } }, parts: [] };
  const count = Math.ceil(packed.length / SHARE);
  if (count > MOST_PARTS) throw tooLarge(packed.length);
  const shares = Array.from({ length: count }, (_, at) => packed.subarray(at * SHARE, (at + 1) * SHARE));
  return { item: { ...item, parts: attribute({ name: partsName(head), count }) }, parts: shares };
}

/** What of an item does not depend on its parts. @throws StateUnavailable as {@link readStored} does */
export function headOf(item: Item, place: string): Head {
  const { fence, lease_expires, lease_owner, parts, version } = plain({ M: item }) as Record<string, unknown>;
  if (!isWhole(fence) || !isWhole(version)) throw damaged(place);
  const expires = typeof lease_expires === 'string' ? parseInstant(lease_expires) : null;
  const holder = typeof lease_owner === 'string' ? { owner: lease_owner, expires: expires ?? 0 } : null;
  return { fence, version, holder, parts: partsOf(parts, place) };
}

/**
 * The state of an item.
 * @param shares what its parts hold, in their order
 * @throws StateUnavailable as {@link readStored} does
 */
export function unpackItem(item: Item, shares: readonly Uint8Array[], place: string): PartitionState {
  const fields = plain({ M: item }) as Record<string, unknown>;
  const { cells, checkpoint, failure, grid, memory, observedAt, origin, partition, v } = fields;
  const bytes = item.packed?.B ?? (item.parts ? Buffer.concat(shares) : null);
  const bulk = bytes === null ? { cells, memory: parsed(memory, place) } : unpacked(bytes, place);
  return readStored({ v, partition, grid, failure, observedAt, origin, checkpoint, ...bulk }, place);
}

export function holderAttributes(holder: Head['holder']): Item {
  if (holder === null) return {};
  return { lease_owner: { S: holder.owner }, lease_expires: { S: formatInstant(holder.expires) } };
}

/** Sorts as the commits did: with the fence first, no two holders ever write the same part. */
export function partsName({ fence, version }: Pick<Head, 'fence' | 'version'>): string {
  return [fence, version].map((number) => String(number).padStart(16, '0')).join('-');
}

function partsOf(parts: unknown, place: string): Head['parts'] {
  if (parts === undefined) return null;
  const { name, count } = Object(parts) as { name?: unknown; count?: unknown };
  if (typeof name !== 'string' || !isWhole(count) || count > MOST_PARTS) throw damaged(place);
  return { name, count };
}

function parsed(text: unknown, place: string): unknown {
  try {
    return JSON.parse(String(text));
  } catch (error) {
    throw damaged(place, error);
  }
}

function unpacked(bytes: Uint8Array, place: string): Pick<StoredForm, 'cells' | 'memory'> {
  try {
    const { cells, memory } = JSON.parse(
      gunzipSync(bytes, { maxOutputLength: UNPACKED }).toString('utf8'),
    ) as StoredForm;
    return { cells, memory };
  } catch (error) {
    throw damaged(place, error);
  }
}

function tooLarge(bytes: number): StateUnavailable {
  return new StateUnavailable(`The state of one partition takes ${bytes} bytes packed, more than we store`, {
    code: 'STATE_TOO_LARGE',
    hint: 'Keep this account in a file: state, or split it (project_ids, domain_id); nothing was overwritten.',
  });
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

function mapOf(value: object): Item {
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, inner]) => (inner === undefined ? [] : [[name, attribute(inner)]])),
  );
}

/** JSON as DynamoDB has it; its numbers are whole here. */
function attribute(value: unknown): AttributeValue {
  if (typeof value === 'string') return { S: value };
  if (typeof value === 'number') return { N: String(value) };
  if (typeof value === 'boolean') return { BOOL: value };
  if (Array.isArray(value)) return { L: value.map(attribute) };
  return typeof value === 'object' && value !== null ? { M: mapOf(value) } : { NULL: true };
}

function plain({ S, N, BOOL, L, M, NULL }: AttributeValue): unknown {
  if (M) return Object.fromEntries(Object.entries(M).map(([name, inner]) => [name, plain(inner)]));
  if (L) return L.map(plain);
  if (NULL) return null;
  return N === undefined ? (S ?? BOOL) : Number(N);
}
