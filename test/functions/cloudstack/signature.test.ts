import { describe, expect, it } from 'vitest';
import { sign, signedQuery, stringToSign } from '../../../functions/cloudstack/signature.ts';
import vectors from '../../fixtures/vectors/signing.json' with { type: 'json' };

describe.each(vectors)(
  '$name',
  ({ secret, params, string_to_sign, hmac_sha1_base64, hmac_sha512_base64 }) => {
    const parameters = params as unknown as Record<string, string>;

    it('builds the same text', () => {
      expect(stringToSign(parameters)).toBe(string_to_sign);
    });

    it('signs it with SHA-1 and SHA-512', () => {
      expect(sign(parameters, secret)).toBe(hmac_sha1_base64);
      expect(sign(parameters, secret, 'sha512')).toBe(hmac_sha512_base64);
    });
  },
);

describe('signedQuery', () => {
  const keys = { apiKey: 'key', secretKey: 'secret', algorithm: 'sha1' as const };
  const now = Date.UTC(2026, 10, 21, 12, 5, 0);

  it('sends every name in lower case, once, and a signature that lives ten minutes', () => {
    const query = new URLSearchParams(signedQuery({ listAll: 'true', command: 'listUsers' }, keys, now));
    expect([...query.keys()].sort()).toEqual([
      'apikey',
      'command',
      'expires',
      'listall',
      'response',
      'signature',
      'signatureversion',
    ]);
    expect(query.get('expires')).toBe('2026-11-21T12:15:00+0000');
    const { signature, ...signed } = Object.fromEntries(query);
    expect(signature).toBe(sign(signed, 'secret'));
  });

  it("encodes what Java's URLEncoder encodes and JavaScript leaves", () => {
    expect(signedQuery({ command: 'c', keyword: "~!'()*" }, keys, now)).toContain('keyword=%7E%21%27%28%29*');
  });
});
