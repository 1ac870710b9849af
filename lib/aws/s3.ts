import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { MINUTE, SECOND } from '../time.ts';

/**
 * A client of S3. Region, credentials and endpoint are the SDK's own business: its environment, its files, the
 * role of a function.
 * @param endpoint of a store in the place of AWS: such stores have their buckets in the path
 */
export function createS3(endpoint: string | undefined, overrides: S3ClientConfig = {}): S3Client {
  return new S3Client({
    maxAttempts: 5,
    // We send a SHA-256 of our own; not every store knows the checksums that the SDK would add or ask for.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: {
      connectionTimeout: 5 * SECOND,
      requestTimeout: MINUTE,
      throwOnRequestTimeout: true, // else it is only a warning, and a silent store would be waited for for ever
    },
    ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }),
    ...overrides,
  });
}
