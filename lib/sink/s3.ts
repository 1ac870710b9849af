import { createS3 } from '../aws/s3.ts';
import { InvalidConfig } from '../errors.ts';
import { bucketStore } from './bucket.ts';
import { layoutSink } from './layout.ts';
import type { Sink } from './sink.ts';

export interface S3Options {
  /** Of a store in the place of AWS. */
  readonly endpoint?: string | undefined;
  readonly warn: (message: string) => void;
}

/** Opens `s3://bucket/prefix`: the places of a folder, one object each. @throws InvalidConfig */
export function s3Sink(address: string, { endpoint, warn }: S3Options): Sink {
  return layoutSink(bucketStore({ ...parseS3(address), client: createS3(endpoint), warn }));
}

/** @throws InvalidConfig for what is no bucket, or a prefix with empty or dotted segments */
export function parseS3(address: string): { readonly name: string; readonly prefix: string } {
  const [, name, path = ''] = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?$/s.exec(address) ?? [];
  const segments = path.replace(/\/$/, '').split('/');
  const wrong = path !== '' && segments.some((segment) => !/^[A-Za-z0-9!_.*'()=+@:-]+$/.test(segment));
  if (name === undefined || wrong || segments.some((segment) => /^\.+$/.test(segment))) {
    throw new InvalidConfig('The sink address is not s3://bucket/prefix', {
      code: 'UNKNOWN_SINK',
      hint: 'A bucket has 3 to 63 lower-case letters, digits, dots and hyphens; a prefix has plain segments between slashes.',
    });
  }
  return { name, prefix: path === '' ? '' : `${segments.join('/')}/` };
}
