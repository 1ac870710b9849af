import { DateTime } from 'luxon';
import type { Millis } from '../../lib/time.ts';

const DOUBLE = Symbol('a float');

/** A number that Python has as a float: it is written with a point, and with exponents of two digits. */
export function float(value: number): unknown {
  return { [DOUBLE]: value };
}

function floatIn(value: unknown): number | undefined {
  return typeof value === 'object' && value !== null ? (value as { [DOUBLE]?: number })[DOUBLE] : undefined;
}

/** JSON as Python's `json.dumps` writes it. */
export function pythonJson(value: unknown): string {
  const inFloat = floatIn(value);
  if (inFloat !== undefined) return Number.isFinite(inFloat) ? pythonFloat(inFloat) : '"NaN"';
  if (Array.isArray(value)) return `[${value.map(pythonJson).join(', ')}]`;
  if (typeof value === 'string') return asciiJson(value);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const members = Object.entries(value).filter(([, inner]) => inner !== undefined);
  return `{${members.map(([name, inner]) => `${asciiJson(name)}: ${pythonJson(inner)}`).join(', ')}}`;
}

/** As `repr` writes a float: `1.0`, `1.23e-06`, `1e+21`. */
export function pythonFloat(value: number): string {
  const [digits = '', exponent] = String(value).split('e');
  if (exponent === undefined) {
    if (Math.abs(value) >= 1e16) return pythonFloatOf(value.toExponential());
    if (value !== 0 && Math.abs(value) < 1e-4) return pythonFloatOf(value.toExponential());
    return digits.includes('.') ? digits : `${digits}.0`;
  }
  return pythonFloatOf(`${digits}e${exponent}`);
}

/** As a normalised `Decimal` is written: `2E+1` for 20 (sheet 3.5). */
export function pythonDecimal(value: number): string {
  const text = pythonFloat(value)
    .replace(/\.0$/, '')
    .replace('e', 'E')
    .replace(/E([+-])0/, 'E$1');
  const [, digits = '', zeros = ''] = /^(-?\d*[1-9])(0+)$/.exec(text) ?? [];
  if (zeros === '') return text;
  return `${digits.replace(/^(-?\d)(\d+)$/, '$1.$2')}E+${zeros.length + digits.replace('-', '').length - 1}`;
}

/** v1: UTC, and does not say so (sheet 3.3). */
export function naive(instant: Millis): string {
  return new Date(instant).toISOString().slice(0, 19);
}

/** v2: in the zone of the server's process, with its offset. */
export function withOffset(instant: Millis, zone: string): string {
  return DateTime.fromMillis(instant, { zone }).toFormat("yyyy-MM-dd'T'HH:mm:ssZZ");
}

function pythonFloatOf(text: string): string {
  const [digits = '', exponent = ''] = text.split('e');
  return `${digits}e${exponent.slice(0, 1)}${exponent.slice(1).padStart(2, '0')}`;
}

function asciiJson(text: string): string {
  const escaped = (unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return JSON.stringify(text).replace(/[\u0080-\uffff]/g, escaped);
}
