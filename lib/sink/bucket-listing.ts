import {
  CopyObjectCommand,
  DeleteObjectCommand,
  ListObjectsV2Command,
  type S3Client,
} from '@aws-sdk/client-s3';
import pLimit from 'p-limit';
import { DeliveryError } from '../errors.ts';
import { bucketFailure } from './bucket-failure.ts';

/** A place in a bucket, and the way there. */
export interface Bucket {
  readonly client: S3Client;
  readonly name: string;
  /** Before every name; empty, or ending in `/`. */
  readonly prefix: string;
  /** Told once when the store takes a write whose condition does not hold. */
  readonly warn: (message: string) => void;
}

/** Objects that are copied or removed at the same time. */
const AT_ONCE = 8;

/** The key of an object by its name in the layout. */
export function keyOf({ prefix }: Bucket, name: string): string {
  return `${prefix}${name}`;
}

/** Runs a call of S3. @throws DeliveryError for whatever it fails with */
export async function asking<Result>(call: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof DeliveryError ? error : bucketFailure(error, call);
  }
}

export function remove(bucket: Bucket, Key: string) {
  return asking(`DELETE ${Key}`, () =>
    bucket.client.send(new DeleteObjectCommand({ Bucket: bucket.name, Key })),
  );
}

/** What is directly below a folder, in order: names, and folders of them. */
export async function list(bucket: Bucket, folder: string): Promise<string[]> {
  const Prefix = `${keyOf(bucket, folder)}/`;
  const below: string[] = [];
  for await (const page of pages(bucket, { Prefix, Delimiter: '/' })) {
    below.push(...page.folders.map((folder) => folder.slice(Prefix.length, -1)));
    below.push(...page.keys.map((key) => key.slice(Prefix.length)));
  }
  return below.sort();
}

/** Copies everything before it removes anything. */
export async function move(bucket: Bucket, from: string, to: string): Promise<void> {
  const [source, target] = [`${keyOf(bucket, from)}/`, `${keyOf(bucket, to)}/`];
  const keys: string[] = [];
  for await (const page of pages(bucket, { Prefix: source })) keys.push(...page.keys);
  const limit = pLimit(AT_ONCE);
  const copy = (key: string) => {
    const Key = target + key.slice(source.length);
    const CopySource = `${bucket.name}/${key.split('/').map(encodeURIComponent).join('/')}`;
    return asking(`COPY ${Key}`, () =>
      bucket.client.send(new CopyObjectCommand({ Bucket: bucket.name, Key, CopySource })),
    );
  };
  await Promise.all(keys.map((key) => limit(() => copy(key))));
  await Promise.all(keys.map((key) => limit(() => remove(bucket, key))));
}

async function* pages(bucket: Bucket, of: { Prefix: string; Delimiter?: string }) {
  let token: string | undefined;
  do {
    const command: ListObjectsV2Command = new ListObjectsV2Command({
      ...{ ...of, Bucket: bucket.name },
      ...(token === undefined ? {} : { ContinuationToken: token }),
    });
    const page = await asking(`LIST ${of.Prefix}`, () => bucket.client.send(command));
    yield {
      keys: (page.Contents ?? []).flatMap(({ Key }) => Key ?? []),
      folders: (page.CommonPrefixes ?? []).flatMap(({ Prefix }) => Prefix ?? []),
    };
    token = page.IsTruncated ? page.NextContinuationToken : undefined;
  } while (token !== undefined);
}
