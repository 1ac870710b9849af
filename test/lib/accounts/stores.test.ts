import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { findAccount } from '../../../lib/accounts/find.ts';
import { listAccounts } from '../../../lib/accounts/list.ts';
import { accountLines } from '../../../lib/accounts/source.ts';
import { createS3 } from '../../../lib/aws/s3.ts';
import { InvalidConfig, StateUnavailable } from '../../../lib/errors.ts';
import { type S3Simulator, startS3 } from '../../../simulators/s3/server.ts';
import { startServer, type TestServer } from '../../support/http-server.ts';

const text = `accounts:
  - {id: acme, provider: p, credentials: {note: "ü €"}}
  - {id: globex, provider: p, credentials: {}}
`;

let bucket: S3Simulator;
/** Answers as the Parameter Store does, with its JSON and its way to say what is wrong. */
let parameters: TestServer;
let isDown = false;

beforeAll(async () => {
  bucket = await startS3();
  parameters = await startServer((response, { body, headers }) => {
    const { Name, WithDecryption } = JSON.parse(body);
    const known = headers['x-amz-target'] === 'AmazonSSM.GetParameter' && WithDecryption === true;
    const found = known && Name === '/acme/accounts';
    const answer = isDown
      ? { __type: 'InternalServerError' }
      : found
        ? { Parameter: { Name, Type: 'SecureString', Value: text } }
        : { __type: 'ParameterNotFound' };
    response.writeHead(isDown ? 500 : found ? 200 : 400, { 'content-type': 'application/x-amz-json-1.1' });
    response.end(JSON.stringify(answer));
  });
});
afterAll(() => Promise.all([bucket.close(), parameters.close()]));
beforeEach(() => {
  const { accessKeyId, region, secretAccessKey } = bucket.credentials;
  vi.stubEnv('AWS_REGION', region);
  vi.stubEnv('AWS_ACCESS_KEY_ID', accessKeyId);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', secretAccessKey);
  vi.stubEnv('AWS_ENDPOINT_URL_SSM', parameters.url.href);
  vi.stubEnv('AWS_MAX_ATTEMPTS', '1');
  isDown = false;
});
afterEach(() => void vi.unstubAllEnvs());

async function idsAt(address: string): Promise<string[]> {
  const ids: string[] = [];
  for await (const listed of listAccounts(accountLines(address, bucket.url), address))
    ids.push('account' in listed ? listed.account.id : 'broken');
  return ids;
}

describe('accounts in a bucket', () => {
  it('are read, all of them or one', async () => {
    const client = createS3(bucket.url);
    await client.send(new PutObjectCommand({ Bucket: 'usage', Key: 'config/accounts.yaml', Body: text }));
    client.destroy();
    const address = 's3://usage/config/accounts.yaml';
    expect(await idsAt(address)).toEqual(['acme', 'globex']);
    expect(await findAccount(address, 'acme', bucket.url)).toMatchObject({ credentials: { note: 'ü €' } });
  });

  it('that are not there are named', async () => {
    const reading = idsAt('s3://usage/none.yaml');
    await expect(reading).rejects.toThrow(InvalidConfig);
    await expect(reading).rejects.toThrow('The accounts s3://usage/none.yaml cannot be read (NoSuchKey)');
  });
});

describe('accounts in the Parameter Store', () => {
  it('are read, decrypted', async () => {
    expect(await idsAt('ssm:/acme/accounts')).toEqual(['acme', 'globex']);
    expect(await findAccount('ssm:/acme/accounts', 'globex')).toMatchObject({ id: 'globex' });
  });

  it('that are not there are named; a store that fails is asked again by the next run', async () => {
    const missing = idsAt('ssm:/none');
    await expect(missing).rejects.toThrow(InvalidConfig);
    await expect(missing).rejects.toThrow('The accounts ssm:/none cannot be read (ParameterNotFound)');
    isDown = true;
    await expect(idsAt('ssm:/acme/accounts')).rejects.toThrow(StateUnavailable);
  });
});
