import type { Random } from '../simulators/random.ts';

const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'];

/** Twelve secrets of the kinds that accounts have, new for every seed: nothing else looks like them. */
export function canariesOf(chance: Random): string[] {
  const some = (length: number) => Array.from({ length }, () => chance.pick(letters)).join('');
  return [
    some(86),
    `${some(40)}+/${some(20)}==`,
    `pä$$w0rd!${some(6)}<&>{}`,
    `eyJ${some(12)}.eyJ${some(20)}.${some(24)}-_`,
    `Schlüssel-日本-🔑-${some(5)}`,
    `a+b/c=d&e%f?g#h;${some(4)}`,
    `it's "so" \\ ${some(6)}`,
    some(1500),
    `zQ${some(2)}`,
    `three words ${some(8)}`,
    `-----BEGIN KEY-----\n${some(24)}\n-----END KEY-----`,
    `%2B%3D${some(6)}%25`,
  ];
}

/** A secret in the forms in which servers, proxies and libraries repeat it. */
export function formsOf(canary: string): string[] {
  const percent = encodeURIComponent(canary);
  const json = JSON.stringify(canary).slice(1, -1);
  const bytes = Buffer.from(canary, 'utf8');
  const forms = [
    canary,
    percent,
    percent.replace(/%../g, (code) => code.toLowerCase()),
    encodeURIComponent(percent),
    new URLSearchParams({ v: canary }).toString().slice(2),
    json,
    JSON.stringify(json).slice(1, -1),
    json.replaceAll('/', '\\/'),
    json.replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`),
    canary.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;'),
    bytes.toString('base64'),
    bytes.toString('base64url'),
    Buffer.from(`user:${canary}`).toString('base64'),
    Buffer.from(`ab:${canary}:c`).toString('base64'),
    bytes.toString('hex'),
    bytes.toString('hex').toUpperCase(),
  ];
  return [...new Set(forms)];
}
