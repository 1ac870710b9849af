import { createHmac, timingSafeEqual } from 'node:crypto';
import { type Millis, parseInstant } from '../../lib/time.ts';

/** Parameters as they arrived: names in their own case, the last of repeated ones. */
export type Parameters = Readonly<Record<string, string>>;

/** What the server signs for comparison, byte for byte (sheet 1.2): names as received, sorted by code unit. */
export function stringToSign(parameters: Parameters): string {
  const signed = Object.keys(parameters).filter((name) => name.toLowerCase() !== 'signature');
  const pairs = signed.sort().map((name) => `${name}=${urlEncode(parameters[name] ?? '')}`);
  return pairs.join('&').toLowerCase();
}

/** Base64 with padding. */
export function signatureOf(parameters: Parameters, secretKey: string, hmac: 'sha1' | 'sha512'): string {
  return createHmac(hmac, secretKey).update(stringToSign(parameters)).digest('base64');
}

/** The comparison is exact: a signature in the URL-safe alphabet or without padding is wrong. */
export function isSignedBy(parameters: Parameters, secretKey: string, hmac: 'sha1' | 'sha512'): boolean {
  const given = Buffer.from(ignoringCase(parameters, 'signature') ?? '');
  const expected = Buffer.from(signatureOf(parameters, secretKey, hmac));
  return given.length === expected.length && timingSafeEqual(given, expected);
}

/** Four names are matched ignoring case; `command` and `response` are not (sheet 1.1). */
export function ignoringCase(
  parameters: Parameters,
  wanted: 'apikey' | 'signature' | 'signatureversion' | 'expires',
): string | undefined {
  const name = Object.keys(parameters).find((key) => key.toLowerCase() === wanted);
  return name === undefined ? undefined : parameters[name];
}

/** Version 3 must carry a future `expires` that can be read; any other never expires (sheet 1.4). */
export function isExpired(parameters: Parameters, now: Millis): boolean {
  if (ignoringCase(parameters, 'signatureversion') !== '3') return false;
  const expires = parseExpires(ignoringCase(parameters, 'expires') ?? '');
  return expires === null || expires < now;
}

/** Offset forms with and without colon, fractions, `Z`, and the legacy `Z+0530`. */
function parseExpires(text: string): Millis | null {
  const form = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?)(Z|Z?[+-]\d\d:?\d\d)$/.exec(text);
  return form && parseInstant(`${form[1]}${form[2] === 'Z' ? 'Z' : form[2]?.replace('Z', '')}`);
}

/** Java's URLEncoder in UTF-8, with `%20` for the plus sign that it writes for a blank. */
function urlEncode(value: string): string {
  let text = '';
  for (const byte of Buffer.from(value, 'utf8')) text += encoded[byte];
  return text;
}

const encoded = Array.from({ length: 256 }, (_, byte) => {
  const character = String.fromCharCode(byte);
  return /[A-Za-z0-9\-_.*]/.test(character)
    ? character
    : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
});
