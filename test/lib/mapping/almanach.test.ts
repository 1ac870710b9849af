import { expect, it } from 'vitest';
import { loadMapping } from '../../../lib/mapping/load.ts';
import text from '../../../mappings/almanach.yaml';

const mapping = loadMapping(text, 'mappings/almanach.yaml');

it.each([
  ['instance', 'vm-allocated-time', 's', 'flavor', 1800.5],
  ['volume', 'volume-allocated-time', 's', 'volume_type', 1800.5],
  ['volume', 'volume-size-time', 'B.s', 'volume_type', 1800.5 * 10 * 1024 ** 3],
])('%s gives %s in %s by %s', (kind, metric, unit, by, result) => {
  const entry = mapping.forKind(kind).find(({ name }) => name === metric);
  expect([entry?.unit, entry?.specialisationFrom]).toEqual([unit, by]);
  expect(entry?.convert({ value: 1800.5, size: 10 })).toBe(result);
});

it('holds nothing else, and no counters', () => {
  expect(mapping.entries).toHaveLength(3);
  expect(mapping.entries.filter(({ counter }) => counter)).toEqual([]);
});
