import { GetObjectCommand, HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { bucketFailure, isAbsent, isChanged, refusalOf } from './bucket-failure.ts';
import { asking, type Bucket, keyOf, list, move, remove } from './bucket-listing.ts';
import { Changed, type Condition, type Content, type Found, type Store } from './store.ts';

/**
 * Texts as objects below a prefix. Overwriting *is* replacing; a condition goes with the request (`If-Match`,
 * `If-None-Match`), so that of two writers one is refused. Digest and fence stand in the object's metadata.
 */
export function bucketStore(bucket: Bucket): Store {
  const conditions: Conditions = { proven: false };
  return {
    local: false,
    find: (name) => find(bucket, name),
    read: (name) => read(bucket, name),
    write: (name, content, condition = {}) =>
      condition.over === undefined
        ? writeAnyway(bucket, name, content, condition)
        : writeOver(bucket, conditions, name, content, { ...condition, over: condition.over }),
    remove: async (name) => {
      // A delete of nothing would leave a marker in a bucket that keeps versions.
      if ((await find(bucket, name)) !== null) await remove(bucket, keyOf(bucket, name));
    },
    list: (folder) => list(bucket, folder),
    move: (from, to) => move(bucket, from, to),
    tidy: async () => [],
    close: () => bucket.client.destroy(),
  };
}

/** Whether the store was seen to hold conditions. */
interface Conditions {
  proven: boolean;
}

async function find(bucket: Bucket, name: string): Promise<Found | null> {
  const Key = keyOf(bucket, name);
  const found = await orNull(`HEAD ${Key}`, () =>
    bucket.client.send(new HeadObjectCommand({ Bucket: bucket.name, Key })),
  );
  return found && foundIn(found);
}

async function read(bucket: Bucket, name: string): Promise<(Found & { text: string }) | null> {
  const Key = keyOf(bucket, name);
  return orNull(`GET ${Key}`, async () => {
    const object = await bucket.client.send(new GetObjectCommand({ Bucket: bucket.name, Key }));
    return { ...foundIn(object), text: (await object.Body?.transformToString()) ?? '' };
  });
}

/** What is there already costs no PUT. */
async function writeAnyway(
  bucket: Bucket,
  name: string,
  content: Content,
  condition: Condition,
): Promise<Found> {
  const found = await find(bucket, name);
  if (found?.digest === content.digest) return found;
  await condition.check?.();
  return put(bucket, name, content, condition.fence, {});
}

async function writeOver(
  bucket: Bucket,
  conditions: Conditions,
  name: string,
  content: Content,
  { over, fence, check }: Condition & { readonly over: Found | null },
): Promise<Found> {
  await check?.();
  const condition = over === null ? { IfNoneMatch: '*' } : { IfMatch: over.version };
  try {
    const written = await put(bucket, name, content, fence, condition);
    return conditions.proven ? written : await prove(bucket, conditions, name, content, fence, written);
  } catch (error) {
    if (!(error instanceof Changed)) throw error;
    // An answer that was lost is asked for again by the SDK: what stands there now may be what we sent.
    const now = await find(bucket, name);
    if (now?.digest === content.digest && now.fence === fence) return now;
    throw error;
  }
}

/** Asks once for what must be refused: the text that was just written, where nothing may be. */
async function prove(
  bucket: Bucket,
  conditions: Conditions,
  name: string,
  content: Content,
  fence: number | undefined,
  written: Found,
): Promise<Found> {
  conditions.proven = true;
  try {
    const again = await put(bucket, name, content, fence, { IfNoneMatch: '*' });
    bucket.warn(
      'The S3-compatible store ignores If-None-Match: a writer that was overtaken is found out by a look before each write only',
    );
    return again;
  } catch (error) {
    if (error instanceof Changed) return written;
    throw error;
  }
}

async function put(
  bucket: Bucket,
  name: string,
  { chunks, digest }: Content,
  fence: number | undefined,
  condition: { readonly IfMatch?: string; readonly IfNoneMatch?: string },
): Promise<Found> {
  const Key = keyOf(bucket, name);
  const command = new PutObjectCommand({
    ...condition,
    Bucket: bucket.name,
    Key,
    Body: Buffer.concat(chunks), // whole, so that the SDK can send it again
    ContentType: name.endsWith('.ndjson') ? 'application/x-ndjson' : 'application/json',
    ChecksumSHA256: Buffer.from(digest, 'hex').toString('base64'),
    Metadata: { digest, ...(fence === undefined ? {} : { fence: String(fence) }) },
  });
  try {
    const { ETag } = await bucket.client.send(command);
    return { version: ETag ?? '', digest, ...(fence === undefined ? {} : { fence }) };
  } catch (error) {
    const refusal = refusalOf(error);
    const isConditional = Object.keys(condition).length > 0;
    const isGone = condition.IfMatch !== undefined && isAbsent(refusal);
    if (isGone || (isConditional && isChanged(refusal))) throw new Changed(name);
    throw bucketFailure(error, `PUT ${Key}`);
  }
}

function foundIn(object: {
  readonly ETag?: string | undefined;
  readonly Metadata?: Readonly<Record<string, string>> | undefined;
}): Found {
  const { digest, fence } = object.Metadata ?? {};
  return {
    version: object.ETag ?? '',
    ...(digest === undefined ? {} : { digest }),
    ...(fence === undefined ? {} : { fence: Number(fence) }),
  };
}

function orNull<Result>(call: string, work: () => Promise<Result>): Promise<Result | null> {
  return asking(call, () =>
    work().catch((error: unknown) => {
      if (isAbsent(refusalOf(error))) return null;
      throw error;
    }),
  );
}
