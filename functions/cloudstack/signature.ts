import { createHmac } from 'node:crypto';
import { MINUTE, type Millis } from '../../lib/time.ts';

export type SignatureAlgorithm = 'sha1' | 'sha512';

/**
 * The text that is signed, byte for byte as the server builds it (sheet 1.2): names sorted by code unit and
 * not encoded, values encoded as Java's URLEncoder does with `%20` for blanks, all of it in lower case.
 */
export function stringToSign(parameters: Readonly<Record<string, string>>): string {
  return Object.keys(parameters)
    .sort()
    .map((name) => `${name}=${encodeValue(parameters[name] ?? '')}`)
    .join('&')
    .toLowerCase();
}

/** Base64 HMAC over {@link stringToSign}. */
export function sign(
  parameters: Readonly<Record<string, string>>,
  secretKey: string,
  algorithm: SignatureAlgorithm = 'sha1',
): string {
  return createHmac(algorithm, secretKey).update(stringToSign(parameters)).digest('base64');
}

/**
 * A signed query. Names are sent in lower case: with any other the server's order and the documented one
 * differ (sheet 1.2, step 2).
 * @param now wire clock. The signature lives ten minutes: a server may refuse more than fifteen (sheet 1.4).
 */
export function signedQuery(
  parameters: Readonly<Record<string, string>>,
  keys: { readonly apiKey: string; readonly secretKey: string; readonly algorithm: SignatureAlgorithm },
  now: Millis,
): string {
  const all: Record<string, string> = {
    apikey: keys.apiKey,
    response: 'json',
    signatureversion: '3',
    expires: formatExpiry(now + 10 * MINUTE),
  };
  for (const [name, value] of Object.entries(parameters)) all[name.toLowerCase()] = value;
  const query = Object.entries(all).map(
    ([name, value]) => `${encodeURIComponent(name)}=${encodeValue(value)}`,
  );
  return `${query.join('&')}&signature=${encodeURIComponent(sign(all, keys.secretKey, keys.algorithm))}`;
}

/** Java's URLEncoder leaves fewer characters alone than `encodeURIComponent`. */
function encodeValue(value: string): string {
  return encodeURIComponent(value).replace(
    /[!~'()]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** `2026-11-21T12:15:00+0000`: the one form that all supported releases read (sheet 1.4). */
function formatExpiry(instant: Millis): string {
  return `${new Date(instant).toISOString().slice(0, 19)}+0000`;
}
