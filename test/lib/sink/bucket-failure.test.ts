import { describe, expect, it } from 'vitest';
import { bucketFailure } from '../../../lib/sink/bucket-failure.ts';

const failed = (name: string, status?: number) =>
  Object.assign(new Error('words of the store'), { name, $metadata: { httpStatusCode: status } });

describe('a call of S3 that failed', () => {
  it.each([
    ['NoSuchBucket', 404, 'S3_NO_SUCH_BUCKET'],
    ['AccessDenied', 403, 'S3_ACCESS_DENIED'],
    ['Unknown', 403, 'S3_ACCESS_DENIED'],
    ['SignatureDoesNotMatch', 403, 'S3_CREDENTIALS'],
    ['ExpiredToken', 400, 'S3_CREDENTIALS'],
    ['CredentialsProviderError', undefined, 'S3_CREDENTIALS'],
    ['RequestTimeTooSkewed', 403, 'S3_CLOCK_SKEW'],
    ['PermanentRedirect', 301, 'S3_WRONG_REGION'],
    ['Unknown', 301, 'S3_WRONG_REGION'],
    ['AuthorizationHeaderMalformed', 400, 'S3_WRONG_REGION'],
    ['SlowDown', 503, 'S3_SLOW_DOWN'],
    ['ServiceUnavailable', 503, 'S3_UNAVAILABLE'],
    ['InternalError', 500, 'S3_UNAVAILABLE'],
    ['TimeoutError', undefined, 'S3_UNAVAILABLE'],
    ['BadDigest', 400, 'S3_CHECKSUM'],
    ['EntityTooLarge', 400, 'S3_HTTP_400'],
  ])('with %s (%s) is %s', (name, status, code) => {
    const error = bucketFailure(failed(name, status), 'PUT a');
    expect(error).toMatchObject({ name: 'DeliveryError', code, hint: expect.stringMatching(/\.$/) });
    expect(error.message).toContain('PUT a');
    expect(error.message).not.toContain('words of the store');
  });

  it('for want of a region says so', () => {
    expect(bucketFailure(new Error('Region is missing'), 'GET a')).toMatchObject({ code: 'S3_WRONG_REGION' });
  });
});
