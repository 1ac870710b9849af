import { describe, expect, it } from 'vitest';
import type { Memory } from '../../../functions/cloudtower/memory.ts';
import { packed, readMemory } from '../../../functions/cloudtower/packed.ts';

const FIRST = Date.UTC(2026, 10, 21);
const running = { running: true, vcpu: 2, memory: 4e9 };
const about = (id: string) => ({
  id,
  name: `name of ${id}`,
  cluster: 'c1',
  location: { id: 'c1', name: 'Cluster' },
  tenant: null,
  attributes: { folder: 'f' },
});

const memory = {
  v: 1,
  first: FIRST,
  last: FIRST + 900_000,
  forgotten: null,
  settled: FIRST,
  clusters: {
    c1: {
      name: 'Cluster',
      open: FIRST,
      frozen: false,
      since: FIRST,
      until: null,
      covered: [[FIRST, FIRST + 900_000]],
    },
  },
  machines: {
    a: {
      about: about('a'),
      seen: FIRST,
      now: running,
      pieces: [
        { start: FIRST, end: FIRST + 60_000, state: running },
        { start: FIRST + 60_000, end: FIRST + 90_000, state: null },
      ],
    },
    b: { about: about('b'), seen: FIRST + 1, now: null, purgeAt: FIRST + 9, pieces: [] },
  },
  volumes: {
    v: { about: { ...about('v'), machines: ['a', 'gone'] }, seen: FIRST, now: { size: 1 }, pieces: [] },
  },
} as unknown as Memory;

describe('the memory of samples', () => {
  it('comes back from its stored form as it was', () => {
    expect(readMemory(JSON.parse(JSON.stringify(packed(memory))))).toEqual(memory);
  });

  it('is not there on the first run', () => {
    expect(readMemory(null)).toBeNull();
  });

  it.each([
    ['of a newer release', { v: 2 }, 'NEWER_MEMORY'],
    ['of another kind', ['x'], 'NEWER_MEMORY'],
    ['with its machines lost', { ...packed(memory), machines: undefined }, 'MEMORY_DAMAGED'],
    ['with a row that is none', { ...packed(memory), machines: [7] }, 'MEMORY_DAMAGED'],
  ])('is refused when it is %s', (_, stored, code) => {
    expect(() => readMemory(stored)).toThrow(expect.objectContaining({ name: 'StateUnavailable', code }));
  });
});
