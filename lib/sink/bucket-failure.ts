import { DeliveryError } from '../errors.ts';

/** The parts of an SDK's error that tell failures apart; `HEAD` has no body, and so a status alone. */
interface Refusal {
  readonly name: string;
  readonly status: number | null;
}

export function refusalOf(error: unknown): Refusal {
  const { name = '', $metadata } = (error ?? {}) as { name?: unknown; $metadata?: unknown };
  const { httpStatusCode } = ($metadata ?? {}) as { httpStatusCode?: unknown };
  return { name: String(name), status: typeof httpStatusCode === 'number' ? httpStatusCode : null };
}

/** Whether the store has nothing under the name; a bucket that is missing is another matter. */
export function isAbsent({ name, status }: Refusal): boolean {
  return name === 'NoSuchKey' || (status === 404 && name !== 'NoSuchBucket');
}

/** Whether the store refused a write because of its condition. */
export function isChanged({ name, status }: Refusal): boolean {
  return status === 412 || (status === 409 && name !== 'OperationAborted') || name === 'PreconditionFailed';
}

interface Known {
  readonly when: RegExp;
  readonly code: string;
  readonly what: string;
  readonly hint: string;
}

const known: readonly Known[] = [
  {
    when: /^NoSuchBucket$/,
    code: 'S3_NO_SUCH_BUCKET',
    what: 'the bucket does not exist',
    hint: 'Create the bucket, or correct its name in --sink or USAGE_SYNC_SINK. Nothing was lost.',
  },
  {
    when: /^(InvalidAccessKeyId|SignatureDoesNotMatch|ExpiredToken|InvalidToken|TokenRefreshRequired|CredentialsProviderError)$/,
    code: 'S3_CREDENTIALS',
    what: 'the AWS credentials are missing, wrong or expired',
    hint: 'Check the credentials of the AWS SDK (AWS_ACCESS_KEY_ID …, a profile, the role of the function); the accounts are not concerned.',
  },
  {
    when: /^RequestTimeTooSkewed$/,
    code: 'S3_CLOCK_SKEW',
    what: "the clock of this machine is too far from the store's",
    hint: 'Set the clock of this machine (NTP).',
  },
  {
    when: /^(PermanentRedirect|AuthorizationHeaderMalformed|IllegalLocationConstraintException|301|307)$/,
    code: 'S3_WRONG_REGION',
    what: 'the bucket is in another region',
    hint: 'Set AWS_REGION to the region of the bucket.',
  },
  {
    when: /^(AccessDenied|AllAccessDisabled|403|Forbidden)$/,
    code: 'S3_ACCESS_DENIED',
    what: 'this identity may not do that',
    hint: 'Allow s3:GetObject, s3:PutObject and s3:DeleteObject on the prefix and s3:ListBucket on the bucket; with SSE-KMS also kms:GenerateDataKey and kms:Decrypt on its key.',
  },
  {
    when: /^(SlowDown|TooManyRequests|Throttling|ThrottlingException|RequestLimitExceeded|429)$/,
    code: 'S3_SLOW_DOWN',
    what: 'the store asks for fewer requests',
    hint: 'The next run delivers. If it stays, run fewer accounts at once, or give them prefixes of their own.',
  },
  {
    when: /^(BadDigest|XAmzContentChecksumMismatch|XAmzContentSHA256Mismatch|InvalidDigest)$/,
    code: 'S3_CHECKSUM',
    what: 'what arrived is not what was sent',
    hint: 'The next run delivers. If it stays, look for a proxy between this machine and the store.',
  },
];

/** A failed call, with a sentence a person can act on. Texts of the store are not repeated. */
export function bucketFailure(error: unknown, call: string): DeliveryError {
  const { name, status } = refusalOf(error);
  const found = known.find(({ when }) => when.test(name)) ?? known.find(({ when }) => when.test(`${status}`));
  if (found) {
    return new DeliveryError(`S3: ${call}: ${found.what}${name === '' ? '' : ` (${name})`}`, {
      code: found.code,
      hint: found.hint,
      cause: error,
    });
  }
  if (error instanceof Error && /region is missing/i.test(error.message)) {
    return new DeliveryError(`S3: ${call}: no region is set`, {
      code: 'S3_WRONG_REGION',
      hint: 'Set AWS_REGION to the region of the bucket.',
      cause: error,
    });
  }
  const answered = status === null ? causeOf(error) : `${status} ${name}`;
  return new DeliveryError(`S3: ${call}: the store did not take it (${answered})`, {
    code: status === null || status >= 500 ? 'S3_UNAVAILABLE' : `S3_HTTP_${status}`,
    hint: 'Check that the store is reachable (AWS_REGION, AWS_ENDPOINT_URL_S3); nothing was lost, the next run delivers.',
    cause: error,
  });
}

/** Of a connection that failed, the code says more than the name. */
function causeOf(error: unknown): string {
  const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown };
  return String(code ?? name ?? 'unknown');
}
