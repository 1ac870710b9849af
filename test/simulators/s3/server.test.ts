import { createHash } from 'node:crypto';
import { describe, expect, it, onTestFinished } from 'vitest';
import { InvalidConfig } from '../../../lib/errors.ts';
import { faults, type S3Simulator, startS3 } from '../../../simulators/s3/index.ts';

async function running(...names: string[]): Promise<S3Simulator> {
  const s3 = await startS3({ faults: names, seed: 7, pageSize: 2 });
  onTestFinished(() => s3.close());
  return s3;
}

function ask(
  s3: S3Simulator,
  method: string,
  path: string,
  more: { body?: string; headers?: Record<string, string> } = {},
) {
  const authorization = `AWS4-HMAC-SHA256 Credential=${s3.credentials.accessKeyId}/20261118/x/s3/aws4_request`;
  const headers = { authorization, ...more.headers };
  return fetch(`${s3.url}/usage/${path}`, { ...more, method, headers });
}

const answered = async (asked: Promise<Response>) => {
  const response = await asked;
  return [response.status, /<Code>(\w+)/.exec(await response.text())?.[1] ?? null];
};

describe('the simulated S3', () => {
  it('keeps objects with their metadata and type, and forgets them', async () => {
    const s3 = await running();
    const headers = { 'x-amz-meta-digest': 'd', 'content-type': 'application/json' };
    await ask(s3, 'PUT', 'a/b%252Fc', { body: 'text', headers });
    const got = await ask(s3, 'GET', 'a/b%252Fc');
    expect([got.headers.get('x-amz-meta-digest'), got.headers.get('content-type')]).toEqual([
      ...['d', 'application/json'],
    ]);
    expect(await got.text()).toBe('text');
    expect([...s3.objects.keys()]).toEqual(['a/b%2Fc']);
    expect((await ask(s3, 'HEAD', 'a/b%252Fc')).headers.get('content-length')).toBe('4');
    expect(await answered(ask(s3, 'DELETE', 'a/b%252Fc'))).toEqual([204, null]);
    expect(await answered(ask(s3, 'GET', 'a/b%252Fc'))).toEqual([404, 'NoSuchKey']);
  });

  it('holds conditions as AWS does', async () => {
    const s3 = await running();
    const put = (body: string, headers: Record<string, string>) =>
      answered(ask(s3, 'PUT', 'a', { body, headers }));
    expect(await put('1', { 'if-match': '"x"' })).toEqual([404, 'NoSuchKey']);
    expect(await put('1', { 'if-none-match': '*' })).toEqual([200, null]);
    expect(await put('2', { 'if-none-match': '*' })).toEqual([412, 'PreconditionFailed']);
    expect(await put('2', { 'if-match': '"x"' })).toEqual([412, 'PreconditionFailed']);
    expect(await put('2', { 'if-match': s3.objects.get('a')?.etag ?? '' })).toEqual([200, null]);
    expect(s3.objects.get('a')?.body).toBe('2');
  });

  it('refuses a text that is not the one whose checksum came with it', async () => {
    const s3 = await running();
    const checksum = createHash('sha256').update('text').digest('base64');
    const headers = { 'x-amz-checksum-sha256': checksum };
    expect(await answered(ask(s3, 'PUT', 'a', { body: 'text', headers }))).toEqual([200, null]);
    expect(await answered(ask(s3, 'PUT', 'a', { body: 'test', headers }))).toEqual([400, 'BadDigest']);
  });

  it('lists in pages, with folders', async () => {
    const s3 = await running();
    for (const key of ['p/a/1', 'p/a/2', 'p/b', 'p/c', 'q']) await ask(s3, 'PUT', key, { body: key });
    const list = async (query: string) => (await ask(s3, 'GET', `?list-type=2&${query}`)).text();
    const first = await list('prefix=p/&delimiter=/');
    expect(first).toContain('<IsTruncated>true</IsTruncated>');
    expect(first).toContain('<Key>p/b</Key></Contents><CommonPrefixes><Prefix>p/a/</Prefix>');
    const token = /<NextContinuationToken>(.*?)</.exec(first)?.[1] ?? '';
    const second = await list(`prefix=p/&delimiter=/&continuation-token=${encodeURIComponent(token)}`);
    expect(second.match(/<Key>/g)).toHaveLength(1);
    expect(second).toContain('<Key>p/c</Key>');
  });

  it('lets no stranger in, and has one bucket', async () => {
    const s3 = await running();
    const authorization = 'AWS4-HMAC-SHA256 Credential=nobody/x';
    expect(await answered(ask(s3, 'GET', 'a', { headers: { authorization } }))).toEqual([
      ...[403, 'InvalidAccessKeyId'],
    ]);
    const headers = { authorization: `Credential=${s3.credentials.accessKeyId}/x` };
    expect(await answered(fetch(`${s3.url}/other/a`, { headers }))).toEqual([404, 'NoSuchBucket']);
  });
});

describe('its faults', () => {
  it.each([
    ['slow-down', [503, 'SlowDown'], [200, null]],
    ['500', [500, 'InternalError'], [200, null]],
    ['unavailable', [503, 'ServiceUnavailable'], [503, 'ServiceUnavailable']],
    ['access-denied', [403, 'AccessDenied'], [403, 'AccessDenied']],
    ['read-only', [403, 'AccessDenied'], [403, 'AccessDenied']],
    ['bad-credentials', [403, 'InvalidAccessKeyId'], [403, 'InvalidAccessKeyId']],
    ['no-bucket', [404, 'NoSuchBucket'], [404, 'NoSuchBucket']],
  ])('%s answer %j, then %j', async (fault, ...expected) => {
    const s3 = await running(fault);
    const put = () => answered(ask(s3, 'PUT', 'a', { body: '1' }));
    expect([await put(), await put()]).toEqual(expected);
    expect(s3.requests[0]).toMatchObject({ fault, status: expected[0]?.[0] });
  });

  it.each([
    ['reset', 0],
    ['lost-answer', 1],
  ])('%s breaks the connection, with %d objects kept', async (fault, kept) => {
    const s3 = await running(fault);
    await expect(ask(s3, 'PUT', 'a', { body: '1' })).rejects.toThrow();
    expect(s3.objects.size).toBe(kept);
  });

  it('ignores-conditions writes what must not be', async () => {
    const s3 = await running('ignores-conditions');
    const headers = { 'if-none-match': '*' };
    for (const body of ['1', '2']) await ask(s3, 'PUT', 'a', { body, headers });
    expect(s3.objects.get('a')?.body).toBe('2');
  });

  it('have a line of help each, and no other names', async () => {
    for (const help of Object.values(faults)) expect(help).toMatch(/\w/);
    await expect(startS3({ faults: ['no-such'] })).rejects.toBeInstanceOf(InvalidConfig);
  });
});
