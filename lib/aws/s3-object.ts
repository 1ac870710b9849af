import { Readable } from 'node:stream';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { createS3 } from './s3.ts';

/** The content of an object as it comes. @param endpoint of a store in the place of AWS */
export async function objectStream(bucket: string, key: string, endpoint?: string): Promise<Readable> {
  const client = createS3(endpoint);
  const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
  const body = Body instanceof Readable ? Body : Readable.from([]);
  return body.once('close', () => client.destroy());
}
