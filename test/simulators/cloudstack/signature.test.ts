import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  isExpired,
  isSignedBy,
  signatureOf,
  stringToSign,
} from '../../../simulators/cloudstack/signature.ts';
import { call, cloudStack, NOW } from './caller.ts';

interface Vector {
  readonly name: string;
  readonly secret: string;
  readonly params: Record<string, string>;
  readonly string_to_sign: string;
  readonly hmac_sha1_base64: string;
  readonly hmac_sha512_base64: string;
}

const vectors = JSON.parse(
  readFileSync(new URL('../../fixtures/vectors/signing.json', import.meta.url), 'utf8'),
) as Vector[];

describe.each(vectors)(
  '$name',
  ({ secret, params, string_to_sign, hmac_sha1_base64, hmac_sha512_base64 }) => {
    it('is signed as the server signs', () => {
      expect(stringToSign(params)).toBe(string_to_sign);
      expect(signatureOf(params, secret, 'sha1')).toBe(hmac_sha1_base64);
      expect(signatureOf(params, secret, 'sha512')).toBe(hmac_sha512_base64);
    });

    it('is accepted with its signature and with no other', () => {
      const signed = { ...params, signature: hmac_sha1_base64 };
      expect(isSignedBy(signed, secret, 'sha1')).toBe(true);
      expect(isSignedBy(signed, `${secret}x`, 'sha1')).toBe(false);
      expect(isSignedBy(signed, secret, 'sha512')).toBe(false);
      expect(isSignedBy({ ...signed, extra: '' }, secret, 'sha1')).toBe(false);
      expect(isSignedBy({ ...signed, signature: hmac_sha1_base64.replace(/=+$/, '') }, secret, 'sha1')).toBe(
        false,
      );
    });
  },
);

it('refuses what clients are known to get wrong', () => {
  const [, , v3, , , , , v8] = vectors;
  // A bare tilde, and names put in lower case before they are sorted (sheet 1.3).
  expect(
    isSignedBy({ ...v3?.params, signature: 'LQSruNuRhQ5NzcUt/2uklL2AWHc=' }, v3?.secret ?? '', 'sha1'),
  ).toBe(false);
  expect(
    isSignedBy({ ...v8?.params, signature: 'A5wyZKg8S6eb1Au+LFcBvLJ0dqQ=' }, v8?.secret ?? '', 'sha1'),
  ).toBe(false);
});

describe('expires', () => {
  const noon = Date.UTC(2026, 10, 21, 12);
  const expired = (expires?: string, signatureversion = '3') =>
    isExpired({ signatureversion, ...(expires === undefined ? {} : { expires }) }, noon);

  it.each([
    '2026-11-21T12:00:01+0000',
    '2026-11-21T12:15:00Z',
    '2026-11-21T13:15:00+01:00',
    '2026-11-21T12:15:00.123456Z',
    '2026-11-21T17:45:00Z+0530',
  ])('%s lies ahead', (expires) => expect(expired(expires)).toBe(false));

  it.each([
    '2026-11-21T11:59:59+0000',
    '2026-11-21T12:15:00+0100',
    '2026-11-21 12:15:00+0000',
    '2026-11-21',
    'soon',
  ])('%s has passed or cannot be read', (expires) => expect(expired(expires)).toBe(true));

  it('is required by version 3 and ignored by any other', () => {
    expect(expired()).toBe(true);
    expect(expired('2020-01-01T00:00:00Z', '2')).toBe(false);
    expect(isExpired({ expires: '2020-01-01T00:00:00Z' }, noon)).toBe(false);
  });
});

describe('over the wire', () => {
  it.each([false, true])('takes every odd character (post: %s)', async (post) => {
    const cloud = await cloudStack();
    const keyword = "a b+c*d~e&f=g/h:i,j!k'l(m)n zürich-数据-😀 %";
    const parameters = { command: 'listUsers', keyword, 'tags[0].key': 'R&D*~+1', empty: '' };
    expect((await call(cloud, parameters, { post })).status).toBe(200);
  });

  it('matches four names ignoring case, and signs names as they came', async () => {
    const cloud = await cloudStack();
    const expires = new Date(NOW + 600_000).toISOString();
    const parameters = { command: 'listUsers', isRecursive: 'true', isofilter: 'x', signatureVersion: '3' };
    const apiKey = { apikey: undefined, apiKey: cloud.credentials.api_key };
    expect((await call(cloud, { ...parameters, ...apiKey, Expires: expires })).status).toBe(200);
  });

  it('signs with SHA-512 where it is told to, and then with nothing else', async () => {
    const cloud = await cloudStack({ hmac: 'sha512' });
    expect((await call(cloud, { command: 'listUsers' }, { hmac: 'sha512' })).status).toBe(200);
    expect((await call(cloud, { command: 'listUsers' })).status).toBe(401);
  });
});
