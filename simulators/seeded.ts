import { createHash } from 'node:crypto';
import { type Random, random } from './random.ts';

type Part = string | number;

/** Chance of its own for one thing of a simulated world, however many others there are. */
export function randomFor(...parts: readonly Part[]): Random {
  return random(seedOf(...parts));
}

/** A whole number below 2^32 that stands for the parts. */
export function seedOf(...parts: readonly Part[]): number {
  return digest(parts).readUInt32BE(0);
}

/** A stable uuid of version 4 for the parts. */
export function uuidOf(...parts: readonly Part[]): string {
  const hex = digest(parts).toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** Text as long as CloudStack's keys: 86 characters that a URL need not encode. */
export function keyOf(...parts: readonly Part[]): string {
  return createHash('sha512').update(parts.join('/')).digest('base64url');
}

/** A fast mixture of two whole numbers, in [0, 1): chance per thing and moment. */
export function share(seed: number, moment: number): number {
  let z = Math.imul(seed ^ Math.imul(moment | 0, 0x9e3779b1), 0x85ebca6b);
  z = Math.imul(z ^ (z >>> 13) ^ Math.floor(moment / 0x1_0000_0000), 0xc2b2ae35);
  z = Math.imul(z ^ (z >>> 16), 0x27d4eb2f);
  return ((z ^ (z >>> 15)) >>> 0) / 0x1_0000_0000;
}

function digest(parts: readonly Part[]): Buffer {
  return createHash('sha1').update(parts.join('/')).digest();
}
