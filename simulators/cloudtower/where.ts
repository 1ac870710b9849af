import { refusal } from './refusal.ts';
import type { Row } from './row.ts';

type Where = Readonly<Record<string, unknown>>;

/** Flat keys with a suffix for the comparison; relations nest (sheet 2.3). */
const suffixes = [
  'not_in',
  'not',
  'in',
  'lte',
  'lt',
  'gte',
  'gt',
  'not_contains',
  'contains',
  'starts_with',
  'some',
  'none',
] as const;

/** Whether a row is wanted. @throws Refusal 400 for a key that no row has */
export function matches(row: Readonly<Record<string, unknown>>, where: unknown): boolean {
  if (where === null || where === undefined) return true;
  return Object.entries(where as Where).every(([key, wanted]) => {
    if (key === 'AND') return (wanted as unknown[]).every((one) => matches(row, one));
    if (key === 'OR') return (wanted as unknown[]).some((one) => matches(row, one));
    if (key === 'NOT') return !(wanted as unknown[]).some((one) => matches(row, one));
    if (key in row) return equals(row[key], wanted);
    const suffix = suffixes.find((one) => key.endsWith(`_${one}`));
    const name = suffix ? key.slice(0, -suffix.length - 1) : '';
    if (!suffix || !(name in row)) throw refusal(400, 'should NOT have additional properties');
    return compares(suffix, row[name], wanted);
  });
}

function equals(value: unknown, wanted: unknown): boolean {
  if (typeof wanted !== 'object' || wanted === null) return (value ?? null) === (wanted ?? null);
  return typeof value === 'object' && value !== null && matches(value as Row, wanted);
}

function compares(suffix: (typeof suffixes)[number], value: unknown, wanted: unknown): boolean {
  const list = Array.isArray(value) ? (value as Row[]) : [];
  const text = String(value);
  switch (suffix) {
    case 'not':
      return !equals(value, wanted);
    case 'in':
      return (wanted as unknown[]).includes(value);
    case 'not_in':
      return !(wanted as unknown[]).includes(value);
    case 'contains':
      return text.includes(String(wanted));
    case 'not_contains':
      return !text.includes(String(wanted));
    case 'starts_with':
      return text.startsWith(String(wanted));
    case 'some':
      return list.some((one) => matches(one, wanted));
    case 'none':
      return !list.some((one) => matches(one, wanted));
    default:
      return value !== null && ordered(suffix, value as string | number, wanted as string | number);
  }
}

/** Times are texts of one form, and so are ordered as texts. */
function ordered(suffix: 'lt' | 'lte' | 'gt' | 'gte', a: string | number, b: string | number): boolean {
  if (suffix === 'lt') return a < b;
  if (suffix === 'lte') return a <= b;
  return suffix === 'gt' ? a > b : a >= b;
}
